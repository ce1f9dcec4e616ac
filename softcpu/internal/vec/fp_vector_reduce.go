package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Advanced SIMD reductions of floating-point elements: of pairs of neighbours, and of all lanes of a register.
func init() {
	for _, r := range []struct {
		pairwise, scalar, across a64.Code
		op                       fpBinary
	}{
		{a64.VFADDP, a64.VFADDPScalar, a64.Undefined, (*fp.Env).Add},
		{a64.VFMAXP, a64.VFMAXPScalar, a64.VFMAXV, (*fp.Env).Max},
		{a64.VFMINP, a64.VFMINPScalar, a64.VFMINV, (*fp.Env).Min},
		{a64.VFMAXNMP, a64.VFMAXNMPScalar, a64.VFMAXNMV, (*fp.Env).MaxNM},
		{a64.VFMINNMP, a64.VFMINNMPScalar, a64.VFMINNMV, (*fp.Env).MinNM},
	} {
		define(r.pairwise, fpPairwise(r.op))
		define(r.scalar, fpPairwiseScalar(r.op))
		if r.across != a64.Undefined {
			define(r.across, fpAcross(r.op))
		}
	}
}

// fpPairwise combines neighbours in the concatenation Vm:Vn.
func fpPairwise(f fpBinary) Func {
	return func(s *a64.State, op *a64.Op) {
		t, n := elementFormat(op), elements(op)
		var r fpVector
		for i := range n / 2 {
			r.set(t, i, f(&s.FP, t, fpElement(s, op.Rn, t, 2*i), fpElement(s, op.Rn, t, 2*i+1)))
			r.set(t, n/2+i, f(&s.FP, t, fpElement(s, op.Rm, t, 2*i), fpElement(s, op.Rm, t, 2*i+1)))
		}
		s.V[op.Rd&31] = r
	}
}

func fpPairwiseScalar(f fpBinary) Func {
	return func(s *a64.State, op *a64.Op) {
		t := elementFormat(op)
		setFPScalar(s, op.Rd, f(&s.FP, t, fpElement(s, op.Rn, t, 0), fpElement(s, op.Rn, t, 1)))
	}
}

// fpAcross combines four singles in the order of the manual's Reduce: it combines each half first.
func fpAcross(f fpBinary) Func {
	return func(s *a64.State, op *a64.Op) {
		const t = fp.Single
		lo := f(&s.FP, t, fpElement(s, op.Rn, t, 0), fpElement(s, op.Rn, t, 1))
		hi := f(&s.FP, t, fpElement(s, op.Rn, t, 2), fpElement(s, op.Rn, t, 3))
		setFPScalar(s, op.Rd, f(&s.FP, t, lo, hi))
	}
}
