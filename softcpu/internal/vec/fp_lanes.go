package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Types of floating-point operations on elements: method expressions of fp.Env.
type (
	fpUnary   func(e *fp.Env, f fp.Format, a uint64) uint64
	fpBinary  func(e *fp.Env, f fp.Format, a, b uint64) uint64
	fpCompare func(e *fp.Env, f fp.Format, a, b uint64) bool
)

// fpElement returns element i of register r, in format f.
func fpElement(s *a64.State, r uint8, f fp.Format, i int) uint64 {
	v := &s.V[r&31]
	switch f {
	case fp.Double:
		return v[i&1]
	case fp.Single:
		return v[i>>1&1] >> ((i & 1) * 32) & 0xffff_ffff
	}
	return v[i>>2&1] >> ((i & 3) * 16) & 0xffff
}

// fpVector is a result under construction. Elements that were not set are zero.
type fpVector [2]uint64

// set sets element i, which must still be zero.
func (v *fpVector) set(f fp.Format, i int, a uint64) {
	switch f {
	case fp.Double:
		v[i&1] = a
	case fp.Single:
		v[i>>1&1] |= a << ((i & 1) * 32)
	default:
		v[i>>2&1] |= a << ((i & 3) * 16)
	}
}

// fpScalar returns element 0 of register r.
func fpScalar(s *a64.State, r uint8, f fp.Format) uint64 { return fpElement(s, r, f, 0) }

// setFPScalar sets element 0 of register r and clears the others.
func setFPScalar(s *a64.State, r uint8, a uint64) { s.V[r&31] = [2]uint64{a, 0} }

// define enters the executor of a code.
func define(code a64.Code, f Func) { Exec[code-a64.FirstVector] = f }
