package a64

// The fields of an Advanced SIMD Op's Aux.
const (
	auxSize   = 3      // log2 of the element size in bytes
	auxQ      = 1 << 2 // all 128 bits, or the upper half of the narrow operand
	auxScalar = 1 << 3 // one element
	auxIndex2 = 4      // shift of four bits: source lane of INS (element)
	auxIndex  = 8      // shift of eight bits: lane, shift amount, EXT position, TBL len
)

// Size returns log2 of the element size in bytes, 0 to 3. For long, wide and narrowing
// integer instructions it is the size of the narrow elements.
func (op *Op) Size() int { return int(op.Aux & auxSize) }

// Q says whether the instruction works on 128 bits. Long, wide and narrowing instructions
// always do. There Q chooses the half of the register that has the narrow elements (the
// mnemonic's 2).
func (op *Op) Q() bool { return op.Aux&auxQ != 0 }

// Scalar says whether this is the scalar form, which works on element 0 and
// clears the rest of the destination.
func (op *Op) Scalar() bool { return op.Aux&auxScalar != 0 }

// Index returns a number that depends on the instruction: the lane of an indexed element,
// of DUP, INS, SMOV and UMOV; the amount of a shift (from 1 to the right, from 0 to the
// left); the number of fraction bits; EXT's position in bytes; or the number of table
// registers of TBL and TBX, less one.
func (op *Op) Index() int { return int(op.Aux >> auxIndex) }

// Index2 returns the source lane of INS (element).
func (op *Op) Index2() int { return int(op.Aux >> auxIndex2 & 15) }
