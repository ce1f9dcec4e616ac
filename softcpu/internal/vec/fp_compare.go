package vec

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Scalar floating-point comparison, conditional comparison and selection.
func init() {
	define(a64.FCMP, func(s *a64.State, op *a64.Op) { compareFP(s, op, second(s, op), false) })
	define(a64.FCMPE, func(s *a64.State, op *a64.Op) { compareFP(s, op, second(s, op), true) })
	define(a64.FCMPZero, func(s *a64.State, op *a64.Op) { compareFP(s, op, 0, false) })
	define(a64.FCMPEZero, func(s *a64.State, op *a64.Op) { compareFP(s, op, 0, true) })
	define(a64.FCCMP, func(s *a64.State, op *a64.Op) { conditionalCompareFP(s, op, false) })
	define(a64.FCCMPE, func(s *a64.State, op *a64.Op) { conditionalCompareFP(s, op, true) })
	define(a64.FCSEL, fcsel)
}

// condition returns the cond field of conditional comparison and selection.
func condition(op *a64.Op) uint8 { return uint8(op.Imm >> 12 & 15) }

func second(s *a64.State, op *a64.Op) uint64 { return fpScalar(s, op.Rm, op.Format()) }

func compareFP(s *a64.State, op *a64.Op, b uint64, signalNaNs bool) {
	t := op.Format()
	nzcv := s.FP.Compare(t, fpScalar(s, op.Rn, t), b, signalNaNs)
	s.SetNZCV(uint32(nzcv) << 28)
}

func conditionalCompareFP(s *a64.State, op *a64.Op, signalNaNs bool) {
	if s.Holds(condition(op)) {
		compareFP(s, op, second(s, op), signalNaNs)
	} else {
		s.SetNZCV(uint32(op.Imm) << 28)
	}
}

func fcsel(s *a64.State, op *a64.Op) {
	r := op.Rm
	if s.Holds(condition(op)) {
		r = op.Rn
	}
	setFPScalar(s, op.Rd, fpScalar(s, r, op.Format()))
}
