package softcpu

import (
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// cpu is one processor. Only the goroutine that runs it touches it, but for
// the fields under "other goroutines".
type cpu struct {
	a64.State

	vm    *vm
	index int

	// PSTATE, but for the flags in State (DDI 0487 D1.4).
	el    uint8 // 0 or 1
	spsel uint8 // 0: SP_EL0, 1: SP_ELx
	daif  uint8 // D A I F in bits 3:0
	pan   bool
	ss    bool // software step
	il    bool // illegal execution state

	// spOther is the stack pointer that PSTATE.SP does not select; the
	// selected one is X[a64.SP]. See setMode.
	spOther uint64

	sys   sysRegs
	debug debugState
	timer vtimer

	excl exclusive

	// irq and fiq are the levels of the interrupt inputs, as stated before
	// this Run.
	irq, fiq bool

	event bool // the event register of WFE, but for what sev adds

	// stop ends Run with exit once the current instruction is done.
	stop bool
	exit hv.Exit

	answerer hv.Answerer // nil: none

	// fpTrapped caches "an FP or SIMD instruction traps at this EL", from
	// CPACR_EL1.FPEN; stepwise says that instructions must be executed one by
	// one, because of software step or hardware breakpoints. Both follow from
	// system registers and PSTATE: updateMode computes them.
	fpTrapped bool
	stepwise  bool

	gen generated // what generated code works with; unused by the interpreter

	page   *codePage // of the current instruction
	posted bool      // maintenance was broadcast since the last DSB
	stats  Stats

	// limit is the stats.Instructions at which Run returns hv.ExitCanceled, the
	// same instruction on both engines; or unlimited.
	limit uint64

	// Other goroutines.
	attention atomic.Uint32 // attention bits: see attend
	mail      mailbox
	sev       atomic.Bool // another CPU has executed SEV since the last WFE

	// The large tables, which only the CPU's goroutine touches, are last: what is
	// before them is within reach of the immediate of an arm64 host's loads.
	mmu  softTLB
	code codeCache
}

// Bits of cpu.attention: why the engine has to leave its loop.
const (
	attentionKick  = 1 << iota // Kick was called
	attentionMail              // the mailbox holds maintenance from other CPUs
	attentionTimer             // the virtual timer's deadline has passed
	attentionInput             // an interrupt has to be taken
)

// raise sets attention bits. Any goroutine may call it.
func (c *cpu) raise(bits uint32) { c.attention.Or(bits) }
