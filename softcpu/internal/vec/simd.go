package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

// reg is the content of a SIMD register. It is a struct because Go passes structs in host
// registers, and arrays, such as those of State.V, in memory.
type reg struct{ lo, hi uint64 }

// read returns register r.
func read(s *a64.State, r uint8) reg {
	v := &s.V[r&31]
	return reg{v[0], v[1]}
}

// write sets all of the destination.
func write(s *a64.State, op *a64.Op, lo, hi uint64) {
	v := &s.V[op.Rd&31]
	v[0], v[1] = lo, hi
}

// writeVector sets the destination of an instruction with 64-bit forms. These clear the upper
// half.
func writeVector(s *a64.State, op *a64.Op, lo, hi uint64) {
	if !op.Q() {
		hi = 0
	}
	write(s, op, lo, hi)
}

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

// element returns one element of a register.
func element(v *[2]uint64, size, index int) uint64 {
	bit := uint(index) << (3 + size)
	return v[bit>>6&1] >> (bit & 63) & lane.Mask(size)
}

// setElement replaces one element of a register.
func setElement(v *[2]uint64, size, index int, x uint64) {
	bit := uint(index) << (3 + size)
	half, mask := &v[bit>>6&1], lane.Mask(size)<<(bit&63)
	*half = *half&^mask | x<<(bit&63)&mask
}

// operate is the operation that the vector, by-element and by-amount forms of an instruction
// share. It gets its two operands by value, because the destination may be the same register.
type operate func(s *a64.State, op *a64.Op, n, m reg)

// vectors is the form with two register operands.
func vectors(f operate) Func {
	return func(s *a64.State, op *a64.Op) { f(s, op, read(s, op.Rn), read(s, op.Rm)) }
}

// byElement is the form in which one element of Rm stands for all.
func byElement(f operate) Func {
	return func(s *a64.State, op *a64.Op) {
		m := lane.Dup(element(&s.V[op.Rm&31], op.Size(), op.Index()), op.Size())
		f(s, op, read(s, op.Rn), reg{m, m})
	}
}

// byAmount is the form in which an immediate shift amount stands for a vector of amounts.
func byAmount(f operate) Func {
	return func(s *a64.State, op *a64.Op) {
		m := lane.Dup(uint64(op.Index()), op.Size())
		f(s, op, read(s, op.Rn), reg{m, m})
	}
}

// withDestination is the form whose second operand is the destination.
func withDestination(f operate) Func {
	return func(s *a64.State, op *a64.Op) { f(s, op, read(s, op.Rn), read(s, op.Rd)) }
}

// same applies a function to each pair of elements. Its scalar forms have 64-bit elements
// only.
func same(f func(a, b uint64, size int) uint64) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		lo, hi := f(n.lo, m.lo, op.Size()), uint64(0)
		if op.Q() {
			hi = f(n.hi, m.hi, op.Size())
		}
		write(s, op, lo, hi)
	}
}

// accumulate applies a function that also takes the destination's elements.
func accumulate(f func(d, a, b uint64, size int) uint64) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		d := read(s, op.Rd)
		lo, hi := f(d.lo, n.lo, m.lo, op.Size()), uint64(0)
		if op.Q() {
			hi = f(d.hi, n.hi, m.hi, op.Size())
		}
		write(s, op, lo, hi)
	}
}

// saturate applies a function that may saturate. In a scalar form the lanes above the element
// are zero and do not saturate.
func saturate(f func(a, b uint64, size int) (r, q uint64)) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		all := ^uint64(0)
		if op.Scalar() {
			all = lane.Mask(op.Size())
		}
		lo, q := f(n.lo&all, m.lo&all, op.Size())
		hi, qHigh := uint64(0), uint64(0)
		if op.Q() {
			hi, qHigh = f(n.hi, m.hi, op.Size())
		}
		setQC(s, q|qHigh)
		write(s, op, lo&all, hi)
	}
}

// unary applies a function to each element.
func unary(f func(a uint64, size int) uint64) Func {
	return func(s *a64.State, op *a64.Op) {
		n := read(s, op.Rn)
		lo, hi := f(n.lo, op.Size()), uint64(0)
		if op.Q() {
			hi = f(n.hi, op.Size())
		}
		write(s, op, lo, hi)
	}
}
