package mmio

// Op is what an instruction does to memory.
type Op uint8

// The operations. AtomicAdd and those after it are read-modify-write; the comments
// give the architecture's mnemonics.
const (
	Nop             Op = iota // PRFM, DC and IC by address: no effect on a device
	Load                      // memory to registers
	Store                     // registers to memory
	LoadStructure             // LD1-LD4, LD1R-LD4R
	StoreStructure            // ST1-ST4
	StoreExclusive            // Store, then the status to Rs
	ZeroBlock                 // DC ZVA
	CompareAndSwap            // CAS, CASP
	AtomicAdd                 // LDADD
	AtomicClear               // LDCLR
	AtomicXor                 // LDEOR
	AtomicSet                 // LDSET
	AtomicSignedMax           // LDSMAX
	AtomicSignedMin           // LDSMIN
	AtomicMax                 // LDUMAX
	AtomicMin                 // LDUMIN
	AtomicSwap                // SWP
)

// Mode is how the address follows from the base register.
type Mode uint8

// The addressing modes.
const (
	Offset            Mode = iota // [Xn, #Imm]
	PreIndex                      // [Xn, #Imm]!
	PostIndex                     // [Xn], #Imm
	RegisterOffset                // [Xn, Rm, Extend #Shift]
	RegisterPostIndex             // [Xn], Xm
	Literal                       // the instruction's own address + Imm
)

// Extend is how Rm of a RegisterOffset is extended: the option field.
type Extend uint8

// The extensions that a load or store may name.
const (
	UXTW Extend = 2
	LSL  Extend = 3
	SXTW Extend = 6
	SXTX Extend = 7
)

// Insn is one instruction that touches memory, decoded. It holds no pointer
// and is passed by value.
type Insn struct {
	Op           Op
	Size         uint8 // bytes in memory of one element: 1, 2, 4, 8 or 16
	Count        uint8 // transfer registers, one element each: Rt, then Rt2. Structures: see Structure
	Vector       bool  // the transfer registers are V, not X
	Signed       bool  // a load extends the sign,
	Wide         bool  // to 64 bits, not to 32
	Unprivileged bool  // checked as EL0 would be: LDTR, STTR

	Mode   Mode
	Imm    int64 // bytes
	Extend Extend
	Shift  uint8 // bits

	Rt, Rt2 uint8 // transfer registers; 31 is XZR, or V31
	Rs      uint8 // status, operand, or value to compare; 31 is XZR
	Rn      uint8 // base; 31 is SP
	Rm      uint8 // offset; 31 is XZR

	Structure Structure
}

// Structure says in which order the lanes of registers lie in memory. It counts as
// the pseudocode of LD1-LD4 and ST1-ST4 does: one element for each of Interleave,
// in a loop over Lanes, in a loop over Repeat.
type Structure struct {
	Repeat     uint8 // 1; LD1 and ST1 of several registers: 1-4
	Lanes      uint8 // elements of one register: 1-16
	Interleave uint8 // registers that take turns ("selem"): 1-4
	First      uint8 // first lane
	Single     bool  // one lane: a load leaves the others as they were
	Replicate  bool  // one element fills every lane
	Quad       bool  // the vectors have 128 bits, not 64
}

// registers returns how many registers a structure has. They are numbered from Rt,
// and V0 follows V31.
func (s Structure) registers() int { return int(s.Repeat) * int(s.Interleave) }

// writesBack reports whether the base is changed.
func (in Insn) writesBack() bool {
	return in.Mode == PreIndex || in.Mode == PostIndex || in.Mode == RegisterPostIndex
}
