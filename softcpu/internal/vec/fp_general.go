package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// Conversions and moves between floating-point and general registers.
func init() {
	for code, rm := range map[a64.Code]fp.Rounding{
		a64.FCVTNS: fp.TieEven,
		a64.FCVTPS: fp.PosInf,
		a64.FCVTMS: fp.NegInf,
		a64.FCVTZS: fp.Zero,
		a64.FCVTAS: fp.TieAway,
	} {
		define(code, toGeneral(rm, false))
		define(code+1, toGeneral(rm, true)) // the unsigned one follows
	}
	define(a64.SCVTF, fromGeneral(false))
	define(a64.UCVTF, fromGeneral(true))
	define(a64.FCVTZSFixed, toGeneralFixed(false))
	define(a64.FCVTZUFixed, toGeneralFixed(true))
	define(a64.SCVTFFixed, fromGeneralFixed(false))
	define(a64.UCVTFFixed, fromGeneralFixed(true))
	define(a64.FMOVToGeneral, fmovToGeneral)
	define(a64.FMOVFromGeneral, fmovFromGeneral)
	define(a64.FMOVTopToGeneral, fmovTopToGeneral)
	define(a64.FMOVTopFromGeneral, fmovTopFromGeneral)
}

// generalInteger describes the integer in the instruction's general register.
func generalInteger(op *a64.Op, unsigned bool) fp.Fixed {
	if op.Sf() {
		return fp.Fixed{Bits: 64, Unsigned: unsigned}
	}
	return fp.Fixed{Bits: 32, Unsigned: unsigned}
}

// generalFixed describes a fixed-point number in the general register, with 64-scale fraction bits.
func generalFixed(op *a64.Op, unsigned bool) fp.Fixed {
	t := generalInteger(op, unsigned)
	t.Fraction = 64 - uint(op.Imm>>10&0b111111)
	return t
}

func toGeneral(rm fp.Rounding, unsigned bool) Func {
	return func(s *a64.State, op *a64.Op) {
		f := op.Format()
		s.X[op.Rd] = s.FP.ToFixed(f, fpScalar(s, op.Rn, f), generalInteger(op, unsigned), rm)
	}
}

func toGeneralFixed(unsigned bool) Func {
	return func(s *a64.State, op *a64.Op) {
		f := op.Format()
		s.X[op.Rd] = s.FP.ToFixed(f, fpScalar(s, op.Rn, f), generalFixed(op, unsigned), fp.Zero)
	}
}

func fromGeneral(unsigned bool) Func {
	return func(s *a64.State, op *a64.Op) {
		setFPScalar(s, op.Rd, s.FP.FromFixed(op.Format(), s.X[op.Rn], generalInteger(op, unsigned), s.FP.Rounding()))
	}
}

func fromGeneralFixed(unsigned bool) Func {
	return func(s *a64.State, op *a64.Op) {
		setFPScalar(s, op.Rd, s.FP.FromFixed(op.Format(), s.X[op.Rn], generalFixed(op, unsigned), s.FP.Rounding()))
	}
}

func fmovToGeneral(s *a64.State, op *a64.Op) { s.X[op.Rd] = fpScalar(s, op.Rn, op.Format()) }

func fmovFromGeneral(s *a64.State, op *a64.Op) {
	x := s.X[op.Rn]
	if !op.Sf() {
		x = uint64(uint32(x))
	}
	setFPScalar(s, op.Rd, x)
}

func fmovTopToGeneral(s *a64.State, op *a64.Op) { s.X[op.Rd] = s.V[op.Rn&31][1] }

func fmovTopFromGeneral(s *a64.State, op *a64.Op) { s.V[op.Rd&31][1] = s.X[op.Rn] }
