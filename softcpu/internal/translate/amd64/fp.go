package amd64

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Scalar floating point. The host's arithmetic gives Arm's result and flags when
// the guest rounds to nearest, does not flush denormals, has the inexact flag
// set already, and the result is neither a NaN nor infinite nor so small that it
// may have underflowed. Layout.FPGuest says the first; the result is looked at.
// All else goes the general way.

func init() {
	vectorTable{
		a64.FADD:  arithmetic(ADDSD, finite),
		a64.FSUB:  arithmetic(SUBSD, finite),
		a64.FMUL:  arithmetic(MULSD, normal),
		a64.FDIV:  arithmetic(DIVSD, normal),
		a64.FNMUL: negatedProduct,
		a64.FSQRT: squareRoot,

		a64.FMADD:  multiplyAddFP(VFMADD231SD),
		a64.FMSUB:  multiplyAddFP(VFNMADD231SD),
		a64.FNMADD: multiplyAddFP(VFNMSUB231SD),
		a64.FNMSUB: multiplyAddFP(VFMSUB231SD),

		a64.FMAX:   extreme(MAXSD, ANDPS),
		a64.FMAXNM: extreme(MAXSD, ANDPS),
		a64.FMIN:   extreme(MINSD, ORPS),
		a64.FMINNM: extreme(MINSD, ORPS),

		a64.FMOV:    moveFP,
		a64.FABS:    signFP(AND, false),
		a64.FNEG:    signFP(XOR, true),
		a64.FMOVImm: constantFP,
		a64.FCSEL:   selectFP,
		a64.FCVT:    convertFP,

		a64.FRINTN: roundFP(0),
		a64.FRINTM: roundFP(1),
		a64.FRINTP: roundFP(2),
		a64.FRINTZ: roundFP(3),

		a64.FCMP:      compareFP(false),
		a64.FCMPE:     compareFP(false),
		a64.FCMPZero:  compareFP(true),
		a64.FCMPEZero: compareFP(true),

		a64.SCVTF:           fromInteger(true),
		a64.UCVTF:           fromInteger(false),
		a64.FCVTZS:          toInteger(true, 3),
		a64.FCVTZU:          toInteger(false, 3),
		a64.FCVTMS:          toInteger(true, 1),
		a64.FCVTPS:          toInteger(true, 2),
		a64.FCVTNS:          toInteger(true, 0),
		a64.FMOVToGeneral:   fpToGeneral,
		a64.FMOVFromGeneral: generalToFP,
	}.install()
}

// double says whether a scalar instruction works on doubles; ok is false for
// half precision, which is converted only.
func double(op *a64.Op) (d, ok bool) {
	switch op.Format() {
	case fp.Double:
		return true, true
	case fp.Single:
		return false, true
	}
	return false, false
}

// forFormat returns the instruction for singles if that is what op works on.
func forFormat(i Inst, d bool) Inst {
	if d {
		return i
	}
	return single(i)
}

// guest begins an instruction that computes: it returns the jump that is taken
// when the host cannot.
func (t *Translator) guest() (site int) {
	t.clobber()
	t.cmpByte(t.l.FPGuest, 0)
	return t.Jcc(NE)
}

// loadFP loads a double or single, and clears the rest.
func (t *Translator) loadFP(x Reg, v uint8, d bool) {
	if d {
		t.RM(MOVQ, false, x, t.v(v, 0))
	} else {
		t.RM(MOVD, false, x, t.v(v, 0))
	}
}

// demand is what a result has to be to stand.
type demand uint8

const (
	finite demand = iota // no NaN, not infinite: sums are exact when tiny
	normal               // and larger than the smallest normal number
)

// check returns the jump that is taken when X0 is not what is demanded. It uses
// RAX.
func (t *Translator) check(is demand, d bool) (site int) {
	t.RR(MOVDM, d, X0, RAX)
	shift, top := uint8(23), int32(0xff)
	if d {
		shift, top = 52, 0x7ff
	}
	t.ShiftI(SHR, d, RAX, shift)
	t.ALURI(AND, false, RAX, top)
	if is == finite {
		t.ALURI(CMP, false, RAX, top)
		return t.Jcc(E)
	}
	t.ALURI(SUB, false, RAX, 2)
	t.ALURI(CMP, false, RAX, top-3)
	return t.Jcc(A)
}

// arithmetic is a binary operation.
func arithmetic(i Inst, is demand) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		guest := t.guest()
		t.loadFP(X0, op.Rn, d)
		t.RM(forFormat(i, d), false, X0, t.v(op.Rm, 0))
		bad := t.check(is, d)
		t.storeX(op.Rd)
		t.slow(guest, bad)
		return true
	}
}

// flipSign changes X0's sign. It uses X1 and RAX.
func (t *Translator) flipSign(d bool) {
	if d {
		t.MovImm(RAX, 1<<63)
	} else {
		t.MovImm(RAX, 1<<31)
	}
	t.RR(MOVD, true, X1, RAX)
	t.RR(PXOR, false, X0, X1)
}

func negatedProduct(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	if !ok {
		return false
	}
	guest := t.guest()
	t.loadFP(X0, op.Rn, d)
	t.RM(forFormat(MULSD, d), false, X0, t.v(op.Rm, 0))
	bad := t.check(normal, d)
	t.flipSign(d)
	t.storeX(op.Rd)
	t.slow(guest, bad)
	return true
}

