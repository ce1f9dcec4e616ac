package a64

import "math/bits"

// decodeDPImm decodes "Data Processing -- Immediate" (C4.1.93).
func decodeDPImm(w uint32) Op {
	switch w >> 23 & 7 {
	case 0, 1:
		return decodeADR(w)
	case 2:
		return decodeAddSubImm(w)
	case 4:
		return decodeLogicalImm(w)
	case 5:
		return decodeMoveWide(w)
	case 6:
		return decodeBitfield(w)
	case 7:
		return decodeEXTR(w)
	}
	return undefined(w)
}

func undefined(w uint32) Op { return Op{Code: Undefined, Imm: uint64(w)} }

// signed returns the low n bits of v, sign-extended.
func signed(v uint32, n uint) uint64 { return uint64(int64(uint64(v)<<(64-n)) >> (64 - n)) }

func decodeADR(w uint32) Op {
	imm := signed((w>>5&0x7ffff)<<2|w>>29&3, 21)
	if w>>31 == 0 {
		return Op{Code: ADR, Rd: Xd(w), Imm: imm}
	}
	return Op{Code: ADRP, Rd: Xd(w), Imm: imm << 12}
}

func decodeAddSubImm(w uint32) Op {
	imm := uint64(w >> 10 & 0xfff)
	if w>>22&1 != 0 {
		imm <<= 12
	}
	op := Op{Rd: XSP(w), Rn: XSP(w >> 5), Imm: imm}
	sf, sub, flags := w>>31 != 0, w>>30&1 != 0, w>>29&1 != 0
	if flags {
		op.Rd = Xd(w)
		op.Code = pick(sub, pick(sf, SUBSi64, SUBSi32), pick(sf, ADDSi64, ADDSi32))
		return op
	}
	if sub {
		op.Imm = -imm
	}
	op.Code = pick(sf, ADDi64, ADDi32)
	return op
}

// pick returns a when the condition holds and b otherwise.
func pick(cond bool, a, b Code) Code {
	if cond {
		return a
	}
	return b
}

func decodeLogicalImm(w uint32) Op {
	sf := w>>31 != 0
	n, immr, imms := w>>22&1, w>>16&63, w>>10&63
	if !sf && n != 0 {
		return undefined(w)
	}
	mask, ok := bitMask(n, imms, immr)
	if !ok {
		return undefined(w)
	}
	if !sf {
		mask = uint64(uint32(mask))
	}
	op := Op{Rd: XSP(w), Rn: Xs(w >> 5), Imm: mask}
	switch w >> 29 & 3 {
	case 0:
		op.Code = ANDi
	case 1:
		op.Code = pick(sf, ORRi64, ORRi32)
		if op.Rn == ZR {
			op.Code = MOVi
		}
	case 2:
		op.Code = pick(sf, EORi64, EORi32)
	case 3:
		op.Code = pick(sf, ANDSi64, ANDSi32)
		op.Rd = Xd(w)
	}
	return op
}

// bitMask is the pseudocode's DecodeBitMasks for immediates. It repeats an element of 2 to
// 64 bits, which is a run of imms+1 ones rotated right by immr.
func bitMask(n, imms, immr uint32) (mask uint64, ok bool) {
	length := bits.Len32(n<<6|^imms&63) - 1
	if length < 1 {
		return 0, false
	}
	size := uint32(1) << length
	s, r := imms&(size-1), immr&(size-1)
	if s == size-1 {
		return 0, false
	}
	elem := uint64(1)<<(s+1) - 1
	if r != 0 {
		elem = elem>>r | elem<<(size-r)
		if size < 64 {
			elem &= 1<<size - 1
		}
	}
	for ; size < 64; size *= 2 {
		elem |= elem << size
	}
	return elem, true
}

func decodeMoveWide(w uint32) Op {
	sf, shift := w>>31 != 0, (w>>21&3)*16
	if !sf && shift >= 32 {
		return undefined(w)
	}
	imm := uint64(w>>5&0xffff) << shift
	op := Op{Code: MOVi, Rd: Xd(w), Imm: imm}
	switch w >> 29 & 3 {
	case 0: // MOVN
		op.Imm = ^imm
		if !sf {
			op.Imm = uint64(uint32(op.Imm))
		}
	case 2: // MOVZ
	case 3:
		op.Code, op.Aux = pick(sf, MOVK64, MOVK32), uint16(shift)
		op.Rn = Xs(w)
	default:
		return undefined(w)
	}
	return op
}

func decodeBitfield(w uint32) Op {
	sf := w>>31 != 0
	n, immr, imms := w>>22&1, w>>16&63, w>>10&63
	width := uint32(32)
	if sf {
		width = 64
	}
	if (n != 0) != sf || immr >= width || imms >= width {
		return undefined(w)
	}
	op := Op{Rd: Xd(w), Rn: Xs(w >> 5)}
	extract := imms >= immr
	var field uint64 // the bits that move, at bit 0
	if extract {
		field = ones(imms - immr + 1)
		op.Ra = uint8(immr)
	} else {
		field = ones(imms + 1)
		op.Ra = uint8(width - immr)
	}
	switch w >> 29 & 3 {
	case 0:
		op.Code = pick(sf, SBFM64, SBFM32)
		if extract {
			op.Ra = uint8(63 - imms)
			op.Rm = uint8(63 - imms + immr)
		} else {
			op.Ra = uint8(63 - imms)
			op.Rm = uint8(63 - imms - (width - immr))
		}
	case 1:
		op.Imm = field
		if extract {
			op.Code = pick(sf, BFXIL64, BFXIL32)
		} else {
			op.Code = pick(sf, BFI64, BFI32)
			op.Imm = field << op.Ra
		}
	case 2:
		op.Imm = field
		op.Code = pick(extract, UBFX, UBFIZ)
	default:
		return undefined(w)
	}
	return op
}

// ones returns n ones, 1 <= n <= 64.
func ones(n uint32) uint64 { return ^uint64(0) >> (64 - n) }

func decodeEXTR(w uint32) Op {
	sf := w>>31 != 0
	lsb := w >> 10 & 63
	if w>>29&3 != 0 || w>>21&1 != 0 || (w>>22&1 != 0) != sf || !sf && lsb >= 32 {
		return undefined(w)
	}
	return Op{Code: pick(sf, EXTR64, EXTR32), Rd: Xd(w), Rn: Xs(w >> 5), Rm: Xs(w >> 16), Ra: uint8(lsb)}
}
