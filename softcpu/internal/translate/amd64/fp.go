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
		a64.FADD:  sumFP(ADDSD),
		a64.FSUB:  sumFP(SUBSD),
		a64.FMUL:  multiplyFP(false),
		a64.FNMUL: multiplyFP(true),
		a64.FDIV:  divideFP,
		a64.FSQRT: squareRoot,

		a64.FMADD:  multiplyAddFP(VFMADD231SD),
		a64.FMSUB:  multiplyAddFP(VFNMADD231SD),
		a64.FNMADD: multiplyAddFP(VFNMSUB231SD),
		a64.FNMSUB: multiplyAddFP(VFMSUB231SD),

		a64.FMOV:    moveFP,
		a64.FABS:    signFP(AND, false),
		a64.FNEG:    signFP(XOR, true),
		a64.FMOVImm: constantFP,

		a64.FRINTN: roundFP(0, (*Translator).exact),
		a64.FRINTM: roundFP(1, (*Translator).exact),
		a64.FRINTP: roundFP(2, (*Translator).exact),
		a64.FRINTZ: roundFP(3, (*Translator).exact),
		a64.FRINTA: roundFP(away, (*Translator).exact),
		a64.FRINTX: roundFP(0, (*Translator).guest),
		a64.FRINTI: roundFP(0, (*Translator).guest),
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

// exponent computes EAX = the exponent of X0, and returns that of infinity.
func (t *Translator) exponent(d bool) (top int32) {
	t.RR(MOVDM, d, X0, RAX)
	return t.exponentOf(d)
}

// exponentOf computes EAX = the exponent of the number in RAX.
func (t *Translator) exponentOf(d bool) (top int32) {
	shift, top := uint8(23), int32(0xff)
	if d {
		shift, top = 52, 0x7ff
	}
	t.ShiftI(SHR, d, RAX, shift)
	t.ALURI(AND, false, RAX, top)
	return top
}

// finite returns the jump that is taken when X0 is a NaN or infinite. That is
// enough for sums: tiny ones are exact. It uses RAX.
func (t *Translator) finite(d bool) (site int) {
	top := t.exponent(d)
	t.ALURI(CMP, false, RAX, top)
	return t.Jcc(E)
}

// exactly emits a test for an exact result, and returns the short jump that is
// taken if it is.
type exactly func(t *Translator, d bool) (exact int)

// normal returns the jump that is taken when X0 is neither larger than the
// smallest normal number nor finite and exact. It uses RAX.
func (t *Translator) normal(d bool, tests ...exactly) (site int) {
	top := t.exponent(d)
	t.ALURI(SUB, false, RAX, 2)
	t.ALURI(CMP, false, RAX, top-3)
	if len(tests) == 0 {
		return t.Jcc(A)
	}
	good := []int{t.Jcc8(BE)}
	t.ALURI(CMP, false, RAX, top-2)
	infinite := t.Jcc8(E)
	for _, test := range tests {
		good = append(good, test(t, d))
	}
	t.Land8(infinite)
	site = t.Jmp()
	for _, g := range good {
		t.Land8(g)
	}
	return site
}

// zeroOperand is the test of a factor or dividend, with which finite results are
// exact if it is zero.
func zeroOperand(v uint8) exactly {
	return func(t *Translator, d bool) (exact int) {
		t.RM(MOV, d, RAX, t.v(v, 0))
		t.ALURR(ADD, d, RAX, RAX)
		return t.Jcc8(E)
	}
}

// largeAddend is the test of what is added to a product. A tiny sum is the
// difference of two numbers of about the same exponent: when that is large
// enough, the last of the product's bits is still that of a normal number.
func largeAddend(v uint8) exactly {
	return func(t *Translator, d bool) (exact int) {
		t.RM(MOV, d, RAX, t.v(v, 0))
		t.exponentOf(d)
		enough := int32(2*24 + 4)
		if d {
			enough = 2*53 + 6
		}
		t.ALURI(CMP, false, RAX, enough)
		return t.Jcc8(AE)
	}
}

// sumFP is FADD and FSUB.
func sumFP(i Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		guest := t.guest()
		t.binaryFP(op, i, d)
		bad := t.finite(d)
		t.storeX(op.Rd)
		t.slow(guest, bad)
		return true
	}
}

// binaryFP is X0 = Rn op Rm.
func (t *Translator) binaryFP(op *a64.Op, i Inst, d bool) {
	t.loadFP(X0, op.Rn, d)
	t.RM(forFormat(i, d), false, X0, t.v(op.Rm, 0))
}

// multiplyFP is FMUL and, negated, FNMUL.
func multiplyFP(negated bool) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		guest := t.guest()
		t.binaryFP(op, MULSD, d)
		bad := t.normal(d, zeroOperand(op.Rn), zeroOperand(op.Rm))
		if negated {
			t.flipSign(d)
		}
		t.storeX(op.Rd)
		t.slow(guest, bad)
		return true
	}
}

func divideFP(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	if !ok {
		return false
	}
	guest := t.guest()
	t.binaryFP(op, DIVSD, d)
	bad := t.normal(d, zeroOperand(op.Rn))
	t.storeX(op.Rd)
	t.slow(guest, bad)
	return true
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

func squareRoot(t *Translator, op *a64.Op) bool {
	d, ok := double(op)
	if !ok {
		return false
	}
	guest := t.guest()
	t.RR(PXOR, false, X0, X0)
	t.RM(forFormat(SQRTSD, d), false, X0, t.v(op.Rn, 0))
	bad := t.finite(d)
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
		bad := t.normal(d, zeroOperand(op.Rn), zeroOperand(op.Rm), largeAddend(op.Ra))
		t.storeX(op.Rd)
		t.slow(guest, bad)
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

// noInexact in a rounding constant keeps the host from noting that.
const noInexact = 8

// roundFP is FRINT in the direction that the host calls mode.
func roundFP(mode uint8, begin func(*Translator) int) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d, ok := double(op)
		if !ok {
			return false
		}
		guard := begin(t)
		t.loadFP(X0, op.Rn, d)
		t.RR(MOVAPS, false, X1, X0)
		nan := t.compareOrdered(d)
		t.round(mode, d)
		t.storeX(op.Rd)
		t.slow(guard, nan)
		return true
	}
}

// round rounds X0 to an integer. It uses X1, X2 and RAX.
func (t *Translator) round(mode uint8, d bool) {
	if mode == away {
		t.almostHalf(d)
		t.RR(forFormat(ADDSD, d), false, X0, X1)
		mode = 3
	}
	i := Inst(ROUNDSS)
	if d {
		i = ROUNDSD
	}
	t.RRByte(i, false, X0, X0, mode|noInexact)
}