func squareRoot(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	if !ok {
		return false
	}
	guest := t.guest()
	t.RR(PXOR, false, X0, X0)
	t.RM(forFormat(SQRTSD, d), false, X0, t.v(op.Rn, 0))
	bad := t.check(normal, d)
	t.storeX(op.Rd)
	t.slow(guest, bad)
	return true
}

// multiplyAddFP is FMADD and its kin, by FMA3: FNMADD is -(n*m) - a there too.
func multiplyAddFP(opcode byte) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		guest := t.guest()
		t.loadFP(X0, op.Ra, d)
		t.loadFP(X1, op.Rn, d)
		t.loadFP(X2, op.Rm, d)
		t.FMA3(opcode, d, X0, X1, X2)
		bad := t.check(normal, d)
		t.storeX(op.Rd)
		t.slow(guest, bad)
		return true
	}
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
		t.clobber()
		t.cmpByte(t.l.FPFlush, 0)
		flush := t.Jcc(NE)
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

func moveFP(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	if !ok {
		return false
	}
	trapped := t.enabled()
	t.loadFP(X0, op.Rn, d)
	t.storeX(op.Rd)
	t.slow(trapped)
	return true
}

// signFP changes the sign bit: o is what combines the value with the bit, or
// with all others.
func signFP(o ALU, bit bool) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		trapped := t.enabled()
		mask := uint64(1) << 31
		if d {
			mask = 1 << 63
		}
		if !bit {
			mask--
		}
		t.RM(MOV, d, RAX, t.v(op.Rn, 0))
		t.MovImm(RCX, mask)
		t.ALURR(o, d, RAX, RCX)
		t.RR(MOVD, true, X0, RAX)
		t.storeX(op.Rd)
		t.slow(trapped)
		return true
	}
}

// constantFP is FMOV with a constant of 8 bits (VFPExpandImm).
func constantFP(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	if !ok {
		return false
	}
	imm8 := op.Imm >> 13 & 0xff
	a, b, cdefgh := imm8>>7, imm8>>6&1, imm8&0x3f
	v := a<<31 | (1-b)<<30 | b*0x1f<<25 | cdefgh<<19
	if d {
		v = a<<63 | (1-b)<<62 | b*0xff<<54 | cdefgh<<48
	}
	trapped := t.enabled()
	t.MovImm(RAX, v)
	t.RR(MOVD, true, X0, RAX)
	t.storeX(op.Rd)
	t.slow(trapped)
	return true
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

// convertFP is FCVT between single and double.
func convertFP(t *Translator, op *a64.Op) bool {
	from, ok := double(op)
	to := op.ToFormat()
	if !ok || to != fp.Single && to != fp.Double {
		return false
	}
	guest := t.guest()
	i, is := Inst(CVTSS2SD), finite
	if from {
		i, is = CVTSD2SS, normal
	}
	t.RR(PXOR, false, X0, X0)
	t.RM(i, false, X0, t.v(op.Rn, 0))
	bad := t.check(is, !from)
	t.storeX(op.Rd)
	t.slow(guest, bad)
	return true
}

// noInexact in a rounding constant keeps the host from noting that.
const noInexact = 8

// roundFP is FRINT in the direction that the host calls mode.
func roundFP(mode uint8) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		t.clobber()
		t.cmpByte(t.l.FPFlush, 0)
		flush := t.Jcc(NE)
		t.loadFP(X0, op.Rn, d)
		t.RR(MOVAPS, false, X1, X0)
		nan := t.compareOrdered(d)
		t.round(mode, d)
		t.storeX(op.Rd)
		t.slow(flush, nan)
		return true
	}
}

// round rounds X0 to an integer.
func (t *Translator) round(mode uint8, d bool) {
	i := Inst(ROUNDSS)
	if d {
		i = ROUNDSD
	}
	t.RRByte(i, false, X0, X0, mode|noInexact)
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
		t.clobber()
		t.cmpByte(t.l.FPFlush, 0)
		flush := t.Jcc(NE)
		t.loadFP(X0, op.Rn, d)
		if zero {
			t.RR(PXOR, false, X1, X1)
		} else {
			t.loadFP(X1, op.Rm, d)
		}
		nan := t.compareOrdered(d)
		t.RR(SET(E), false, 0, RCX)
		t.ALURR(SBB, false, RAX, RAX)
		t.RR(MOVZX8, false, RCX, RCX)
		t.ShiftI(SHL, false, RCX, 14)
		t.ALURI(AND, false, RAX, 0x8100)
		t.ALURR(OR, false, RAX, RCX)
		t.RM(MOVM16, false, RAX, t.field(t.l.Flags))
		t.fl = flags{mem: true}
		t.slow(flush, nan)
		return true
	}
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

func fpToGeneral(t *Translator, op *a64.Op) bool {
	t.writing(op.Rd)
	trapped := t.enabled()
	r := t.dest(op.Rd, RAX)
	t.RM(MOV, op.Sf(), r, t.v(op.Rn, 0))
	t.put(op.Rd, r)
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
