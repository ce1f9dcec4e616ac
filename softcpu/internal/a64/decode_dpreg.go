package a64

// decodeDPReg decodes "Data Processing -- Register" (C4.1.95).
func decodeDPReg(w uint32) Op {
	if w>>28&1 == 0 { // op1
		switch {
		case w>>24&1 == 0:
			return decodeLogicalReg(w)
		case w>>21&1 == 0:
			return decodeAddSubShifted(w)
		}
		return decodeAddSubExtended(w)
	}
	switch w >> 21 & 15 { // op2
	case 0:
		return decodeAddSubCarry(w)
	case 2:
		return decodeCondCompare(w)
	case 4:
		return decodeCondSelect(w)
	case 6:
		if w>>30&1 == 0 {
			return decodeDP2(w)
		}
		return decodeDP1(w)
	case 8, 9, 10, 11, 12, 13, 14, 15:
		return decodeDP3(w)
	}
	return undefined(w)
}

// widthAux returns the bits of Aux for instruction bits 31 to 29: AuxSF, AuxSub, AuxS.
func widthAux(w uint32) uint16 {
	return uint16(w>>31 | (w>>30&1)<<1 | (w>>29&1)<<2)
}

func decodeLogicalReg(w uint32) Op {
	sf, opc, n := w>>31 != 0, w>>29&3, w>>21&1
	shift, amount := w>>22&3, w>>10&63
	if !sf && amount >= 32 {
		return undefined(w)
	}
	op := Op{Rd: Xd(w), Rn: Xs(w >> 5), Rm: Xs(w >> 16)}
	if amount == 0 && n == 0 {
		op.Code = [4][2]Code{{ANDr32, ANDr64}, {ORRr32, ORRr64}, {EORr32, EORr64}, {ANDSr32, ANDSr64}}[opc][w>>31]
		if opc == 1 && op.Rn == ZR {
			op.Code = pick(sf, MOVr64, MOVr32)
		}
		return op
	}
	op.Code, op.Ra = LOGICsh, uint8(amount)
	op.Aux = uint16(w>>31 | n<<3 | shift<<AuxShiftBit | opc<<AuxOpcBit)
	return op
}

func decodeAddSubShifted(w uint32) Op {
	sf, shift, amount := w>>31 != 0, w>>22&3, w>>10&63
	if shift == 3 || !sf && amount >= 32 {
		return undefined(w)
	}
	op := Op{Rd: Xd(w), Rn: Xs(w >> 5), Rm: Xs(w >> 16), Ra: uint8(amount)}
	switch {
	case amount == 0:
		op.Code = [4][2]Code{{ADDr32, ADDr64}, {ADDSr32, ADDSr64}, {SUBr32, SUBr64}, {SUBSr32, SUBSr64}}[w>>29&3][w>>31]
	case sf && w>>29&3 == 0 && shift == 0:
		op.Code = ADDlsl64
	default:
		op.Code, op.Aux = ADDSUBsh, widthAux(w)|uint16(shift<<AuxShiftBit)
	}
	return op
}

func decodeAddSubExtended(w uint32) Op {
	amount := w >> 10 & 7
	if w>>22&3 != 0 || amount > 4 {
		return undefined(w)
	}
	op := Op{Code: ADDSUBext, Rd: XSP(w), Rn: XSP(w >> 5), Rm: Xs(w >> 16), Ra: uint8(amount)}
	op.Aux = widthAux(w) | uint16((w>>13&7)<<AuxShiftBit)
	switch {
	case op.Aux&AuxS != 0:
		op.Rd = Xd(w)
	case op.Aux == AuxSF|2<<AuxShiftBit:
		op.Code = ADDuxtw64
	}
	return op
}

func decodeAddSubCarry(w uint32) Op {
	if w>>10&63 != 0 {
		return undefined(w)
	}
	return Op{Code: ADCSBC, Rd: Xd(w), Rn: Xs(w >> 5), Rm: Xs(w >> 16), Aux: widthAux(w)}
}

