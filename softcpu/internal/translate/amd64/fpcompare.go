package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Scalar floating point: comparisons, and what selects by them.

func init() {
	vectorTable{
		a64.FMAX:   extreme(MAXSD, ANDPS),
		a64.FMAXNM: extreme(MAXSD, ANDPS),
		a64.FMIN:   extreme(MINSD, ORPS),
		a64.FMINNM: extreme(MINSD, ORPS),

		a64.FCMP:      compareFP(false),
		a64.FCMPE:     compareFP(false),
		a64.FCMPZero:  compareFP(true),
		a64.FCMPEZero: compareFP(true),
		a64.FCCMP:     conditionalCompareFP,
		a64.FCCMPE:    conditionalCompareFP,
		a64.FCSEL:     selectFP,
	}.install()
}

// compareOrdered compares X0 with X1 and returns the jump that is taken for NaNs.
func (t *Translator) compareOrdered(d bool) (nan int) {
	i := Inst(UCOMISS)
	if d {
		i = UCOMISD
	}
	t.RR(i, false, X0, X1)
	return t.Jcc(P)
}

// extreme is a maximum or minimum. Where the operands compare equal they are the
// same but for the signs of zeros, which combine does.
func extreme(i, combine Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		flush := t.exact()
		t.loadFP(X0, op.Rn, d)
		t.loadFP(X1, op.Rm, d)
		nan := t.compareOrdered(d)
		equal := t.Jcc8(E)
		t.RR(forFormat(i, d), false, X0, X1)
		done := t.Jmp8()
		t.Land8(equal)
		t.RR(combine, false, X0, X1)
		t.Land8(done)
		t.storeX(op.Rd)
		t.slow(flush, nan)
		return true
	}
}

// selectFP is FCSEL.
func selectFP(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	cond := uint8(op.Imm >> 12 & 15)
	if !ok || cond >= 14 {
		return false
	}
	t.saveFlags() // the general way needs them
	trapped := t.enabled()
	c := t.useFlags(cond)
	t.RM(MOV, d, RAX, t.v(op.Rm, 0))
	t.RM(MOV, d, RCX, t.v(op.Rn, 0))
	t.RR(CMOV(c), d, RAX, RCX)
	t.RR(MOVD, true, X0, RAX)
	t.storeX(op.Rd)
	t.fl.host = false // the general way does not leave them there
	t.slow(trapped)
	return true
}

// compareFP is FCMP and FCMPE of what is no NaN. Of the host's flags behind
// UCOMISD only that of sign differs from what CMP leaves: it is copied from the
// carry.
func compareFP(zero bool) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		t.saveFlags() // the general way finds them there
		flush := t.exact()
		t.loadFP(X0, op.Rn, d)
		if zero {
			t.RR(PXOR, false, X1, X1)
		} else {
			t.loadFP(X1, op.Rm, d)
		}
		nan := t.compareOrdered(d)
		t.storeComparison()
		t.fl = flags{mem: true}
		t.slow(flush, nan)
		return true
	}
}

// storeComparison packs the host's flags behind UCOMISD into memory.
func (t *Translator) storeComparison() {
	t.RR(SET(E), false, 0, RCX)
	t.ALURR(SBB, false, RAX, RAX)
	t.RR(MOVZX8, false, RCX, RCX)
	t.ShiftI(SHL, false, RCX, 14)
	t.ALURI(AND, false, RAX, 0x8100)
	t.ALURR(OR, false, RAX, RCX)
	t.RM(MOVM16, false, RAX, t.field(t.l.Flags))
}

// conditionalCompareFP is FCCMP and FCCMPE: a comparison, or the flags that the
// instruction gives.
func conditionalCompareFP(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	cond := uint8(op.Imm >> 12 & 15)
	if !ok || cond >= 14 {
		return false
	}
	t.saveFlags() // the general way finds them there
	flush := t.exact()
	compare := t.Jcc8(t.useFlags(cond))
	t.MovMemImm16(t.field(t.l.Flags), packed(uint16(op.Imm&15)))
	end := t.Jmp8()
	t.Land8(compare)
	t.loadFP(X0, op.Rn, d)
	t.loadFP(X1, op.Rm, d)
	nan := t.compareOrdered(d)
	t.storeComparison()
	t.Land8(end)
	t.fl = flags{mem: true}
	t.slow(flush, nan)
	return true
}
