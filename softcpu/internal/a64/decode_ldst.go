package a64

// decodeLoadStore decodes "Loads and Stores" (C4.1.97).
func decodeLoadStore(w uint32) Op {
	vector := w>>26&1 != 0
	switch w >> 28 & 3 {
	case 0:
		switch {
		case vector:
			return decodeStructures(w)
		case w>>24&1 == 0:
			return decodeExclusive(w)
		}
	case 1:
		if w>>24&1 == 0 {
			return decodeLiteral(w, vector)
		}
	case 2:
		return decodePair(w, vector)
	case 3:
		return decodeSingle(w, vector)
	}
	return undefined(w)
}

// decodeSingle decodes the forms that transfer one register, and atomics.
func decodeSingle(w uint32, vector bool) Op {
	aux, prefetch, ok := transfer(w, vector)
	imm9 := signed(w>>12, 9)
	switch {
	case w>>24&1 != 0: // unsigned immediate
		if !ok {
			return undefined(w)
		}
		if prefetch {
			return Op{Code: PRFM}
		}
		return single(w, vector, aux, uint64(w>>10&0xfff)<<(aux&MemSize))
	case w>>21&1 != 0:
		switch {
		case w>>10&3 == 0 && !vector:
			return decodeAtomic(w)
		case w>>10&3 == 2 && ok:
			return decodeRegisterOffset(w, vector, aux, prefetch)
		}
		return undefined(w)
	}
	form := w >> 10 & 3
	if !ok || prefetch && form != 0 || vector && form == 2 {
		return undefined(w)
	}
	if prefetch {
		return Op{Code: PRFM}
	}
	if form == 0 {
		return single(w, vector, aux, imm9)
	}
	aux |= [4]uint16{0, MemPost, MemUnpriv, MemPre}[form]
	op := operands(w, vector, aux)
	op.Code, op.Imm = LDST, imm9
	if vector {
		op.Code = LDSTV
	}
	return op
}

// transfer decodes size, V and opc, which all single-register forms share.
func transfer(w uint32, vector bool) (aux uint16, prefetch, ok bool) {
	size, opc := uint16(w>>30), w>>22&3
	if vector {
		if opc&2 != 0 {
			if size != 0 {
				return 0, false, false
			}
			size = 4
		}
		if opc&1 != 0 {
			size |= MemLoad
		}
		return size, false, true
	}
	switch opc {
	case 0:
		return size | Mem64, false, true
	case 1:
		return size | MemLoad | Mem64, false, true
	case 2:
		if size == 3 {
			return size, true, true
		}
		return size | MemLoad | MemSigned | Mem64, false, true
	}
	return size | MemLoad | MemSigned, false, size < 2
}

// operands fills in the registers of a transfer.
func operands(w uint32, vector bool, aux uint16) Op {
	op := Op{Rn: XSP(w >> 5), Aux: aux}
	switch {
	case vector:
		op.Rd = uint8(w & 31)
	case aux&MemLoad != 0:
		op.Rd = Xd(w)
	default:
		op.Rd = Xs(w)
	}
	return op
}

// single is an access at Xn + imm without write-back. The common ones have
// codes of their own.
func single(w uint32, vector bool, aux uint16, imm uint64) Op {
	op := operands(w, vector, aux)
	op.Imm = imm
	if vector {
		op.Code = LDSTV
		return op
	}
	size := aux & MemSize
	sp := op.Rn == SP
	switch {
	case aux&MemLoad == 0:
		op.Code = STRB + Code(size)
		if sp {
			op.Code = [4]Code{LDST, LDST, STRWsp, STRXsp}[size]
		}
	case aux&MemSigned == 0:
		op.Code = LDRB + Code(size)
		if sp {
			op.Code = [4]Code{LDST, LDST, LDRWsp, LDRXsp}[size]
		}
	case sp:
		op.Code = LDST
	case aux&Mem64 != 0:
		op.Code = LDRSB64 + Code(size)
	default:
		op.Code = LDRSB32 + Code(size)
	}
	return op
}

func decodeRegisterOffset(w uint32, vector bool, aux uint16, prefetch bool) Op {
	option := w >> 13 & 7
	if option&2 == 0 {
		return undefined(w)
	}
	if prefetch {
		return Op{Code: PRFM}
	}
	op := operands(w, vector, aux)
	op.Rm = Xs(w >> 16)
	if w>>12&1 != 0 {
		op.Ra = uint8(aux & MemSize)
	}
	op.Imm = uint64(option)
	switch {
	case vector:
		op.Code = LDSTVext
	case option != 3 || aux&MemSigned != 0 || op.Rn == SP:
		op.Code = LDSText
	case aux&MemLoad != 0:
		op.Code = LDRBr + Code(aux&MemSize)
	default:
		op.Code = STRBr + Code(aux&MemSize)
	}
	return op
}

func decodeAtomic(w uint32) Op {
	size, acquire, release, o3, opc := uint16(w>>30), w>>23&1, w>>22&1, w>>15&1, w>>12&7
	op := Op{Code: LDOP, Rd: Xd(w), Rn: XSP(w >> 5), Rm: Xs(w >> 16), Aux: size | MemLoad, Imm: uint64(opc)}
	if acquire != 0 {
		op.Aux |= MemAcquire
	}
	if release != 0 {
		op.Aux |= MemRelease
	}
	if o3 != 0 {
		if opc != 0 {
			return undefined(w)
		}
		op.Code = SWP
	}
	return op
}

