package a64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/fp"

// decodeScalarFP returns the code of a scalar floating-point instruction (DDI 0487 C4.1.96, the tables from
// "Conversion between floating-point and fixed-point" to "Floating-point data-processing (3 source)").
func decodeScalarFP(w uint32, op *Op) Code {
	op.Aux = uint16(w >> 22 & 3)
	s := w>>29&1 != 0
	m := w>>31 != 0 // M, which in conversions is sf
	switch {
	case s:
		return Undefined
	case w>>24&1 == 0 && w>>21&1 == 0:
		return decodeFPFixed(w, op)
	case w>>24&1 == 0 && w>>10&0b111111 == 0:
		return decodeFPInteger(w, op)
	case m || !arithmetic(op.Format()) && !isFCVT(w):
		return Undefined
	case w>>24&1 != 0:
		return [4]Code{FMADD, FMSUB, FNMADD, FNMSUB}[w>>20&2|w>>15&1]
	case w>>10&3 == 1:
		return [2]Code{FCCMP, FCCMPE}[w>>4&1]
	case w>>10&3 == 2:
		return decodeFP2Source(w)
	case w>>10&3 == 3:
		return FCSEL
	case w>>10&0b111 == 0b100:
		return decodeFPImmediate(w)
	case w>>10&0b1111 == 0b1000:
		return decodeFPCompare(w)
	case w>>10&0b11111 == 0b10000:
		return decodeFP1Source(w, op)
	}
	return Undefined
}

// arithmetic says whether ARMv8.0-A computes in the format. It only converts half precision.
func arithmetic(f fp.Format) bool { return f == fp.Single || f == fp.Double }

// isFCVT recognises FCVT, opcode 0001xx of the 1-source instructions.
func isFCVT(w uint32) bool { return w>>24&1 == 0 && w>>10&0b11111 == 0b10000 && w>>17&0b1111 == 0b0001 }

func decodeFP2Source(w uint32) Code {
	if opcode := Code(w >> 12 & 15); opcode <= FNMUL-FMUL {
		return FMUL + opcode
	}
	return Undefined
}

func decodeFP1Source(w uint32, op *Op) Code {
	switch opcode := w >> 15 & 0b111111; opcode {
	case 0b000000:
		return FMOV
	case 0b000001:
		return FABS
	case 0b000010:
		return FNEG
	case 0b000011:
		return FSQRT
	case 0b000100, 0b000101, 0b000111:
		to := uint16(opcode & 3)
		if op.Aux == 0b10 || to == op.Aux {
			return Undefined
		}
		op.Aux |= to << auxToFormat
		return FCVT
	case 0b001000, 0b001001, 0b001010, 0b001011, 0b001100:
		return FRINTN + Code(opcode&7)
	case 0b001110:
		return FRINTX
	case 0b001111:
		return FRINTI
	}
	return Undefined
}

func decodeFPImmediate(w uint32) Code {
	if w>>5&31 != 0 {
		return Undefined
	}
	return FMOVImm
}

// decodeFPCompare ignores the Rm field of a comparison with zero, which should be zero.
func decodeFPCompare(w uint32) Code {
	if w>>14&3 != 0 || w&7 != 0 {
		return Undefined
	}
	return [4]Code{FCMP, FCMPZero, FCMPE, FCMPEZero}[w>>3&3]
}

// decodeFPFixed decodes "Conversion between floating-point and fixed-point".
func decodeFPFixed(w uint32, op *Op) Code {
	sf, scale := w>>31, w>>10&0b111111
	if !arithmetic(op.Format()) || sf == 0 && scale < 32 {
		return Undefined
	}
	op.Aux |= uint16(sf) * auxSf
	switch w >> 16 & 0b11111 { // rmode:opcode
	case 0b00_010:
		op.Rn = Xs(uint32(op.Rn))
		return SCVTFFixed
	case 0b00_011:
		op.Rn = Xs(uint32(op.Rn))
		return UCVTFFixed
	case 0b11_000:
		op.Rd = Xd(uint32(op.Rd))
		return FCVTZSFixed
	case 0b11_001:
		op.Rd = Xd(uint32(op.Rd))
		return FCVTZUFixed
	}
	return Undefined
}

// decodeFPInteger decodes "Conversion between floating-point and integer", moves included.
func decodeFPInteger(w uint32, op *Op) Code {
	sf, ftype, opcode := w>>31, w>>22&3, w>>16&0b11111 // rmode:opcode
	op.Aux |= uint16(sf) * auxSf
	var code Code
	switch {
	case opcode&0b111 >= 0b110:
		code = decodeFPMove(sf<<7 | ftype<<5 | opcode)
	case !arithmetic(op.Format()):
		return Undefined
	case opcode&0b110 == 0b000: // rounded as rmode says: N, P, M, Z
		code = FCVTNS + Code(opcode>>3<<1|opcode&1)
	case opcode == 0b00_100:
		code = FCVTAS
	case opcode == 0b00_101:
		code = FCVTAU
	case opcode == 0b00_010:
		code = SCVTF
	case opcode == 0b00_011:
		code = UCVTF
	default:
		return Undefined
	}
	switch code {
	case SCVTF, UCVTF, FMOVFromGeneral, FMOVTopFromGeneral:
		op.Rn = Xs(uint32(op.Rn))
	default:
		op.Rd = Xd(uint32(op.Rd))
	}
	return code
}

// decodeFPMove decodes FMOV (general) from sf:ftype:rmode:opcode.
func decodeFPMove(fields uint32) Code {
	switch fields {
	case 0b0_00_00_110, 0b1_01_00_110:
		return FMOVToGeneral
	case 0b0_00_00_111, 0b1_01_00_111:
		return FMOVFromGeneral
	case 0b1_10_01_110:
		return FMOVTopToGeneral
	case 0b1_10_01_111:
		return FMOVTopFromGeneral
	}
	return Undefined
}
