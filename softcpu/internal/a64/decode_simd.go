package a64

// decodeSIMD returns the code of an Advanced SIMD or crypto instruction and
// sets Aux. The classes are those of DDI 0487 C4.1.96; bit 30 is Q in the
// vector classes and set in the scalar ones, which have bit 28 set.
func decodeSIMD(w uint32, op *Op) Code {
	if w>>31 != 0 {
		return Undefined // SHA512, SHA3, SM3, SM4
	}
	scalar := w>>28&1 != 0
	if scalar {
		op.Aux = auxScalar
	} else {
		op.Aux = uint16(w>>30&1) * auxQ
	}
	switch {
	case w>>24&1 != 0 && w>>10&1 == 0:
		return decodeElement(w, op)
	case w>>24&1 != 0 && w>>23&1 != 0:
		return Undefined
	case w>>24&1 != 0 && w>>19&15 != 0:
		return decodeShiftImm(w, op)
	case w>>24&1 != 0:
		return decodeModifiedImm(w, op)
	case w>>21&1 == 0:
		return decodePermute(w, op)
	case w>>10&1 != 0:
		return decodeThreeSame(w, op)
	case w>>11&1 == 0:
		return decodeThreeDifferent(w, op)
	}
	switch w >> 17 & 15 {
	case 0b0000:
		return decodeTwoRegMisc(w, op)
	case 0b1000:
		return decodeAcrossLanes(w, op)
	case 0b0100:
		return decodeCrypto2(w, op)
	}
	return Undefined
}

// sizes is the set of element sizes that an instruction has.
type sizes uint8

const (
	justB sizes = 1 << 0
	justH sizes = 1 << 1
	justS sizes = 1 << 2
	justD sizes = 1 << 3
	bh          = justB | justH
	hs          = justH | justS
	bhs         = justB | justH | justS
	bhsd        = bhs | justD
	sd          = justS | justD

	// half marks a vector form in which Q does not give the length, but the half of
	// a register that has the narrow elements. In other forms a vector of one 64-bit
	// element is reserved.
	half sizes = 1 << 4
)

// encoding is an instruction's code with the element sizes of its vector and
// scalar forms. An unallocated encoding has none.
type encoding struct {
	code           Code
	vector, scalar sizes
}

// allocate returns e's code if op's form, vector or scalar, has elements of 1<<size bytes.
// It records the size in op.
func (e encoding) allocate(op *Op, size uint32) Code {
	allowed := e.vector
	if op.Scalar() {
		allowed = e.scalar
	} else if !op.Q() && e.vector&half == 0 {
		allowed &^= justD
	}
	if allowed>>size&1 == 0 {
		return Undefined
	}
	op.Aux |= uint16(size)
	return e.code
}
