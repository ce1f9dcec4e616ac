package oracle

// State is what a sequence of instructions at EL0 can see and change.
type State struct {
	X    [31]uint64
	SP   uint64
	PC   uint64
	NZCV uint32 // N in bit 31 to V in bit 28
	FPCR uint32
	FPSR uint32
	V    [32][2]uint64 // low half first
	Mem  []byte        // MemSize bytes at MemBase; nil is all zero
}

// Case is a sequence of instructions and the state from which it starts. In.PC is the start of
// a code slot, see SlotPC. The rest of the slot is zero, which is an undefined instruction.
// After the last word there is an implicit BRK: a case that runs to its end reports SIGTRAP
// with PC at that BRK.
type Case struct {
	Seed  uint64   // In is Fill(Seed) except for some registers
	Words []uint32 // at most MaxWords
	In    State
}

// Result is the state in which a case ended.
type Result struct {
	State
	Signal    int    // what ended it: one of the Linux signals below
	FaultAddr uint64 // for SIGSEGV and SIGBUS, the address that faulted
}

// The signals that end a case, by their Linux numbers.
const (
	SIGILL  = 4  // undefined instruction
	SIGTRAP = 5  // BRK, or the end of the words
	SIGBUS  = 7  // alignment fault
	SIGSEGV = 11 // no mapping, or no permission
)

// End returns the address after the last word.
func (c *Case) End() uint64 { return c.In.PC + 4*uint64(len(c.Words)) }
