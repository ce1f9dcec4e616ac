package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Arithmetic of Advanced SIMD instructions on floating-point elements. The scalar forms are vectors of one element.
func init() {
	define(a64.VFADD, fpThreeSame((*fp.Env).Add))
	define(a64.VFSUB, fpThreeSame((*fp.Env).Sub))
	define(a64.VFMUL, fpThreeSame((*fp.Env).Mul))
	define(a64.VFMULX, fpThreeSame((*fp.Env).MulX))
	define(a64.VFDIV, fpThreeSame((*fp.Env).Div))
	define(a64.VFMAX, fpThreeSame((*fp.Env).Max))
	define(a64.VFMIN, fpThreeSame((*fp.Env).Min))
	define(a64.VFMAXNM, fpThreeSame((*fp.Env).MaxNM))
	define(a64.VFMINNM, fpThreeSame((*fp.Env).MinNM))
	define(a64.VFABD, fpThreeSame(absoluteDifference))
	define(a64.VFRECPS, fpThreeSame((*fp.Env).RecipStep))
	define(a64.VFRSQRTS, fpThreeSame((*fp.Env).RSqrtStep))
	define(a64.VFMLA, fmla)
	define(a64.VFMLS, fmls)

	define(a64.VFMULElem, fpByElement((*fp.Env).Mul))
	define(a64.VFMULXElem, fpByElement((*fp.Env).MulX))
	define(a64.VFMLAElem, fmlaElement)
	define(a64.VFMLSElem, fmlsElement)

	define(a64.VFABS, fpTwoMisc(absolute))
	define(a64.VFNEG, fpTwoMisc(negated))
	define(a64.VFSQRT, fpTwoMisc((*fp.Env).Sqrt))
	define(a64.VFRINTN, fpTwoMisc(roundInt(fp.TieEven)))
	define(a64.VFRINTP, fpTwoMisc(roundInt(fp.PosInf)))
	define(a64.VFRINTM, fpTwoMisc(roundInt(fp.NegInf)))
	define(a64.VFRINTZ, fpTwoMisc(roundInt(fp.Zero)))
	define(a64.VFRINTA, fpTwoMisc(roundInt(fp.TieAway)))
	define(a64.VFRINTX, fpTwoMisc(roundIntExact))
	define(a64.VFRINTI, fpTwoMisc(roundIntCurrent))
	define(a64.VFRECPE, fpTwoMisc((*fp.Env).RecipEstimate))
	define(a64.VFRSQRTE, fpTwoMisc((*fp.Env).RSqrtEstimate))
	define(a64.VFRECPX, fpTwoMisc((*fp.Env).RecpX))
	define(a64.VURECPE, fpTwoMisc(unsignedRecipEstimate))
	define(a64.VURSQRTE, fpTwoMisc(unsignedRSqrtEstimate))
}

// elementFormat returns the format of an instruction's elements.
func elementFormat(op *a64.Op) fp.Format { return fp.Format(op.Size() & 1) }

// elements returns the number of an instruction's elements.
func elements(op *a64.Op) int {
	switch {
	case op.Scalar():
		return 1
	case op.Q():
		return 16 >> op.Size()
	}
	return 8 >> op.Size()
}

func fpThreeSame(f fpBinary) Func {
	return func(s *a64.State, op *a64.Op) {
		t := elementFormat(op)
		var r fpVector
		for i := range elements(op) {
			r.set(t, i, f(&s.FP, t, fpElement(s, op.Rn, t, i), fpElement(s, op.Rm, t, i)))
		}
		s.V[op.Rd&31] = r
	}
}

func fpByElement(f fpBinary) Func {
	return func(s *a64.State, op *a64.Op) {
		t := elementFormat(op)
		b := fpElement(s, op.Rm, t, op.Index())
		var r fpVector
		for i := range elements(op) {
			r.set(t, i, f(&s.FP, t, fpElement(s, op.Rn, t, i), b))
		}
		s.V[op.Rd&31] = r
	}
}

func fpTwoMisc(f fpUnary) Func {
	return func(s *a64.State, op *a64.Op) {
		t := elementFormat(op)
		var r fpVector
		for i := range elements(op) {
			r.set(t, i, f(&s.FP, t, fpElement(s, op.Rn, t, i)))
		}
		s.V[op.Rd&31] = r
	}
}

func fmla(s *a64.State, op *a64.Op) {
	t := elementFormat(op)
	var r fpVector
	for i := range elements(op) {
		r.set(t, i, s.FP.MulAdd(t, fpElement(s, op.Rd, t, i), fpElement(s, op.Rn, t, i), fpElement(s, op.Rm, t, i)))
	}
	s.V[op.Rd&31] = r
}

func fmls(s *a64.State, op *a64.Op) {
	t := elementFormat(op)
	var r fpVector
	for i := range elements(op) {
		r.set(t, i, s.FP.MulAdd(t, fpElement(s, op.Rd, t, i), t.Neg(fpElement(s, op.Rn, t, i)), fpElement(s, op.Rm, t, i)))
	}
	s.V[op.Rd&31] = r
}

func fmlaElement(s *a64.State, op *a64.Op) {
	t := elementFormat(op)
	b := fpElement(s, op.Rm, t, op.Index())
	var r fpVector
	for i := range elements(op) {
		r.set(t, i, s.FP.MulAdd(t, fpElement(s, op.Rd, t, i), fpElement(s, op.Rn, t, i), b))
	}
	s.V[op.Rd&31] = r
}

func fmlsElement(s *a64.State, op *a64.Op) {
	t := elementFormat(op)
	b := fpElement(s, op.Rm, t, op.Index())
	var r fpVector
	for i := range elements(op) {
		r.set(t, i, s.FP.MulAdd(t, fpElement(s, op.Rd, t, i), t.Neg(fpElement(s, op.Rn, t, i)), b))
	}
	s.V[op.Rd&31] = r
}

func absoluteDifference(e *fp.Env, f fp.Format, a, b uint64) uint64 { return f.Abs(e.Sub(f, a, b)) }

func unsignedRecipEstimate(_ *fp.Env, _ fp.Format, a uint64) uint64 {
	return uint64(fp.UnsignedRecipEstimate(uint32(a)))
}

func unsignedRSqrtEstimate(_ *fp.Env, _ fp.Format, a uint64) uint64 {
	return uint64(fp.UnsignedRSqrtEstimate(uint32(a)))
}
