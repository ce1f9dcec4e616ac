package amd64

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Scalar floating point: conversions between formats and to and from integers,
// and moves to and from general registers.

func init() {
	vectorTable{
		a64.FCVT: convertFP,

		a64.SCVTF:      fromInteger(true),
		a64.UCVTF:      fromInteger(false),
		a64.SCVTFFixed: fromInteger(true),
		a64.UCVTFFixed: fromInteger(false),

		a64.FCVTZS:      toInteger(true, 3),
		a64.FCVTMS:      toInteger(true, 1),
		a64.FCVTPS:      toInteger(true, 2),
		a64.FCVTNS:      toInteger(true, 0),
		a64.FCVTAS:      toInteger(true, away),
		a64.FCVTZU:      toInteger(false, 3),
		a64.FCVTMU:      toInteger(false, 1),
		a64.FCVTPU:      toInteger(false, 2),
		a64.FCVTNU:      toInteger(false, 0),
		a64.FCVTAU:      toInteger(false, away),
		a64.FCVTZSFixed: toInteger(true, 3),
		a64.FCVTZUFixed: toInteger(false, 3),

		a64.FMOVToGeneral:      fpToGeneral(0),
		a64.FMOVTopToGeneral:   fpToGeneral(8),
		a64.FMOVFromGeneral:    generalToFP,
		a64.FMOVTopFromGeneral: generalToTop,
	}.install()
}

// convertFP is FCVT between single and double.
func convertFP(t *Translator, op *a64.Op) bool {
	from, ok := double(op)
	to := op.ToFormat()
	if !ok || to != fp.Single && to != fp.Double {
		return false
	}
	guest := t.guest()
	t.RR(PXOR, false, X0, X0)
	var bad int
	if from {
		t.RM(CVTSD2SS, false, X0, t.v(op.Rn, 0))
		bad = t.normal(false, func(t *Translator, _ bool) int { return zeroOperand(op.Rn)(t, true) })
	} else {
		t.RM(CVTSS2SD, false, X0, t.v(op.Rn, 0))
		bad = t.finite(true)
	}
	t.storeX(op.Rd)
	t.slow(guest, bad)
	return true
}

// fraction is the number of fraction bits of a fixed-point conversion, and 0 for
// others.
func fraction(op *a64.Op) int {
	if op.Code >= a64.FCVTZSFixed && op.Code <= a64.UCVTFFixed {
		return 64 - int(op.Imm>>10&63)
	}
	return 0
}

// scaleFP multiplies X0 by 2 to the power n. It uses X1 and RAX. The result is
// exact: integers are not made so small, and what becomes infinite does not fit
// into an integer.
func (t *Translator) scaleFP(d bool, n int) {
	if n == 0 {
		return
	}
	t.constant(X1, perLane(d, uint64(127+n)<<23, uint64(1023+n)<<52))
	t.RR(forFormat(MULSD, d), false, X0, X1)
}

// fromInteger is SCVTF and UCVTF from a general register.
func fromInteger(signed bool) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		guest := t.guest()
		sites := []int{guest}
		r, w := t.get(true, op.Rn, RAX), op.Sf()
		if !signed && w {
			t.RR(TEST, true, r, r)
			sites = append(sites, t.Jcc(S)) // too large for the host's conversion
		} else if !signed {
			t.Mov(false, RAX, r)
			r, w = RAX, true
		}
		t.RR(PXOR, false, X0, X0)
		i := Inst(CVTSI2SS)
		if d {
			i = CVTSI2SD
		}
		t.RR(i, w, X0, r)
		t.scaleFP(d, -fraction(op))
		t.storeX(op.Rd)
		t.slow(sites...)
		return true
	}
}

// toInteger is FCVT to a general register, rounded as mode says. What does not
// fit gives the host's indefinite integer, or for unsigned ones something out of
// range.
func toInteger(signed bool, mode uint8) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		t.writing(op.Rd)
		sites := []int{t.guest()}
		t.loadFP(X0, op.Rn, d)
		t.scaleFP(d, fraction(op))
		if mode != 3 {
			t.round(mode, d)
		}
		i := Inst(CVTTSS2SI)
		if d {
			i = CVTTSD2SI
		}
		w := op.Sf() || !signed
		t.RR(i, w, RAX, X0)
		switch {
		case signed:
			t.Mov(w, RCX, RAX)
			t.ALURI(CMP, w, RCX, 1) // overflows for the indefinite integer alone
			sites = append(sites, t.Jcc(O))
		case op.Sf():
			t.RR(TEST, true, RAX, RAX)
			sites = append(sites, t.Jcc(S))
		default:
			t.Mov(true, RCX, RAX)
			t.ShiftI(SHR, true, RCX, 32)
			sites = append(sites, t.Jcc(NE))
		}
		t.put(op.Rd, RAX)
		t.slow(sites...)
		return true
	}
}

// fpToGeneral is FMOV from the bytes at offset off of a register.
func fpToGeneral(off int32) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		t.writing(op.Rd)
		trapped := t.enabled()
		r := t.dest(op.Rd, RAX)
		t.RM(MOV, op.Sf(), r, t.v(op.Rn, off))
		t.put(op.Rd, r)
		t.slow(trapped)
		return true
	}
}

// generalToTop is FMOV to the upper half of a register.
func generalToTop(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.RM(MOVM, true, t.get(true, op.Rn, RAX), t.v(op.Rd, 8))
	t.slow(trapped)
	return true
}

func generalToFP(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	r := t.get(true, op.Rn, RAX)
	if !op.Sf() {
		t.Mov(false, RAX, r)
		r = RAX
	}
	t.RR(MOVD, true, X0, r)
	t.storeX(op.Rd)
	t.slow(trapped)
	return true
}
