package vec

import (
	"crypto/aes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// crypto executes one instruction with three register numbers.
func crypto(s *a64.State, code a64.Code, d, n, m uint8) {
	op := a64.Op{Code: code, Rd: d, Rn: n, Rm: m}
	Exec[code-a64.FirstVector](s, &op)
}

func loadReg(p []byte) [2]uint64 {
	return [2]uint64{binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])}
}

func storeReg(r [2]uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, r[0]), r[1])
}

// aesKeys expands a 128-bit key (FIPS 197, section 5.2).
func aesKeys(key []byte) (keys [11][2]uint64) {
	w := append([]byte{}, key...)
	for rcon := byte(1); len(w) < 176; {
		var t [4]byte
		copy(t[:], w[len(w)-4:])
		if len(w)%16 == 0 {
			t = [4]byte{sBox[t[1]] ^ rcon, sBox[t[2]], sBox[t[3]], sBox[t[0]]}
			rcon = rcon<<1 ^ (rcon>>7)*0x1b
		}
		for _, b := range t {
			w = append(w, w[len(w)-16]^b)
		}
	}
	for i := range keys {
		keys[i] = loadReg(w[16*i:])
	}
	return keys
}

// TestAES encrypts and decrypts blocks with the instructions, as guests do.
func TestAES(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 100 {
		key, plain, want := make([]byte, 16), make([]byte, 16), make([]byte, 16)
		for i := range key {
			key[i], plain[i] = byte(r.Uint32()), byte(r.Uint32())
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		block.Encrypt(want, plain)
		var s a64.State
		for i, k := range aesKeys(key) {
			s.V[i] = k
		}
		s.V[20] = loadReg(plain)
		for i := range uint8(9) {
			crypto(&s, a64.AESE, 20, i, 0)
			crypto(&s, a64.AESMC, 20, 20, 0)
		}
		crypto(&s, a64.AESE, 20, 9, 0)
		s.V[20] = [2]uint64{s.V[20][0] ^ s.V[10][0], s.V[20][1] ^ s.V[10][1]}
		if got := storeReg(s.V[20]); string(got) != string(want) {
			t.Fatalf("key %x, plain text %x: got %x, want %x", key, plain, got, want)
		}
		crypto(&s, a64.AESD, 20, 10, 0)
		for i := uint8(9); i > 0; i-- {
			crypto(&s, a64.AESIMC, 21, i, 0)
			crypto(&s, a64.AESIMC, 20, 20, 0)
			crypto(&s, a64.AESD, 20, 21, 0)
		}
		s.V[20] = [2]uint64{s.V[20][0] ^ s.V[0][0], s.V[20][1] ^ s.V[0][1]}
		if got := storeReg(s.V[20]); string(got) != string(plain) {
			t.Fatalf("key %x: decrypted %x, want %x", key, got, plain)
		}
	}
}

// shaBlock is the one padded block of a message of less than 56 bytes, in V16
// to V19 as big-endian words.
func shaBlock(s *a64.State, message []byte) {
	var p [64]byte
	copy(p[:], message)
	p[len(message)] = 0x80
	binary.BigEndian.PutUint64(p[56:], 8*uint64(len(message)))
	for i := range 4 {
		for j := range 4 {
			setElement(&s.V[16+i], 2, j, uint64(binary.BigEndian.Uint32(p[16*i+4*j:])))
		}
	}
}

// four are the words of a register.
type four [4]uint32

// plus adds the words to those of a register.
func (f four) plus(v [2]uint64) (sum four) {
	for i := range f {
		sum[i] = f[i] + uint32(element(&v, 2, i))
	}
	return sum
}

func (f four) register() [2]uint64 {
	return [2]uint64{uint64(f[0]) | uint64(f[1])<<32, uint64(f[2]) | uint64(f[3])<<32}
}

func TestSHA256(t *testing.T) {
	initial := [2]four{{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a}, {0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}}
	for _, message := range []string{"", "abc", "The quick brown fox jumps over the lazy dog"} {
		var s a64.State
		shaBlock(&s, []byte(message))
		s.V[0], s.V[1] = initial[0].register(), initial[1].register()
		k := sha256Constants()
		for i := range uint8(16) {
			w := 16 + i&3
			s.V[2] = four(k[4*i:]).plus(s.V[w]).register()
			s.V[3] = s.V[0]
			crypto(&s, a64.SHA256H, 0, 1, 2)
			crypto(&s, a64.SHA256H2, 1, 3, 2)
			crypto(&s, a64.SHA256SU0, w, 16+(i+1)&3, 0)
			crypto(&s, a64.SHA256SU1, w, 16+(i+2)&3, 16+(i+3)&3)
		}
		var got []byte
		for i := range initial {
			for _, x := range initial[i].plus(s.V[i]) {
				got = binary.BigEndian.AppendUint32(got, x)
			}
		}
		if want := sha256.Sum256([]byte(message)); string(got) != string(want[:]) {
			t.Errorf("SHA-256 of %q: got %x, want %x", message, got, want)
		}
	}
}

// sha256Constants computes the first 32 bits of the fractional parts of the
// cube roots of the first 64 primes (FIPS 180-4, section 4.2.2).
func sha256Constants() (k []uint32) {
	for p := uint64(2); len(k) < 64; p++ {
		prime := true
		for q := uint64(2); q*q <= p; q++ {
			prime = prime && p%q != 0
		}
		if prime {
			k = append(k, cubeRootFraction(p))
		}
	}
	return k
}

// cubeRootFraction returns the low 32 bits of the greatest x with x^3 <= p * 2^96.
func cubeRootFraction(p uint64) uint32 {
	target := new(big.Int).Lsh(new(big.Int).SetUint64(p), 96)
	var x int64
	for bit := int64(1) << 35; bit != 0; bit >>= 1 {
		y := big.NewInt(x | bit)
		if new(big.Int).Exp(y, big.NewInt(3), nil).Cmp(target) <= 0 {
			x |= bit
		}
	}
	return uint32(x)
}

func TestSHA1(t *testing.T) {
	initial, initialE := four{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}, uint32(0xc3d2e1f0)
	rounds := []struct {
		code a64.Code
		k    uint32
	}{{a64.SHA1C, 0x5a827999}, {a64.SHA1P, 0x6ed9eba1}, {a64.SHA1M, 0x8f1bbcdc}, {a64.SHA1P, 0xca62c1d6}}
	for _, message := range []string{"", "abc", "The quick brown fox jumps over the lazy dog"} {
		var s a64.State
		shaBlock(&s, []byte(message))
		s.V[0], s.V[1] = initial.register(), [2]uint64{uint64(initialE)}
		for i := range uint8(20) {
			w := 16 + i&3
			k := rounds[i/5].k
			s.V[2] = four{k, k, k, k}.plus(s.V[w]).register()
			crypto(&s, a64.SHA1H, 3, 0, 0)
			crypto(&s, rounds[i/5].code, 0, 1, 2)
			s.V[1] = s.V[3]
			crypto(&s, a64.SHA1SU0, w, 16+(i+1)&3, 16+(i+2)&3)
			crypto(&s, a64.SHA1SU1, w, 16+(i+3)&3, 0)
		}
		var got []byte
		for _, x := range initial.plus(s.V[0]) {
			got = binary.BigEndian.AppendUint32(got, x)
		}
		got = binary.BigEndian.AppendUint32(got, initialE+uint32(s.V[1][0]))
		if want := sha1.Sum([]byte(message)); string(got) != string(want[:]) {
			t.Errorf("SHA-1 of %q: got %x, want %x", message, got, want)
		}
	}
}
