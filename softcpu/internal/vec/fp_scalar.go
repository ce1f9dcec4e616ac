package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Scalar floating-point data-processing (DDI 0487 C4.1.96): one, two and three sources.
func init() {
	define(a64.FMADD, fmadd)
	define(a64.FMSUB, fmsub)
	define(a64.FNMADD, fnmadd)
	define(a64.FNMSUB, fnmsub)

	define(a64.FADD, fadd)
	define(a64.FSUB, fsub)
	define(a64.FMUL, fmul)
	define(a64.FDIV, fdiv)
	define(a64.FNMUL, fnmul)
	define(a64.FMAX, scalarBinary((*fp.Env).Max))
	define(a64.FMIN, scalarBinary((*fp.Env).Min))
	define(a64.FMAXNM, scalarBinary((*fp.Env).MaxNM))
	define(a64.FMINNM, scalarBinary((*fp.Env).MinNM))

	define(a64.FMOV, fmov)
	define(a64.FABS, scalarUnary(absolute))
	define(a64.FNEG, scalarUnary(negated))
	define(a64.FSQRT, scalarUnary((*fp.Env).Sqrt))
	define(a64.FCVT, fcvt)
	define(a64.FRINTN, scalarUnary(roundInt(fp.TieEven)))
	define(a64.FRINTP, scalarUnary(roundInt(fp.PosInf)))
	define(a64.FRINTM, scalarUnary(roundInt(fp.NegInf)))
	define(a64.FRINTZ, scalarUnary(roundInt(fp.Zero)))
	define(a64.FRINTA, scalarUnary(roundInt(fp.TieAway)))
	define(a64.FRINTX, scalarUnary(roundIntExact))
	define(a64.FRINTI, scalarUnary(roundIntCurrent))
	define(a64.FMOVImm, fmovImm)
}

func scalarUnary(f fpUnary) Func {
	return func(s *a64.State, op *a64.Op) {
		t := op.Format()
		setFPScalar(s, op.Rd, f(&s.FP, t, fpScalar(s, op.Rn, t)))
	}
}

func scalarBinary(f fpBinary) Func {
	return func(s *a64.State, op *a64.Op) {
		t := op.Format()
		setFPScalar(s, op.Rd, f(&s.FP, t, fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)))
	}
}

// The four operations are written out, because scalarBinary would cost each one a second indirect call.

func fadd(s *a64.State, op *a64.Op) {
	t := op.Format()
	setFPScalar(s, op.Rd, s.FP.Add(t, fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)))
}

func fsub(s *a64.State, op *a64.Op) {
	t := op.Format()
	setFPScalar(s, op.Rd, s.FP.Sub(t, fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)))
}

func fmul(s *a64.State, op *a64.Op) {
	t := op.Format()
	setFPScalar(s, op.Rd, s.FP.Mul(t, fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)))
}

func fdiv(s *a64.State, op *a64.Op) {
	t := op.Format()
	setFPScalar(s, op.Rd, s.FP.Div(t, fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)))
}

func fnmul(s *a64.State, op *a64.Op) {
	t := op.Format()
	setFPScalar(s, op.Rd, t.Neg(s.FP.Mul(t, fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t))))
}

func fmadd(s *a64.State, op *a64.Op) {
	t := op.Format()
	a, n, m := fpScalar(s, op.Ra, t), fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)
	setFPScalar(s, op.Rd, s.FP.MulAdd(t, a, n, m))
}

func fmsub(s *a64.State, op *a64.Op) {
	t := op.Format()
	a, n, m := fpScalar(s, op.Ra, t), fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)
	setFPScalar(s, op.Rd, s.FP.MulAdd(t, a, t.Neg(n), m))
}

func fnmadd(s *a64.State, op *a64.Op) {
	t := op.Format()
	a, n, m := fpScalar(s, op.Ra, t), fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)
	setFPScalar(s, op.Rd, s.FP.MulAdd(t, t.Neg(a), t.Neg(n), m))
}

func fnmsub(s *a64.State, op *a64.Op) {
	t := op.Format()
	a, n, m := fpScalar(s, op.Ra, t), fpScalar(s, op.Rn, t), fpScalar(s, op.Rm, t)
	setFPScalar(s, op.Rd, s.FP.MulAdd(t, t.Neg(a), n, m))
}

func fmov(s *a64.State, op *a64.Op) { setFPScalar(s, op.Rd, fpScalar(s, op.Rn, op.Format())) }

func absolute(_ *fp.Env, f fp.Format, a uint64) uint64 { return f.Abs(a) }

func negated(_ *fp.Env, f fp.Format, a uint64) uint64 { return f.Neg(a) }

// roundInt is FRINT in a fixed direction.
func roundInt(rm fp.Rounding) fpUnary {
	return func(e *fp.Env, f fp.Format, a uint64) uint64 { return e.RoundInt(f, a, rm, false) }
}

// roundIntCurrent is FRINTI: the direction of FPCR.
func roundIntCurrent(e *fp.Env, f fp.Format, a uint64) uint64 {
	return e.RoundInt(f, a, e.Rounding(), false)
}

// roundIntExact is FRINTX: like roundIntCurrent, but it sets IXC if the value changes.
func roundIntExact(e *fp.Env, f fp.Format, a uint64) uint64 {
	return e.RoundInt(f, a, e.Rounding(), true)
}

func fcvt(s *a64.State, op *a64.Op) {
	from := op.Format()
	setFPScalar(s, op.Rd, s.FP.Convert(op.ToFormat(), from, fpScalar(s, op.Rn, from)))
}

// fmovImm expands imm8, abcdefgh, as VFPExpandImm does: sign a, exponent NOT(b) b…b c d, fraction e f g h.
func fmovImm(s *a64.State, op *a64.Op) {
	imm8 := op.Imm >> 13 & 0xff
	a, b, cdefgh := imm8>>7, imm8>>6&1, imm8&0x3f
	if op.Format() == fp.Double {
		setFPScalar(s, op.Rd, a<<63|(1-b)<<62|b*0xff<<54|cdefgh<<48)
	} else {
		setFPScalar(s, op.Rd, a<<31|(1-b)<<30|b*0x1f<<25|cdefgh<<19)
	}
}
