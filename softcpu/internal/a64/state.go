package a64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/fp"

// Indices into State.X beyond X30. Register number 31 means the stack pointer in some
// operands and the zero register in others (DDI 0487 C1.2.5). The decoder chooses, so that
// executors need not.
const (
	SP   = 31 // the stack pointer that PSTATE.SP selects now
	ZR   = 32 // a source that reads as zero; never written
	Sink = 33 // a destination that nobody reads
)

// State is the part of the processor state that data-processing instructions
// see. One goroutine owns it.
type State struct {
	// X has X0-X30 and the three entries named above. It has 256 entries so that an
	// index of type uint8 needs no bounds check.
	X [256]uint64

	// The condition flags, in the form that is cheapest to produce. N is bit 63 of
	// NF. Z is set if ZF is zero, whatever NF is. C is CF, which is 0 or 1. V is bit
	// 63 of VF.
	NF, ZF, CF, VF uint64

	// PC is the address of the next instruction while the engine is not in its loop,
	// and of the current instruction while a function executes it.
	PC uint64

	V  [32][2]uint64 // the SIMD and FP registers, low half first
	FP fp.Env        // FPCR and FPSR
}

// NZCV returns the flags as in the NZCV register: N in bit 31 to V in bit 28.
func (s *State) NZCV() uint32 {
	v := uint32(s.NF>>63)<<31 | uint32(s.CF)<<29 | uint32(s.VF>>63)<<28
	if s.ZF == 0 {
		v |= 1 << 30
	}
	return v
}

// SetNZCV sets the flags from the layout of the NZCV register.
func (s *State) SetNZCV(v uint32) {
	s.NF = uint64(v>>31) << 63
	s.ZF = uint64(^v >> 30 & 1)
	s.CF = uint64(v >> 29 & 1)
	s.VF = uint64(v>>28&1) << 63
}

// Holds says whether a condition code is satisfied (DDI 0487 C1.2.4).
func (s *State) Holds(cond uint8) bool {
	var r bool
	switch cond >> 1 & 7 {
	case 0: // EQ, NE
		r = s.ZF == 0
	case 1: // CS, CC
		r = s.CF != 0
	case 2: // MI, PL
		r = int64(s.NF) < 0
	case 3: // VS, VC
		r = int64(s.VF) < 0
	case 4: // HI, LS
		r = s.CF != 0 && s.ZF != 0
	case 5: // GE, LT
		r = int64(s.NF^s.VF) >= 0
	case 6: // GT, LE
		r = int64(s.NF^s.VF) >= 0 && s.ZF != 0
	default: // AL, NV
		return true
	}
	return r != (cond&1 != 0)
}