func decodeCondCompare(w uint32) Op {
	if w>>29&1 == 0 || w>>10&1 != 0 || w>>4&1 != 0 {
		return undefined(w)
	}
	op := Op{Code: CCMP, Rn: Xs(w >> 5), Rm: Xs(w >> 16)}
	op.Aux = widthAux(w) | uint16((w>>12&15)<<AuxCondBit|(w&15)<<AuxNZCVBit)
	if w>>11&1 != 0 {
		op.Aux |= AuxN
		op.Imm = uint64(w >> 16 & 31)
	}
	return op
}

func decodeCondSelect(w uint32) Op {
	if w>>29&1 != 0 || w>>11&1 != 0 {
		return undefined(w)
	}
	which := (w>>30&1)<<1 | w>>10&1
	return Op{
		Code: [4][2]Code{{CSEL32, CSEL64}, {CSINC32, CSINC64}, {CSINV32, CSINV64}, {CSNEG32, CSNEG64}}[which][w>>31],
		Rd:   Xd(w), Rn: Xs(w >> 5), Rm: Xs(w >> 16), Aux: uint16(w >> 12 & 15),
	}
}

// decodeDP2 decodes "Data-processing (2 source)".
func decodeDP2(w uint32) Op {
	sf, opcode := w>>31, w>>10&63
	if w>>29&1 != 0 {
		return undefined(w)
	}
	op := Op{Rd: Xd(w), Rn: Xs(w >> 5), Rm: Xs(w >> 16)}
	switch opcode {
	case 2:
		op.Code = [2]Code{UDIV32, UDIV64}[sf]
	case 3:
		op.Code = [2]Code{SDIV32, SDIV64}[sf]
	case 8:
		op.Code = [2]Code{LSLV32, LSLV64}[sf]
	case 9:
		op.Code = [2]Code{LSRV32, LSRV64}[sf]
	case 10:
		op.Code = [2]Code{ASRV32, ASRV64}[sf]
	case 11:
		op.Code = [2]Code{RORV32, RORV64}[sf]
	case 16, 17, 18, 19, 20, 21, 22, 23: // CRC32B to CRC32CX
		if (opcode&3 == 3) != (sf != 0) {
			return undefined(w)
		}
		op.Code, op.Aux = CRC32, uint16(opcode&7)
	default:
		return undefined(w)
	}
	return op
}

// decodeDP1 decodes "Data-processing (1 source)".
func decodeDP1(w uint32) Op {
	sf := w >> 31
	if w>>29&1 != 0 || w>>16&31 != 0 {
		return undefined(w)
	}
	op := Op{Rd: Xd(w), Rn: Xs(w >> 5)}
	switch w >> 10 & 63 {
	case 0:
		op.Code = [2]Code{RBIT32, RBIT64}[sf]
	case 1:
		op.Code = [2]Code{REV16_32, REV16_64}[sf]
	case 2:
		op.Code = [2]Code{REVw, REV32}[sf]
	case 3:
		op.Code = [2]Code{Undefined, REV64}[sf]
	case 4:
		op.Code = [2]Code{CLZ32, CLZ64}[sf]
	case 5:
		op.Code = [2]Code{CLS32, CLS64}[sf]
	default:
		op.Code = Undefined
	}
	if op.Code == Undefined {
		return undefined(w)
	}
	return op
}

// decodeDP3 decodes "Data-processing (3 source)".
func decodeDP3(w uint32) Op {
	if w>>29&3 != 0 {
		return undefined(w)
	}
	op := Op{Rd: Xd(w), Rn: Xs(w >> 5), Rm: Xs(w >> 16), Ra: Xs(w >> 10)}
	sf, o0 := w>>31, w>>15&1
	switch w >> 21 & 7 {
	case 0:
		op.Code = [2][2]Code{{MADD32, MSUB32}, {MADD64, MSUB64}}[sf][o0]
		return op
	case 1:
		op.Code = [2]Code{SMADDL, SMSUBL}[o0]
	case 2:
		op.Code = [2]Code{SMULH, Undefined}[o0]
	case 5:
		op.Code = [2]Code{UMADDL, UMSUBL}[o0]
	case 6:
		op.Code = [2]Code{UMULH, Undefined}[o0]
	}
	if sf == 0 || op.Code == NotDecoded || op.Code == Undefined {
		return undefined(w)
	}
	return op
}
