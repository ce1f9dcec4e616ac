package vec

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

func init() {
	table{
		a64.SHA1C:   func(s *a64.State, op *a64.Op) { sha1Hash(s, op, shaChoose) },
		a64.SHA1P:   func(s *a64.State, op *a64.Op) { sha1Hash(s, op, shaParity) },
		a64.SHA1M:   func(s *a64.State, op *a64.Op) { sha1Hash(s, op, shaMajority) },
		a64.SHA1H:   sha1h,
		a64.SHA1SU0: sha1su0,
		a64.SHA1SU1: sha1su1,

		a64.SHA256H:   sha256h,
		a64.SHA256H2:  sha256h2,
		a64.SHA256SU0: sha256su0,
		a64.SHA256SU1: sha256su1,
	}.install()
}

// words are the four 32-bit elements of a register.
type words struct{ w0, w1, w2, w3 uint32 }

func readWords(s *a64.State, r uint8) words {
	v := read(s, r)
	return words{uint32(v.lo), uint32(v.lo >> 32), uint32(v.hi), uint32(v.hi >> 32)}
}

func writeWords(s *a64.State, op *a64.Op, w words) {
	write(s, op, uint64(w.w0)|uint64(w.w1)<<32, uint64(w.w2)|uint64(w.w3)<<32)
}

// The functions of FIPS 180-4, section 4.1.

func shaChoose(x, y, z uint32) uint32   { return z ^ x&(y^z) }
func shaParity(x, y, z uint32) uint32   { return x ^ y ^ z }
func shaMajority(x, y, z uint32) uint32 { return x&y | (x|y)&z }

func bigSigma0(x uint32) uint32 {
	return bits.RotateLeft32(x, -2) ^ bits.RotateLeft32(x, -13) ^ bits.RotateLeft32(x, -22)
}

func bigSigma1(x uint32) uint32 {
	return bits.RotateLeft32(x, -6) ^ bits.RotateLeft32(x, -11) ^ bits.RotateLeft32(x, -25)
}

func smallSigma0(x uint32) uint32 {
	return bits.RotateLeft32(x, -7) ^ bits.RotateLeft32(x, -18) ^ x>>3
}

func smallSigma1(x uint32) uint32 {
	return bits.RotateLeft32(x, -17) ^ bits.RotateLeft32(x, -19) ^ x>>10
}

// sha1Hash executes four rounds. a to d are in Rd, e is in Rn, and the schedule plus its
// constant in Rm.
func sha1Hash(s *a64.State, op *a64.Op, f func(x, y, z uint32) uint32) {
	v, e, w := readWords(s, op.Rd), uint32(s.V[op.Rn&31][0]), readWords(s, op.Rm)
	for _, wt := range [4]uint32{w.w0, w.w1, w.w2, w.w3} {
		a := bits.RotateLeft32(v.w0, 5) + f(v.w1, v.w2, v.w3) + e + wt
		e, v = v.w3, words{a, v.w0, bits.RotateLeft32(v.w1, 30), v.w2}
	}
	writeWords(s, op, v)
}

func sha1h(s *a64.State, op *a64.Op) {
	write(s, op, uint64(bits.RotateLeft32(uint32(s.V[op.Rn&31][0]), 30)), 0)
}

func sha1su0(s *a64.State, op *a64.Op) {
	d, n, m := read(s, op.Rd), read(s, op.Rn), read(s, op.Rm)
	write(s, op, d.lo^d.hi^m.lo, d.hi^n.lo^m.hi)
}

func sha1su1(s *a64.State, op *a64.Op) {
	d, n := readWords(s, op.Rd), readWords(s, op.Rn)
	w0 := bits.RotateLeft32(d.w0^n.w1, 1)
	writeWords(s, op, words{
		w0,
		bits.RotateLeft32(d.w1^n.w2, 1),
		bits.RotateLeft32(d.w2^n.w3, 1),
		bits.RotateLeft32(d.w3^w0, 1),
	})
}

func sha256h(s *a64.State, op *a64.Op) {
	x, _ := sha256Hash(readWords(s, op.Rd), readWords(s, op.Rn), readWords(s, op.Rm))
	writeWords(s, op, x)
}

func sha256h2(s *a64.State, op *a64.Op) {
	_, y := sha256Hash(readWords(s, op.Rn), readWords(s, op.Rd), readWords(s, op.Rm))
	writeWords(s, op, y)
}

// sha256Hash executes four rounds on a to d in x and e to h in y. w is the schedule plus its
// constants.
func sha256Hash(x, y, w words) (words, words) {
	for _, wt := range [4]uint32{w.w0, w.w1, w.w2, w.w3} {
		t := y.w3 + bigSigma1(y.w0) + shaChoose(y.w0, y.w1, y.w2) + wt
		a := t + bigSigma0(x.w0) + shaMajority(x.w0, x.w1, x.w2)
		y = words{x.w3 + t, y.w0, y.w1, y.w2}
		x = words{a, x.w0, x.w1, x.w2}
	}
	return x, y
}

func sha256su0(s *a64.State, op *a64.Op) {
	d, n := readWords(s, op.Rd), readWords(s, op.Rn)
	writeWords(s, op, words{
		d.w0 + smallSigma0(d.w1),
		d.w1 + smallSigma0(d.w2),
		d.w2 + smallSigma0(d.w3),
		d.w3 + smallSigma0(n.w0),
	})
}

func sha256su1(s *a64.State, op *a64.Op) {
	d, n, m := readWords(s, op.Rd), readWords(s, op.Rn), readWords(s, op.Rm)
	w0 := d.w0 + n.w1 + smallSigma1(m.w2)
	w1 := d.w1 + n.w2 + smallSigma1(m.w3)
	writeWords(s, op, words{
		w0,
		w1,
		d.w2 + n.w3 + smallSigma1(w0),
		d.w3 + m.w0 + smallSigma1(w1),
	})
}
