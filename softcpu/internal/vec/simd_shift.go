package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

func init() {
	table{
		a64.VSSHR:  shift(lane.SSHR),
		a64.VSRSHR: shift(lane.SRSHR),
		a64.VURSHR: shift(lane.URSHR),
		a64.VSSRA:  shiftInto(lane.SSRA),
		a64.VUSRA:  shiftInto(lane.USRA),
		a64.VSRSRA: shiftInto(lane.SRSRA),
		a64.VURSRA: shiftInto(lane.URSRA),
		a64.VSRI:   shiftInto(lane.SRI),
		a64.VSLI:   shiftInto(lane.SLI),

		a64.VSQSHLImm: byAmount(saturate(lane.SQSHL)),
		a64.VUQSHLImm: byAmount(saturate(lane.UQSHL)),
		a64.VSQSHLU:   byAmount(saturate(lane.SQSHLU)),

		a64.VSHRN:     shiftNarrow(lane.USHR, lane.XTN),
		a64.VRSHRN:    shiftNarrow(lane.URSHR, lane.XTN),
		a64.VSQSHRN:   shiftNarrow(lane.SSHR, lane.SQXTN),
		a64.VSQRSHRN:  shiftNarrow(lane.SRSHR, lane.SQXTN),
		a64.VUQSHRN:   shiftNarrow(lane.USHR, lane.UQXTN),
		a64.VUQRSHRN:  shiftNarrow(lane.URSHR, lane.UQXTN),
		a64.VSQSHRUN:  shiftNarrow(lane.SSHR, lane.SQXTUN),
		a64.VSQRSHRUN: shiftNarrow(lane.SRSHR, lane.SQXTUN),
		a64.VSSHLL:    shiftLong(lane.WidenS),
		a64.VUSHLL:    shiftLong(lane.WidenU),
	}.install()
}

// shift applies a function of an element and the immediate amount.
func shift(f func(a uint64, n, size int) uint64) Func {
	return func(s *a64.State, op *a64.Op) {
		n := read(s, op.Rn)
		lo, hi := f(n.lo, op.Index(), op.Size()), uint64(0)
		if op.Q() {
			hi = f(n.hi, op.Index(), op.Size())
		}
		write(s, op, lo, hi)
	}
}

// shiftInto applies a function that also takes the destination's element.
func shiftInto(f func(d, a uint64, n, size int) uint64) Func {
	return func(s *a64.State, op *a64.Op) {
		n, d := read(s, op.Rn), read(s, op.Rd)
		lo, hi := f(d.lo, n.lo, op.Index(), op.Size()), uint64(0)
		if op.Q() {
			hi = f(d.hi, n.hi, op.Index(), op.Size())
		}
		write(s, op, lo, hi)
	}
}

// shiftNarrow shifts wide elements to the right and narrows them with xtn.
func shiftNarrow(shr func(a uint64, n, size int) uint64, xtn func(lo, hi uint64, size int) (r, q uint64)) Func {
	return func(s *a64.State, op *a64.Op) {
		n, size := read(s, op.Rn), op.Size()
		if op.Scalar() {
			n = reg{lo: n.lo & lane.Mask(size+1)}
		}
		r, q := xtn(shr(n.lo, op.Index(), size+1), shr(n.hi, op.Index(), size+1), size)
		setQC(s, q)
		writeNarrow(s, op, r)
	}
}

// shiftLong widens elements and shifts them to the left.
func shiftLong(w widen) Func {
	return func(s *a64.State, op *a64.Op) {
		size, n := op.Size(), op.Index()
		lo, hi := w(part(op, read(s, op.Rn)), size)
		write(s, op, lane.SHL(lo, n, size+1), lane.SHL(hi, n, size+1))
	}
}
