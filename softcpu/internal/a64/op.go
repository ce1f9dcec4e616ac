// Package a64 decodes A64 instructions and holds the register state that they
// work on. It follows the Arm Architecture Reference Manual, DDI 0487, chapter
// C4, for ARMv8.0-A with the CRC32, AES, PMULL, SHA1, SHA256, LSE and PAN
// extensions; every other encoding decodes to Undefined, those of later
// extensions among them. Hint-space encodings of later extensions are NOPs, as
// the architecture wants them.
//
// Decode is a pure function of the instruction word. What an instruction means
// is written elsewhere: integer, branch, memory and system instructions in
// package softcpu, floating point and SIMD in package vec.
package a64

// Op is one decoded instruction. It holds no pointer, so that pages of them
// cost the garbage collector nothing, and is 16 bytes.
//
// Rd, Rn, Rm and Ra are indices into State.X for integer operands, with the
// choice between SP, ZR and Sink made, and plain register numbers for SIMD and
// FP operands. Imm holds the immediate in the form the instruction uses it: a
// byte offset sign-extended, a decoded bit mask. For the codes from FirstVector
// up Imm is the instruction word itself, but for those of the Advanced SIMD
// modified immediate the 64-bit constant.
type Op struct {
	Imm            uint64
	Code           Code
	Rd, Rn, Rm, Ra uint8
	Aux            uint16
}

// Code names what an Op does. Several architectural instructions may share one
// code (UBFM's aliases), and one instruction may have several (a register
// operand with and without shift).
type Code uint16

const (
	NotDecoded Code = iota // the zero Op: nothing was decoded here yet
	Undefined              // unallocated, or of an extension that this CPU lacks
)

// FirstVector is the first code of the SIMD and FP data-processing
// instructions, which package vec executes. Codes of scalar FP instructions
// run from FirstVector, those of AdvSIMD and crypto from FirstSIMD.
const (
	FirstVector Code = 512
	FirstSIMD   Code = 640
	EndVector   Code = 1024
)

// Xd returns the index for a destination register field where 31 is the zero
// register.
func Xd(field uint32) uint8 {
	if field &= 31; field != 31 {
		return uint8(field)
	}
	return Sink
}

// Xs returns the index for a source register field where 31 is the zero
// register.
func Xs(field uint32) uint8 {
	if field &= 31; field != 31 {
		return uint8(field)
	}
	return ZR
}

// XSP returns the index for a register field where 31 is the stack pointer.
func XSP(field uint32) uint8 { return uint8(field & 31) }
