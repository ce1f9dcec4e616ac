package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Advanced SIMD comparisons of floating-point elements. A result is all ones or all zeros.
func init() {
	define(a64.VFCMEQ, fpThreeSame(mask((*fp.Env).CompareEQ)))
	define(a64.VFCMGE, fpThreeSame(mask((*fp.Env).CompareGE)))
	define(a64.VFCMGT, fpThreeSame(mask((*fp.Env).CompareGT)))
	define(a64.VFACGE, fpThreeSame(ofAbsolutes(mask((*fp.Env).CompareGE))))
	define(a64.VFACGT, fpThreeSame(ofAbsolutes(mask((*fp.Env).CompareGT))))
	define(a64.VFCMEQ0, fpTwoMisc(withZero(mask((*fp.Env).CompareEQ))))
	define(a64.VFCMGE0, fpTwoMisc(withZero(mask((*fp.Env).CompareGE))))
	define(a64.VFCMGT0, fpTwoMisc(withZero(mask((*fp.Env).CompareGT))))
	define(a64.VFCMLE0, fpTwoMisc(zeroWith(mask((*fp.Env).CompareGE))))
	define(a64.VFCMLT0, fpTwoMisc(zeroWith(mask((*fp.Env).CompareGT))))
}

// mask turns a comparison into an operation whose result is all ones or all zeros.
func mask(compare fpCompare) fpBinary {
	return func(e *fp.Env, f fp.Format, a, b uint64) uint64 {
		if compare(e, f, a, b) {
			return ^uint64(0) >> (64 - f.Width())
		}
		return 0
	}
}

func ofAbsolutes(op fpBinary) fpBinary {
	return func(e *fp.Env, f fp.Format, a, b uint64) uint64 { return op(e, f, f.Abs(a), f.Abs(b)) }
}

func withZero(op fpBinary) fpUnary {
	return func(e *fp.Env, f fp.Format, a uint64) uint64 { return op(e, f, a, 0) }
}

func zeroWith(op fpBinary) fpUnary {
	return func(e *fp.Env, f fp.Format, a uint64) uint64 { return op(e, f, 0, a) }
}
