// Package a64 decodes A64 instructions and holds the register state that they work on. It
// follows the Arm Architecture Reference Manual, DDI 0487, chapter C4, for ARMv8.0-A with
// the CRC32, AES, PMULL, SHA1, SHA256, LSE and PAN extensions. Every other encoding decodes
// to Undefined, including those of later extensions. Hints of later extensions are NOPs, as
// the architecture requires.
//
// Decode is a pure function of the instruction word. Package softcpu executes integer,
// branch, memory and system instructions, and package vec floating point and SIMD.
package a64

// Op is one decoded instruction. It has 16 bytes, and no pointers, so that pages of Ops
// cost the garbage collector nothing.
//
// For integer operands Rd, Rn, Rm and Ra are indices into State.X, in which the decoder has
// chosen between SP, ZR and Sink. For SIMD and FP operands they are register numbers. Imm
// is the immediate in the form that the instruction uses, such as a sign-extended byte
// offset or a decoded bit mask. For the codes from FirstVector up Imm is the instruction
// word itself. For the Advanced SIMD modified immediate it is the 64-bit constant.
type Op struct {
	Imm            uint64
	Code           Code
	Rd, Rn, Rm, Ra uint8
	Aux            uint16
}

// Code says what an Op does. Several instructions may share one code (UBFM's aliases), and
// one instruction may have several codes (a register operand with and without shift).
type Code uint16

const (
	NotDecoded Code = iota // the zero Op, which was not decoded yet
	Undefined              // unallocated, or of an extension that this CPU does not have
)

// FirstVector is the first code of the SIMD and FP data-processing instructions, which
// package vec executes. Scalar FP instructions begin at FirstVector, AdvSIMD and crypto
// instructions at FirstSIMD.
const (
	FirstVector Code = 512
	FirstSIMD   Code = 640
	EndVector   Code = 1024
)

// Xd returns the index for a destination register field in which 31 is the zero register.
func Xd(field uint32) uint8 {
	if field &= 31; field != 31 {
		return uint8(field)
	}
	return Sink
}

// Xs returns the index for a source register field in which 31 is the zero register.
func Xs(field uint32) uint8 {
	if field &= 31; field != 31 {
		return uint8(field)
	}
	return ZR
}

// XSP returns the index for a register field in which 31 is the stack pointer.
func XSP(field uint32) uint8 { return uint8(field & 31) }
