package vec

import (
	"github.com/miniboot-vmm/miniboot/hvf/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/hvf/softcpu/internal/lane"
)

// reg is the content of a SIMD register, low half first.
type reg = [2]uint64

// qc is FPSR.QC, the cumulative saturation flag.
const qc = 1 << 27

// table is a part of Exec.
type table map[a64.Code]Func

func (t table) install() {
	for code, f := range t {
		define(code, f)
	}
}

// setQC records that an instruction saturated if q is not zero.
func setQC(s *a64.State, q uint64) {
	if q != 0 {
		s.FP.FPSR |= qc
	}
}

// element returns one element of r.
func element(r *reg, size, index int) uint64 {
	bit := uint(index) << (3 + size)
	return r[bit>>6&1] >> (bit & 63) & lane.Mask(size)
}

// setElement replaces one element of r.
func setElement(r *reg, size, index int, x uint64) {
	bit := uint(index) << (3 + size)
	half, mask := &r[bit>>6&1], lane.Mask(size)<<(bit&63)
	*half = *half&^mask | x<<(bit&63)&mask
}

// operate is what the vector, by-element and by-amount forms of an instruction
// have in common: it works on two operands, which it gets by value because the
// destination may be the same register.
type operate func(s *a64.State, op *a64.Op, n, m reg)

// vectors is the form with two register operands.
func vectors(f operate) Func {
	return func(s *a64.State, op *a64.Op) { f(s, op, s.V[op.Rn&31], s.V[op.Rm&31]) }
}

// byElement is the form where one element of Rm stands for all.
func byElement(f operate) Func {
	return func(s *a64.State, op *a64.Op) {
		m := lane.Dup(element(&s.V[op.Rm&31], op.Size(), op.Index()), op.Size())
		f(s, op, s.V[op.Rn&31], reg{m, m})
	}
}

// byAmount is the form where an immediate shift amount stands for a vector of
// them.
func byAmount(f operate) Func {
	return func(s *a64.State, op *a64.Op) {
		m := lane.Dup(uint64(op.Index()), op.Size())
		f(s, op, s.V[op.Rn&31], reg{m, m})
	}
}

// same applies a function to each pair of elements. Scalar forms have 64-bit
// elements only.
func same(f func(a, b uint64, size int) uint64) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		d := reg{f(n[0], m[0], op.Size())}
		if op.Q() {
			d[1] = f(n[1], m[1], op.Size())
		}
		s.V[op.Rd&31] = d
	}
}

// accumulate applies a function that also takes the destination's elements.
func accumulate(f func(d, a, b uint64, size int) uint64) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		d := &s.V[op.Rd&31]
		d[0] = f(d[0], n[0], m[0], op.Size())
		if op.Q() {
			d[1] = f(d[1], n[1], m[1], op.Size())
		} else {
			d[1] = 0
		}
	}
}

// saturate applies a function that may saturate. In a scalar form the lanes
// above the element are zero, which saturates nothing.
func saturate(f func(a, b uint64, size int) (r, q uint64)) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		var d reg
		var q, qHigh uint64
		if op.Scalar() {
			mask := lane.Mask(op.Size())
			d[0], q = f(n[0]&mask, m[0]&mask, op.Size())
			d[0] &= mask
		} else {
			d[0], q = f(n[0], m[0], op.Size())
		}
		if op.Q() {
			d[1], qHigh = f(n[1], m[1], op.Size())
		}
		setQC(s, q|qHigh)
		s.V[op.Rd&31] = d
	}
}

// pairwise applies a function to each two neighbours of n, then of m.
func pairwise(f func(a, b uint64, size int) uint64) Func {
	unzipped := same(f)
	return vectors(func(s *a64.State, op *a64.Op, n, m reg) {
		unzipped(s, op, even(n, m, op.Size(), op.Q()), odd(n, m, op.Size(), op.Q()))
	})
}

// unary applies a function to each element.
func unary(f func(a uint64, size int) uint64) Func {
	return func(s *a64.State, op *a64.Op) {
		n := &s.V[op.Rn&31]
		d := reg{f(n[0], op.Size())}
		if op.Q() {
			d[1] = f(n[1], op.Size())
		}
		s.V[op.Rd&31] = d
	}
}
