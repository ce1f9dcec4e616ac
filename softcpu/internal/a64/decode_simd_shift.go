package a64

import "math/bits"

// shiftImm is indexed by U and opcode, bits 29 and 15:11. For narrowing and long shifts
// the sizes are the sizes of the narrow elements.
var shiftImm = [2][32]encoding{
	{
		0b00000: {VSSHR, bhsd, justD},
		0b00010: {VSSRA, bhsd, justD},
		0b00100: {VSRSHR, bhsd, justD},
		0b00110: {VSRSRA, bhsd, justD},
		0b01010: {VSHL, bhsd, justD},
		0b01110: {VSQSHLImm, bhsd, bhsd},
		0b10000: {VSHRN, bhs, 0},
		0b10001: {VRSHRN, bhs, 0},
		0b10010: {VSQSHRN, bhs, bhs},
		0b10011: {VSQRSHRN, bhs, bhs},
		0b10100: {VSSHLL, bhs, 0},
		0b11100: {VSCVTFFixed, sd, sd},
		0b11111: {VFCVTZSFixed, sd, sd},
	},
	{
		0b00000: {VUSHR, bhsd, justD},
		0b00010: {VUSRA, bhsd, justD},
		0b00100: {VURSHR, bhsd, justD},
		0b00110: {VURSRA, bhsd, justD},
		0b01000: {VSRI, bhsd, justD},
		0b01010: {VSLI, bhsd, justD},
		0b01100: {VSQSHLU, bhsd, bhsd},
		0b01110: {VUQSHLImm, bhsd, bhsd},
		0b10000: {VSQSHRUN, bhs, bhs},
		0b10001: {VSQRSHRUN, bhs, bhs},
		0b10010: {VUQSHRN, bhs, bhs},
		0b10011: {VUQRSHRN, bhs, bhs},
		0b10100: {VUSHLL, bhs, 0},
		0b11100: {VUCVTFFixed, sd, sd},
		0b11111: {VFCVTZUFixed, sd, sd},
	},
}

// decodeShiftImm decodes a shift by immediate. The highest set bit of immh, which is not
// zero, gives the element size. The rest of immh:immb gives the amount.
func decodeShiftImm(w uint32, op *Op) Code {
	opcode, imm := w>>11&31, w>>16&127
	size := uint32(bits.Len32(imm>>3)) - 1
	esize := uint32(8) << size
	amount := 2*esize - imm
	switch opcode {
	case 0b01010, 0b01100, 0b01110, 0b10100: // SHL, SLI, SQSHLU, SQSHL, UQSHL, SSHLL, USHLL
		amount = imm - esize
	}
	if w>>29&1 == 0 && opcode == 0b01100 {
		return Undefined
	}
	op.Aux |= uint16(amount) << auxIndex
	return shiftImm[w>>29&1][opcode].allocate(op, size)
}

// decodeModifiedImm decodes MOVI, MVNI, ORR, BIC and FMOV (vector, immediate)
// and replaces Imm by the 64-bit constant of AdvSIMDExpandImm (C7, shared
// pseudocode).
func decodeModifiedImm(w uint32, op *Op) Code {
	if op.Scalar() || w>>11&1 != 0 {
		return Undefined
	}
	invert, cmode := w>>29&1 != 0, w>>12&15
	imm8 := uint64((w>>16&7)<<5 | w>>5&31)
	code := VMOVI
	switch {
	case cmode == 0b1111 && invert && !op.Q():
		return Undefined
	case cmode == 0b1111:
		code = VFMOVImm
	case cmode == 0b1110:
	case cmode < 0b1100 && cmode&1 != 0:
		code = VORRImm
		if invert {
			code = VBICImm
		}
	case invert:
		code = VMVNI
	}
	op.Imm = expandImm(cmode, invert, imm8)
	if code == VMVNI || code == VBICImm {
		op.Imm = ^op.Imm
	}
	return code
}

// expandImm is AdvSIMDExpandImm without the inversion of MVNI and BIC.
func expandImm(cmode uint32, op bool, imm8 uint64) uint64 {
	const every32, every16, every8 = 1<<32 | 1, 0x0001_0001_0001_0001, 0x0101_0101_0101_0101
	switch {
	case cmode < 0b1000:
		return (imm8 << ((cmode >> 1) * 8)) * every32
	case cmode < 0b1100:
		return (imm8 << ((cmode >> 1 & 1) * 8)) * every16
	case cmode == 0b1100:
		return (imm8<<8 | 0xff) * every32
	case cmode == 0b1101:
		return (imm8<<16 | 0xffff) * every32
	case cmode == 0b1110 && !op:
		return imm8 * every8
	case cmode == 0b1110:
		return byteMask(imm8)
	}
	sign, b6, low := imm8>>7, imm8>>6&1, imm8&0x3f
	if op { // double: sign, NOT b6, b6 eight times, low six bits
		return sign<<63 | (b6^1)<<62 | b6*0xff<<54 | low<<48
	}
	return (sign<<31 | (b6^1)<<30 | b6*0x1f<<25 | low<<19) * every32
}

// byteMask turns each of eight bits into a byte.
func byteMask(imm8 uint64) uint64 {
	var v uint64
	for i := range 8 {
		v |= (imm8 >> i & 1) * 0xff << (8 * i)
	}
	return v
}
