package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// debugState is the state of self-hosted debug (DDI 0487 D2): breakpoints,
// watchpoints and software step. The OS lock is always open, because accesses to its
// registers exit to the host.
type debugState struct {
	bvr, bcr [numBreakpoints]uint64
	wvr, wcr [numWatchpoints]uint64

	// debugChanged computes what follows: the exception levels that an enabled
	// breakpoint matches, and whether a watchpoint is enabled, so that loads and
	// stores must check for it.
	breakEL  [2]bool
	watching bool

	step stepState
}

// Bits of MDSCR_EL1.
const (
	mdscrSS   = 1 << 0  // software step
	mdscrTDCC = 1 << 12 // EL0's accesses to the debug channel trap
	mdscrKDE  = 1 << 13 // debug exceptions are taken from EL1 too
	mdscrMDE  = 1 << 15 // breakpoints and watchpoints

	// mdscrWritable leaves out what is read-only while the OS lock is open.
	mdscrWritable = mdscrSS | mdscrTDCC | mdscrKDE | mdscrMDE
)

// Fields of DBGBCR<n>_EL1 and DBGWCR<n>_EL1: common ones, then those of each.
const (
	dbgE   = 1 << 0
	dbgPxC = 1  // shift: bit 0 matches EL1, bit 1 EL0
	dbgSSC = 14 // shift: security state
	dbgLBN = 16 // shift: the breakpoint that this one is linked to

	bcrBT       = 20 // shift: type
	bcrWritable = 0xffe1e7

	wcrLSC      = 3 // shift: bit 0 matches loads, bit 1 stores
	wcrBAS      = 5 // shift: which bytes
	wcrWT       = 1 << 20
	wcrMASK     = 24 // shift: log2 of the bytes that are ignored
	wcrWritable = 0x1f1fffff
)

// issDebug is the fault status code of debug exceptions.
const issDebug = uint32(aarch64.FSCDebug)

func (d *debugState) reset() { *d = debugState{} }

// debugEnabled says whether debug exceptions can be taken from el with
// PSTATE.D as given (AArch64.GenerateDebugExceptionsFrom).
func (c *cpu) debugEnabled(el uint8, masked bool) bool {
	return el == 0 || c.sys.mdscr&mdscrKDE != 0 && !masked
}

func (c *cpu) debugEnabledNow() bool { return c.debugEnabled(c.el, c.daif&maskD != 0) }

// debugChanged is called when a debug register has changed. It drops the TLB, whose
// entries would let accesses bypass a new watchpoint.
func (c *cpu) debugChanged(old uint64) {
	d := &c.debug
	d.breakEL = [2]bool{}
	watching := false
	if c.sys.mdscr&mdscrMDE != 0 {
		for _, bcr := range d.bcr {
			if bcr&dbgE != 0 && bcr>>bcrBT&15 != btLinkedContext {
				d.breakEL[0] = d.breakEL[0] || matchesEL(bcr, 0)
				d.breakEL[1] = d.breakEL[1] || matchesEL(bcr, 1)
			}
		}
		for _, wcr := range d.wcr {
			watching = watching || wcr&dbgE != 0
		}
	}
	if watching != d.watching {
		d.watching = watching
		c.maintain(maintenance{kind: tlbAll}, false)
	}
	c.updateMode()
}

// debugRegDefs returns the rows with op0=2.
func debugRegDefs() []sysRegDef {
	tdcc := func(s *sysRegs) bool { return s.mdscr&mdscrTDCC != 0 }
	zero := func(*cpu) uint64 { return 0 }
	rows := []sysRegDef{
		{reg: aarch64.MDCCINT_EL1, el1: rw, mask: 3 << 29, field: func(c *cpu) *uint64 { return &c.sys.mdccint }},
		{reg: aarch64.MDSCR_EL1, el1: rw, mask: mdscrWritable, field: func(c *cpu) *uint64 { return &c.sys.mdscr }, changed: (*cpu).debugChanged, leave: true},
		// The debug channel, whose other end does not exist. A write to DBGDTRRX_EL0
		// is a write to DBGDTRTX_EL0.
		{reg: aarch64.MDCCSR_EL0, el0: read, el1: read, get: zero, trap: tdcc},
		{reg: aarch64.DBGDTR_EL0, el0: rw, el1: rw, get: zero, set: func(*cpu, uint64) {}, trap: tdcc},
		{reg: aarch64.DBGDTRRX_EL0, el0: rw, el1: rw, get: zero, set: func(*cpu, uint64) {}, trap: tdcc},
	}
	for i := range numBreakpoints {
		bvr := all &^ 3
		if contextAware(i) {
			bvr = all
		}
		rows = append(rows,
			sysRegDef{reg: aarch64.DBGBVR(i), el1: rw, mask: bvr, field: func(c *cpu) *uint64 { return &c.debug.bvr[i] }},
			sysRegDef{reg: aarch64.DBGBCR(i), el1: rw, mask: bcrWritable, field: func(c *cpu) *uint64 { return &c.debug.bcr[i] }, changed: (*cpu).debugChanged, leave: true})
	}
	for i := range numWatchpoints {
		rows = append(rows,
			sysRegDef{reg: aarch64.DBGWVR(i), el1: rw, mask: all &^ 3, field: func(c *cpu) *uint64 { return &c.debug.wvr[i] }},
			sysRegDef{reg: aarch64.DBGWCR(i), el1: rw, mask: wcrWritable, field: func(c *cpu) *uint64 { return &c.debug.wcr[i] }, changed: (*cpu).debugChanged, leave: true})
	}
	return rows
}
