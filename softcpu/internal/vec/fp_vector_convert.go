package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Advanced SIMD conversions of floating-point elements: to and from integers and fixed point, and between formats.
func init() {
	for _, c := range []struct {
		signed, unsigned a64.Code
		rm               fp.Rounding
	}{
		{a64.VFCVTNS, a64.VFCVTNU, fp.TieEven},
		{a64.VFCVTPS, a64.VFCVTPU, fp.PosInf},
		{a64.VFCVTMS, a64.VFCVTMU, fp.NegInf},
		{a64.VFCVTZS, a64.VFCVTZU, fp.Zero},
		{a64.VFCVTAS, a64.VFCVTAU, fp.TieAway},
		{a64.VFCVTZSFixed, a64.VFCVTZUFixed, fp.Zero},
	} {
		define(c.signed, toFixed(c.rm, false))
		define(c.unsigned, toFixed(c.rm, true))
	}
	define(a64.VSCVTF, fromFixed(false))
	define(a64.VUCVTF, fromFixed(true))
	define(a64.VSCVTFFixed, fromFixed(false))
	define(a64.VUCVTFFixed, fromFixed(true))
	define(a64.VFCVTL, fcvtl)
	define(a64.VFCVTN, fcvtn)
	define(a64.VFCVTXN, fcvtxn)
}

// elementFixed describes elements as fixed point. Index is the number of fraction bits, which is zero for integers.
func elementFixed(op *a64.Op, unsigned bool) fp.Fixed {
	return fp.Fixed{Bits: 8 << op.Size(), Fraction: uint(op.Index()), Unsigned: unsigned}
}

func toFixed(rm fp.Rounding, unsigned bool) Func {
	return func(s *a64.State, op *a64.Op) {
		t, x := elementFormat(op), elementFixed(op, unsigned)
		var r fpVector
		for i := range elements(op) {
			r.set(t, i, s.FP.ToFixed(t, fpElement(s, op.Rn, t, i), x, rm))
		}
		s.V[op.Rd&31] = r
	}
}

func fromFixed(unsigned bool) Func {
	return func(s *a64.State, op *a64.Op) {
		t, x := elementFormat(op), elementFixed(op, unsigned)
		var r fpVector
		for i := range elements(op) {
			r.set(t, i, s.FP.FromFixed(t, fpElement(s, op.Rn, t, i), x, s.FP.Rounding()))
		}
		s.V[op.Rd&31] = r
	}
}

// narrower returns the format of half the element's width.
func narrower(f fp.Format) fp.Format {
	if f == fp.Double {
		return fp.Single
	}
	return fp.Half
}

// fcvtl widens the lower half of a register or, for FCVTL2, the upper one.
func fcvtl(s *a64.State, op *a64.Op) {
	to := elementFormat(op)
	from := narrower(to)
	n := 16 >> op.Size()
	first := 0
	if op.Q() {
		first = n
	}
	var r fpVector
	for i := range n {
		r.set(to, i, s.FP.Convert(to, from, fpElement(s, op.Rn, from, first+i)))
	}
	s.V[op.Rd&31] = r
}

func fcvtn(s *a64.State, op *a64.Op) {
	narrow(s, op, func(e *fp.Env, f fp.Format, a uint64) uint64 { return e.Convert(narrower(f), f, a) })
}

func fcvtxn(s *a64.State, op *a64.Op) {
	narrow(s, op, func(e *fp.Env, _ fp.Format, a uint64) uint64 { return e.ConvertXN(a) })
}

// narrow converts all elements into the lower half of a register and clears the upper half. For FCVTN2 and FCVTXN2 it
// converts them into the upper half and keeps the lower half.
func narrow(s *a64.State, op *a64.Op, f fpUnary) {
	from := elementFormat(op)
	n := 16 >> op.Size()
	if op.Scalar() {
		n = 1
	}
	var r fpVector
	for i := range n {
		r.set(narrower(from), i, f(&s.FP, from, fpElement(s, op.Rn, from, i)))
	}
	if op.Q() && !op.Scalar() {
		s.V[op.Rd&31][1] = r[0]
	} else {
		s.V[op.Rd&31] = r
	}
}
