package a64

import "github.com/miniboot-vmm/miniboot/aarch64"

// decodeBranch decodes "Branches, Exception Generating and System
// instructions" (C4.1.94).
func decodeBranch(w uint32) Op {
	switch w >> 29 {
	case 0b000, 0b100:
		op := Op{Code: B, Imm: signed(w, 26) << 2}
		if w>>31 != 0 {
			op.Code = BL
		}
		return op
	case 0b001, 0b101:
		return decodeCompareBranch(w)
	case 0b010:
		if w>>24&3 != 0 || w>>4&1 != 0 { // o1, and BC.cond of later extensions
			return undefined(w)
		}
		code := BEQ + Code(w&15)
		if code > BAL {
			code = BAL
		}
		return Op{Code: code, Imm: signed(w>>5, 19) << 2}
	case 0b110:
		switch {
		case w>>24&3 == 0:
			return decodeException(w)
		case w>>22&15 == 4:
			return decodeSystem(w)
		case w>>25&1 != 0:
			return decodeBranchReg(w)
		}
	}
	return undefined(w)
}

func decodeCompareBranch(w uint32) Op {
	op := Op{Rd: Xs(w)}
	if w>>25&1 == 0 {
		op.Imm = signed(w>>5, 19) << 2
		op.Code = [2][2]Code{{CBZ32, CBNZ32}, {CBZ64, CBNZ64}}[w>>31][w>>24&1]
		return op
	}
	op.Imm = signed(w>>5, 14) << 2
	op.Ra = uint8(w>>31<<5 | w>>19&31)
	op.Code = [2]Code{TBZ, TBNZ}[w>>24&1]
	return op
}

func decodeBranchReg(w uint32) Op {
	if w>>16&31 != 31 || w>>10&63 != 0 || w&31 != 0 {
		return undefined(w)
	}
	op := Op{Rn: Xs(w >> 5)}
	switch w >> 21 & 15 {
	case 0:
		op.Code = BR
	case 1:
		op.Code = BLR
	case 2:
		op.Code = RET
	case 4:
		op.Code = ERET
	case 5:
		op.Code = DRPS
	default:
		return undefined(w)
	}
	if op.Code >= SVC && w>>5&31 != 31 { // ERET, DRPS
		return undefined(w)
	}
	return op
}

func decodeException(w uint32) Op {
	op := Op{Imm: uint64(w >> 5 & 0xffff)}
	switch (w>>21&7)<<5 | w&31 {
	case 0<<5 | 1:
		op.Code = SVC
	case 0<<5 | 2:
		op.Code = HVC
	case 0<<5 | 3:
		op.Code = SMC
	case 1<<5 | 0:
		op.Code = BRK
	case 2<<5 | 0:
		op.Code = HLT
	case 5<<5 | 1, 5<<5 | 2, 5<<5 | 3:
		op.Code, op.Aux = DCPS, uint16(w&3)
	default:
		return undefined(w)
	}
	return op
}

// decodeSystem decodes hints, barriers, MSR (immediate), MSR, MRS, SYS, SYSL.
func decodeSystem(w uint32) Op {
	read, op0, op1, crn, crm, op2, rt := w>>21&1, w>>19&3, w>>16&7, w>>12&15, w>>8&15, w>>5&7, w&31
	name := uint16(aarch64.SysRegOf(op0, op1, crn, crm, op2))
	if op0 >= 2 {
		if read != 0 {
			return Op{Code: MRS, Rd: Xd(rt), Aux: name}
		}
		return Op{Code: MSR, Rn: Xs(rt), Aux: name}
	}
	if op0 == 1 {
		if read != 0 {
			return Op{Code: SYSL, Rd: Xd(rt), Aux: name, Imm: uint64(rt)}
		}
		return Op{Code: SYS, Rn: Xs(rt), Aux: name, Imm: uint64(rt)}
	}
	if read != 0 || rt != 31 {
		return undefined(w)
	}
	switch {
	case crn == 2 && op1 == 3:
		return decodeHint(crm<<3 | op2)
	case crn == 3 && op1 == 3:
		return decodeBarrier(w, crm, op2)
	case crn == 4:
		return decodeMSRImm(w, op1, crm, op2)
	}
	return undefined(w)
}

func decodeHint(n uint32) Op {
	code := NOP
	switch n {
	case 1:
		code = YIELD
	case 2:
		code = WFE
	case 3:
		code = WFI
	case 4:
		code = SEV
	case 5:
		code = SEVL
	}
	return Op{Code: code, Imm: uint64(n)}
}

func decodeBarrier(w, crm, op2 uint32) Op {
	op := Op{Imm: uint64(crm)}
	switch op2 {
	case 2:
		op.Code = CLREX
	case 4:
		op.Code = DSB
	case 5:
		op.Code = DMB
	case 6:
		op.Code = ISB
	default:
		return undefined(w)
	}
	return op
}

// decodeMSRImm accepts the PSTATE fields that this CPU has: SPSel, DAIFSet,
// DAIFClr and PAN.
func decodeMSRImm(w, op1, crm, op2 uint32) Op {
	switch op1<<3 | op2 {
	case 0<<3 | 4, 0<<3 | 5, 3<<3 | 6, 3<<3 | 7:
		return Op{Code: MSRi, Aux: uint16(op1<<3 | op2), Imm: uint64(crm)}
	}
	return undefined(w)
}
