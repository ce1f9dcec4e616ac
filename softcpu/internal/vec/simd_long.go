package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

func init() {
	table{
		a64.VSADDL: vectors(long(lane.WidenS, lane.Add)),
		a64.VUADDL: vectors(long(lane.WidenU, lane.Add)),
		a64.VSSUBL: vectors(long(lane.WidenS, lane.Sub)),
		a64.VUSUBL: vectors(long(lane.WidenU, lane.Sub)),
		a64.VSABDL: vectors(long(lane.WidenS, lane.SABD)),
		a64.VUABDL: vectors(long(lane.WidenU, lane.UABD)),
		a64.VSMULL: vectors(long(lane.WidenS, lane.Mul)),
		a64.VUMULL: vectors(long(lane.WidenU, lane.Mul)),
		a64.VSABAL: vectors(longAccumulate(lane.WidenS, lane.SABA)),
		a64.VUABAL: vectors(longAccumulate(lane.WidenU, lane.UABA)),
		a64.VSMLAL: vectors(longAccumulate(lane.WidenS, lane.MLA)),
		a64.VUMLAL: vectors(longAccumulate(lane.WidenU, lane.MLA)),
		a64.VSMLSL: vectors(longAccumulate(lane.WidenS, lane.MLS)),
		a64.VUMLSL: vectors(longAccumulate(lane.WidenU, lane.MLS)),

		a64.VSQDMULL: vectors(longSaturate(noDestination(lane.SQDMULL))),
		a64.VSQDMLAL: vectors(longSaturate(lane.SQDMLAL)),
		a64.VSQDMLSL: vectors(longSaturate(lane.SQDMLSL)),

		a64.VSADDW: wide(lane.WidenS, lane.Add),
		a64.VUADDW: wide(lane.WidenU, lane.Add),
		a64.VSSUBW: wide(lane.WidenS, lane.Sub),
		a64.VUSUBW: wide(lane.WidenU, lane.Sub),

		a64.VADDHN:  highNarrow(lane.Add, 0),
		a64.VRADDHN: highNarrow(lane.Add, 1),
		a64.VSUBHN:  highNarrow(lane.Sub, 0),
		a64.VRSUBHN: highNarrow(lane.Sub, 1),

		a64.VSMULLElem:   byElement(long(lane.WidenS, lane.Mul)),
		a64.VUMULLElem:   byElement(long(lane.WidenU, lane.Mul)),
		a64.VSMLALElem:   byElement(longAccumulate(lane.WidenS, lane.MLA)),
		a64.VUMLALElem:   byElement(longAccumulate(lane.WidenU, lane.MLA)),
		a64.VSMLSLElem:   byElement(longAccumulate(lane.WidenS, lane.MLS)),
		a64.VUMLSLElem:   byElement(longAccumulate(lane.WidenU, lane.MLS)),
		a64.VSQDMULLElem: byElement(longSaturate(noDestination(lane.SQDMULL))),
		a64.VSQDMLALElem: byElement(longSaturate(lane.SQDMLAL)),
		a64.VSQDMLSLElem: byElement(longSaturate(lane.SQDMLSL)),

		a64.VPMULL: vectors(pmull),
	}.install()
}

// widen is lane.WidenS or lane.WidenU.
type widen func(x uint64, size int) (lo, hi uint64)

// part returns the half of r that has an instruction's narrow elements.
func part(op *a64.Op, r reg) uint64 {
	if op.Q() {
		return r.hi
	}
	return r.lo
}

// long applies a function to elements of twice the width.
func long(w widen, f func(a, b uint64, size int) uint64) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		size := op.Size()
		n0, n1 := w(part(op, n), size)
		m0, m1 := w(part(op, m), size)
		write(s, op, f(n0, m0, size+1), f(n1, m1, size+1))
	}
}

func longAccumulate(w widen, f func(d, a, b uint64, size int) uint64) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		size, d := op.Size(), read(s, op.Rd)
		n0, n1 := w(part(op, n), size)
		m0, m1 := w(part(op, m), size)
		write(s, op, f(d.lo, n0, m0, size+1), f(d.hi, n1, m1, size+1))
	}
}

// longSaturate is long for signed elements and a function that may saturate. It has scalar
// forms.
func longSaturate(f func(d, a, b uint64, size int) (r, q uint64)) operate {
	return func(s *a64.State, op *a64.Op, n, m reg) {
		size, d := op.Size(), read(s, op.Rd)
		n0, n1 := lane.WidenS(part(op, n), size)
		m0, m1 := lane.WidenS(part(op, m), size)
		if op.Scalar() {
			mask := lane.Mask(size + 1)
			d, n0, n1 = reg{lo: d.lo & mask}, n0&mask, 0
		}
		r0, q0 := f(d.lo, n0, m0, size+1)
		r1, q1 := f(d.hi, n1, m1, size+1)
		setQC(s, q0|q1)
		write(s, op, r0, r1)
	}
}

func noDestination(f func(a, b uint64, size int) (r, q uint64)) func(d, a, b uint64, size int) (r, q uint64) {
	return func(_, a, b uint64, size int) (r, q uint64) { return f(a, b, size) }
}

// wide applies a function to wide elements of n and narrow ones of m.
func wide(w widen, f func(a, b uint64, size int) uint64) Func {
	return vectors(func(s *a64.State, op *a64.Op, n, m reg) {
		size := op.Size()
		m0, m1 := w(part(op, m), size)
		write(s, op, f(n.lo, m0, size+1), f(n.hi, m1, size+1))
	})
}

// highNarrow applies a function to wide elements and keeps the high half of each result. If
// round is 1 it rounds: it adds half of the high half's unit first.
func highNarrow(f func(a, b uint64, size int) uint64, round uint64) Func {
	return vectors(func(s *a64.State, op *a64.Op, n, m reg) {
		size := op.Size()
		half := lane.Dup(round<<(8<<size-1), size+1)
		r0 := lane.Add(f(n.lo, m.lo, size+1), half, size+1)
		r1 := lane.Add(f(n.hi, m.hi, size+1), half, size+1)
		writeNarrow(s, op, lane.Odd(r0, r1, size))
	})
}

// writeNarrow writes narrow elements to the half that Q chooses. A write to the lower half
// clears the upper one. A write to the upper half keeps the lower one.
func writeNarrow(s *a64.State, op *a64.Op, x uint64) {
	if op.Q() {
		s.V[op.Rd&31][1] = x
	} else {
		write(s, op, x, 0)
	}
}

func pmull(s *a64.State, op *a64.Op, n, m reg) {
	if op.Size() == 3 {
		lo, hi := lane.ClMul(part(op, n), part(op, m))
		write(s, op, lo, hi)
		return
	}
	n0, n1 := lane.WidenU(part(op, n), 0)
	m0, m1 := lane.WidenU(part(op, m), 0)
	write(s, op, lane.PMUL(n0, m0, 1), lane.PMUL(n1, m1, 1))
}
