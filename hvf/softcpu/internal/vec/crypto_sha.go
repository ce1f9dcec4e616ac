package vec

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/hvf/softcpu/internal/a64"
)

func init() {
	table{
		a64.SHA1C:   func(s *a64.State, op *a64.Op) { sha1Hash(s, op, shaChoose) },
		a64.SHA1P:   func(s *a64.State, op *a64.Op) { sha1Hash(s, op, shaParity) },
		a64.SHA1M:   func(s *a64.State, op *a64.Op) { sha1Hash(s, op, shaMajority) },
		a64.SHA1H:   sha1h,
		a64.SHA1SU0: sha1su0,
		a64.SHA1SU1: sha1su1,

		a64.SHA256H:   func(s *a64.State, op *a64.Op) { sha256Hash(s, op, s.V[op.Rd&31], s.V[op.Rn&31], true) },
		a64.SHA256H2:  func(s *a64.State, op *a64.Op) { sha256Hash(s, op, s.V[op.Rn&31], s.V[op.Rd&31], false) },
		a64.SHA256SU0: sha256su0,
		a64.SHA256SU1: sha256su1,
	}.install()
}

// words are the four 32-bit elements of a register.
type words [4]uint32

func wordsOf(r reg) words {
	return words{uint32(r[0]), uint32(r[0] >> 32), uint32(r[1]), uint32(r[1] >> 32)}
}

func (w words) reg() reg {
	return reg{uint64(w[0]) | uint64(w[1])<<32, uint64(w[2]) | uint64(w[3])<<32}
}

// The functions of FIPS 180-4, section 4.1.
func shaChoose(x, y, z uint32) uint32   { return z ^ x&(y^z) }
func shaParity(x, y, z uint32) uint32   { return x ^ y ^ z }
func shaMajority(x, y, z uint32) uint32 { return x&y | (x|y)&z }

// sha1Hash does four rounds: a to d are in Rd, e in Rn, the schedule plus its
// constant in Rm.
func sha1Hash(s *a64.State, op *a64.Op, f func(x, y, z uint32) uint32) {
	v, e, w := wordsOf(s.V[op.Rd&31]), uint32(s.V[op.Rn&31][0]), wordsOf(s.V[op.Rm&31])
	for _, wt := range w {
		e += bits.RotateLeft32(v[0], 5) + f(v[1], v[2], v[3]) + wt
		e, v = v[3], words{e, v[0], bits.RotateLeft32(v[1], 30), v[2]}
	}
	s.V[op.Rd&31] = v.reg()
}

func sha1h(s *a64.State, op *a64.Op) {
	s.V[op.Rd&31] = reg{uint64(bits.RotateLeft32(uint32(s.V[op.Rn&31][0]), 30))}
}

func sha1su0(s *a64.State, op *a64.Op) {
	d, n, m := s.V[op.Rd&31], s.V[op.Rn&31], s.V[op.Rm&31]
	s.V[op.Rd&31] = reg{d[0] ^ d[1] ^ m[0], d[1] ^ n[0] ^ m[1]}
}

func sha1su1(s *a64.State, op *a64.Op) {
	d, n := wordsOf(s.V[op.Rd&31]), wordsOf(s.V[op.Rn&31])
	var r words
	for i := range 3 {
		r[i] = bits.RotateLeft32(d[i]^n[i+1], 1)
	}
	r[3] = bits.RotateLeft32(d[3], 1) ^ bits.RotateLeft32(d[0]^n[1], 2)
	s.V[op.Rd&31] = r.reg()
}

// sha256Hash does four rounds on a to d in x and e to h in y, with the schedule
// plus its constants in Rm, and keeps one of the two.
func sha256Hash(s *a64.State, op *a64.Op, x, y reg, keepX bool) {
	v, u, w := wordsOf(x), wordsOf(y), wordsOf(s.V[op.Rm&31])
	for _, wt := range w {
		e := u[0]
		sigma1 := bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)
		t := u[3] + sigma1 + shaChoose(e, u[1], u[2]) + wt
		a := v[0]
		sigma0 := bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)
		u = words{v[3] + t, u[0], u[1], u[2]}
		v = words{t + sigma0 + shaMajority(a, v[1], v[2]), v[0], v[1], v[2]}
	}
	if keepX {
		s.V[op.Rd&31] = v.reg()
	} else {
		s.V[op.Rd&31] = u.reg()
	}
}

func sha256su0(s *a64.State, op *a64.Op) {
	d, n := wordsOf(s.V[op.Rd&31]), wordsOf(s.V[op.Rn&31])
	next := words{d[1], d[2], d[3], n[0]}
	for i, x := range next {
		d[i] += bits.RotateLeft32(x, -7) ^ bits.RotateLeft32(x, -18) ^ x>>3
	}
	s.V[op.Rd&31] = d.reg()
}

func sha256su1(s *a64.State, op *a64.Op) {
	d, n, m := wordsOf(s.V[op.Rd&31]), wordsOf(s.V[op.Rn&31]), wordsOf(s.V[op.Rm&31])
	t := words{n[1], n[2], n[3], m[0]}
	before := words{m[2], m[3]} // the last two come out of this instruction
	for i := range d {
		x := before[i]
		d[i] += t[i] + (bits.RotateLeft32(x, -17) ^ bits.RotateLeft32(x, -19) ^ x>>10)
		before[(i+2)&3] = d[i]
	}
	s.V[op.Rd&31] = d.reg()
}