func decodeLiteral(w uint32, vector bool) Op {
	op := Op{Code: LDRlit, Rd: Xd(w), Imm: signed(w>>5, 19) << 2}
	opc := uint16(w >> 30)
	if vector {
		if opc == 3 {
			return undefined(w)
		}
		op.Code, op.Rd, op.Aux = LDRVlit, uint8(w&31), opc+2|MemLoad
		return op
	}
	op.Aux = [4]uint16{2 | MemLoad, 3 | MemLoad | Mem64, 2 | MemLoad | MemSigned | Mem64, 0}[opc]
	if opc == 3 {
		return Op{Code: PRFM}
	}
	return op
}

func decodePair(w uint32, vector bool) Op {
	opc, load, mode := uint16(w>>30), w>>22&1 != 0, w>>23&3
	var aux uint16
	switch {
	case opc == 3:
		return undefined(w)
	case vector:
		aux = opc + 2
	case opc == 1: // LDPSW
		if !load || mode == 0 {
			return undefined(w)
		}
		aux = 2 | MemSigned | Mem64
	default:
		aux = 2 + opc>>1 | Mem64
	}
	if load {
		aux |= MemLoad
	}
	aux |= [4]uint16{MemNonTemp, MemPost, 0, MemPre}[mode]
	op := operands(w, vector, aux)
	op.Imm = signed(w>>15, 7) << (aux & MemSize)
	if vector {
		op.Code, op.Ra = LDSTVP, uint8(w>>10&31)
		return op
	}
	op.Code, op.Ra = LDSTP, Xs(w>>10)
	if load {
		op.Ra = Xd(w >> 10)
	}
	if opc == 2 {
		op.Code = pairX(op, load)
	}
	return op
}

// pairX returns the code for a pair of 64-bit registers.
func pairX(op Op, load bool) Code {
	switch {
	case op.Aux&(MemPre|MemPost) == 0 && op.Rn == SP:
		return pick(load, LDPXsp, STPXsp)
	case op.Aux&(MemPre|MemPost) == 0:
		return pick(load, LDPX, STPX)
	case op.Aux&MemPre != 0 && !load:
		return STPXpre
	case op.Aux&MemPost != 0 && load:
		return LDPXpost
	}
	return LDSTP
}

// decodeExclusive decodes "Load/store exclusive", "Load/store ordered", and "Compare and
// swap". LDLAR and STLLR belong to FEAT_LOR, which ARMv8.0 does not have.
func decodeExclusive(w uint32) Op {
	size, o2, load, o1, o0 := uint16(w>>30), w>>23&1, w>>22&1, w>>21&1, w>>15&1
	op := operands(w, false, size|uint16(load)<<3|Mem64)
	switch {
	case o2 == 0 && o1 == 0:
		op.Code, op.Rm = LDSTX, Xd(w>>16)
		op.Aux |= ordering(load, o0)
	case o2 == 0 && size >= 2:
		op.Code, op.Rm, op.Ra = LDSTXP, Xd(w>>16), Xs(w>>10)
		if load != 0 {
			op.Ra = Xd(w >> 10)
		}
		op.Aux |= ordering(load, o0)
	case o2 == 0:
		return decodeCASP(w)
	case o1 == 0 && o0 == 1:
		op.Code = pick(load != 0, LDAR, STLR)
		op.Aux |= ordering(load, 1)
	case o1 == 1 && w>>10&31 == 31:
		op = Op{Code: CAS, Rd: Xs(w), Rn: XSP(w >> 5), Rm: Xd(w >> 16), Aux: size | MemLoad | casOrdering(load, o0)}
	default:
		return undefined(w)
	}
	return op
}

// ordering returns what bit o0 means: acquire for a load, release for a store.
func ordering(load, o0 uint32) uint16 {
	switch {
	case o0 == 0:
		return 0
	case load != 0:
		return MemAcquire
	}
	return MemRelease
}

func casOrdering(acquire, release uint32) uint16 {
	return uint16(acquire)*MemAcquire | uint16(release)*MemRelease
}

func decodeCASP(w uint32) Op {
	if w>>31 != 0 || w>>10&31 != 31 || w&1 != 0 || w>>16&1 != 0 {
		return undefined(w)
	}
	return Op{Code: CASP, Rn: XSP(w >> 5), Imm: uint64(w),
		Aux: uint16(w>>30&1) + 2 | MemLoad | casOrdering(w>>22&1, w>>15&1)}
}

// decodeStructures decodes "Advanced SIMD load/store multiple structures" and "single
// structure", with and without post-index. Package softcpu reads the fields from the word.
func decodeStructures(w uint32) Op {
	single, post, rm := w>>24&1 != 0, w>>23&1 != 0, w>>16&31
	if w>>31 != 0 || !single && w>>21&1 != 0 || !post && rm != 0 {
		return undefined(w)
	}
	if single && !validSingleStructure(w) || !single && !validMultipleStructures(w) {
		return undefined(w)
	}
	return Op{Code: LDSTVM, Rd: uint8(w & 31), Rn: XSP(w >> 5), Rm: Xs(rm), Imm: uint64(w)}
}

func validMultipleStructures(w uint32) bool {
	opcode, size, q := w>>12&15, w>>10&3, w>>30&1
	switch opcode {
	case 0b0010, 0b0110, 0b0111, 0b1010: // LD1, ST1
		return true
	case 0b0000, 0b0100, 0b1000: // LD4, LD3, LD2: no arrangement 1D
		return size != 3 || q != 0
	}
	return false
}

func validSingleStructure(w uint32) bool {
	load, scale, s, size := w>>22&1, w>>14&3, w>>12&1, w>>10&3
	switch scale {
	case 0: // bytes: S and size are the lane
		return true
	case 1:
		return size&1 == 0
	case 2:
		return size == 0 || size == 1 && s == 0
	}
	return load != 0 && s == 0 // replicate
}
