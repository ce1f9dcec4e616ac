// Package translate is what the translators of all host architectures share:
// how generated code finds the processor's state, how it leaves, and how far a
// run of instructions goes. The encoders and the lowering of a host are in a
// folder of its name.
//
// Generated code works on one processor and belongs to it. It is keyed by the
// guest's physical page, which has an entry of 4 bytes for each instruction: where
// the code for it begins, as an offset into the code buffer, or 0 where there is
// none. At an entry all state is in its place; between entries a run may hold
// the flags elsewhere. Virtual addresses are the page's, in Layout.PageVA, plus
// offsets: code is position independent.
package translate

// Exit is why generated code returned.
type Exit uint64

const (
	// ExitNoCode: the instruction Index of the page has no code yet.
	ExitNoCode Exit = iota
	// ExitInterpret: the interpreter is to execute instruction Index of the
	// page, after which the code at Site goes on.
	ExitInterpret
	// ExitChain: like ExitNoCode, and the jump whose displacement is at Site
	// can then lead to the code.
	ExitChain
	// ExitPC: the guest goes on at PC, which is in another page, or the budget
	// is used up.
	ExitPC
	// ExitBudget: the budget is used up before instruction Index of the page.
	ExitBudget
	// ExitCross: like ExitNoCode, and the crossing whose jump has its displacement at
	// Site can then lead to the code.
	ExitCross

	// Exits is how many reasons there are.
	Exits = 6
)

// Layout is where generated code finds things: distances in bytes from the
// address that it is entered with, that of State.X[16].
type Layout struct {
	Flags int32 // condition flags in the form of the host, 64 bits
	V     int32 // State.V
	PC    int32 // State.PC

	EL        int32 // one byte, followed by that of PSTATE.SP
	DAIF      int32 // one byte: D A I F in bits 3:0
	Inputs    int32 // two bytes: levels of IRQ and FIQ
	Attention int32 // 32 bits: not 0 when another goroutine wants something
	Posted    int32 // one byte: maintenance was broadcast since the last DSB
	NoZVA     int32 // one byte: DC ZVA traps
	NoClean   int32 // one byte: cache maintenance by address traps
	FPTrapped int32 // one byte: FP and SIMD instructions trap
	FPGuest   int32 // one byte: or the host's arithmetic cannot stand for the guest's
	FPFlush   int32 // one byte: or denormal operands count as zero
	FPCR      int32 // 32 bits
	FPSR      int32 // 32 bits
	TPIDR0    int32 // TPIDR_EL0
	TPIDRRO0  int32 // TPIDRRO_EL0
	TPIDR1    int32 // TPIDR_EL1
	CTR       int32 // CTR_EL0, 0 while it traps
	DCZID     int32 // DCZID_EL0
	SPOther   int32 // the stack pointer that is not selected

	ExclusiveHost, ExclusiveSize, ExclusiveValue int32 // the local monitor: its value has 16 bytes

	Count  int32 // executed, less the index in the page, less the budget
	PageVA int32
	Page   int32 // pointer to the page's entries
	Index  int32
	Site   int32
	Shared int32 // the host's address of guest memory that several instructions use
	Reason int32
	TLB    int32 // pointer to the array for ordinary loads and stores
	ITLB   int32 // pointer to the array for this exception level
	Code   int32 // address of the code buffer

	TLBEL0 int32 // the array for unprivileged loads and stores, itself
}

// TLB geometry: entries of 32 bytes, with tag for reads, tag for writes, and
// the distance from a guest's virtual address to the host's at these offsets.
const (
	TLBEntryShift = 5
	TLBRead       = 0
	TLBWrite      = 8
	TLBAddend     = 24
)

// ITLB geometry: entries of 32 bytes, with the page's virtual address and the pointer to
// its entries.
const (
	ITLBVA   = 0
	ITLBPage = 8
)

// None has the methods of a translator, for hosts that have none.
type None struct{ Checked bool }

func (*None) Enter() int             { return 0 }
func (*None) Full() bool             { return false }
func (*None) Reset()                 {}
func (*None) Resets() int            { return 0 }
func (*None) Used() int              { return 0 }
func (*None) Chain(site, target int) {}
func (*None) Cross(site, target int) {}
