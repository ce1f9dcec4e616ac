package a64

// Decode decodes one instruction word. It accepts every word: for an instruction that the
// CPU does not have it returns an Op with code Undefined.
func Decode(w uint32) Op {
	switch w >> 25 & 15 { // DDI 0487 C4.1, op0
	case 0b1000, 0b1001:
		return decodeDPImm(w)
	case 0b1010, 0b1011:
		return decodeBranch(w)
	case 0b0100, 0b0110, 0b1100, 0b1110:
		return decodeLoadStore(w)
	case 0b0101, 0b1101:
		return decodeDPReg(w)
	case 0b0111, 0b1111:
		return decodeVector(w)
	}
	return Op{Code: Undefined, Imm: uint64(w)}
}

// decodeVector decodes data-processing instructions on the SIMD and FP
// registers (C4.1.96, "Data Processing -- Scalar Floating-Point and Advanced
// SIMD").
func decodeVector(w uint32) Op {
	op := Op{Imm: uint64(w), Rd: uint8(w & 31), Rn: uint8(w >> 5 & 31), Rm: uint8(w >> 16 & 31), Ra: uint8(w >> 10 & 31)}
	if w>>28&0b0101 == 0b0001 { // 31=0|1, 30=0, 28=1: scalar FP and FP<->integer
		op.Code = decodeScalarFP(w, &op)
	} else {
		op.Code = decodeSIMD(w, &op)
	}
	return op
}
