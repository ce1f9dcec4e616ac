package a64

import "math/bits"

// decodePermute decodes the classes with bits 24 and 21 clear: copy, table
// look-up, permute, extract and the SHA instructions with three registers.
func decodePermute(w uint32, op *Op) Code {
	if w>>22&3 != 0 && w>>10&3 != 0b10 || w>>15&1 != 0 {
		return Undefined // half precision, SQRDMLAH, dot product, complex numbers
	}
	u := w>>29&1 != 0
	switch {
	case w>>10&1 != 0:
		return decodeCopy(w, op)
	case op.Scalar() && !u && w>>10&3 == 0:
		return sha3Reg[w>>12&7]
	case op.Scalar():
		return Undefined
	case u:
		return decodeExtract(w, op)
	case w>>11&1 != 0:
		return zipUnzip[w>>12&7].allocate(op, w>>22&3)
	}
	op.Aux |= uint16(w>>13&3) << auxIndex
	if w>>12&1 != 0 {
		return VTBX
	}
	return VTBL
}

// zipUnzip is indexed by opcode, bits 14:12.
var zipUnzip = [8]encoding{
	0b001: {VUZP1, bhsd, 0},
	0b010: {VTRN1, bhsd, 0},
	0b011: {VZIP1, bhsd, 0},
	0b101: {VUZP2, bhsd, 0},
	0b110: {VTRN2, bhsd, 0},
	0b111: {VZIP2, bhsd, 0},
}

// sha3Reg is indexed by opcode, bits 14:12.
var sha3Reg = [8]Code{SHA1C, SHA1P, SHA1M, SHA1SU0, SHA256H, SHA256H2, SHA256SU1, Undefined}

func decodeExtract(w uint32, op *Op) Code {
	if w>>22&3 != 0 || w>>10&1 != 0 || !op.Q() && w>>14&1 != 0 {
		return Undefined
	}
	op.Aux |= uint16(w>>11&15) << auxIndex
	return VEXT
}

// decodeCopy decodes DUP, INS, SMOV and UMOV. The lowest set bit of imm5 gives the element
// size, and the bits above it the lane.
func decodeCopy(w uint32, op *Op) Code {
	imm5, imm4 := w>>16&31, w>>11&15
	size := uint32(bits.TrailingZeros32(imm5))
	if size > 3 {
		return Undefined
	}
	op.Aux |= uint16(imm5>>(size+1)) << auxIndex
	if w>>29&1 != 0 { // op
		if op.Scalar() {
			return Undefined
		}
		op.Aux |= uint16(imm4>>size) << auxIndex2
		return encoding{VINSElem, bhsd, 0}.allocate(op, size).ifQ(op)
	}
	switch imm4 {
	case 0b0000:
		return encoding{VDUPElem, bhsd, bhsd}.allocate(op, size)
	case 0b0001:
		op.Rn = Xs(w >> 5)
		return encoding{VDUPGeneral, bhsd, 0}.allocate(op, size)
	case 0b0011:
		op.Rn = Xs(w >> 5)
		return encoding{VINSGeneral, bhsd, 0}.allocate(op, size).ifQ(op)
	case 0b0101:
		op.Rd = Xd(w)
		if !op.Q() && size == 2 {
			return Undefined
		}
		return encoding{VSMOV, bhs, 0}.allocate(op, size)
	case 0b0111:
		op.Rd = Xd(w)
		if op.Q() && size != 3 {
			return Undefined
		}
		return encoding{VUMOV, bhsd, 0}.allocate(op, size)
	}
	return Undefined
}

// ifQ returns c, which exists only with Q set, or Undefined.
func (c Code) ifQ(op *Op) Code {
	if op.Q() {
		return c
	}
	return Undefined
}

// decodeCrypto2 decodes the AES and the two-register SHA instructions.
func decodeCrypto2(w uint32, op *Op) Code {
	if w>>29&1 != 0 || w>>22&3 != 0 {
		return Undefined
	}
	opcode := w >> 12 & 31
	switch {
	case op.Scalar() && opcode < 3:
		return [3]Code{SHA1H, SHA1SU1, SHA256SU0}[opcode]
	case !op.Scalar() && op.Q() && opcode >= 4 && opcode < 8:
		return [4]Code{AESE, AESD, AESMC, AESIMC}[opcode-4]
	}
	return Undefined
}
