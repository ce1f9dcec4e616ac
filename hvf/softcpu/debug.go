package softcpu

import "github.com/miniboot-vmm/miniboot/hvf"

// debugState is self-hosted debug (DDI 0487 D2): breakpoints, watchpoints and
// software step. The OS lock is always open: its registers are the host's.
type debugState struct {
	mdscr    uint64
	bvr, bcr [numBreakpoints]uint64
	wvr, wcr [numWatchpoints]uint64

	// watching says that some watchpoint is enabled, so that loads and stores
	// have to ask.
	watching bool
}

// Bits of MDSCR_EL1.
const (
	mdscrSS   = 1 << 0  // software step
	mdscrTDCC = 1 << 12 // EL0's accesses to the DCC trap
	mdscrKDE  = 1 << 13 // debug exceptions from EL1 too
	mdscrMDE  = 1 << 15 // breakpoints and watchpoints

	// mdscrWritable leaves out what is read-only while the OS lock is open.
	mdscrWritable = mdscrSS | mdscrTDCC | mdscrKDE | mdscrMDE
)

func (d *debugState) reset() { *d = debugState{} }

func (d *debugState) stepping(c *cpu) bool              { return false }
func (d *debugState) breaking(c *cpu) bool              { return false }
func (d *debugState) advance(c *cpu)                    {}
func (d *debugState) returnSS(c *cpu, spsr uint64) bool { return false }

func (c *cpu) beforeInstruction() bool {
	if c.il && c.PC&3 == 0 {
		c.illegalState()
		return false
	}
	return true
}
func (c *cpu) afterInstruction()                                     {}
func (c *cpu) watchpoint(va, size uint64, write bool, el0 bool) bool { return false }

func debugRegDefs() []sysRegDef {
	rows := []sysRegDef{
		{reg: enc(2, 0, 0, 2, 0), el1: rw, mask: 3 << 29, field: func(c *cpu) *uint64 { return &c.sys.mdccint }},
		{reg: enc(2, 0, 0, 2, 2), el1: rw, mask: mdscrWritable, field: func(c *cpu) *uint64 { return &c.debug.mdscr }, changed: (*cpu).modeChanged, leave: true},
	}
	for i := range numBreakpoints {
		rows = append(rows,
			sysRegDef{reg: enc(2, 0, 0, uint32(i), 4), el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.debug.bvr[i] }},
			sysRegDef{reg: enc(2, 0, 0, uint32(i), 5), el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.debug.bcr[i] }})
	}
	for i := range numWatchpoints {
		rows = append(rows,
			sysRegDef{reg: enc(2, 0, 0, uint32(i), 6), el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.debug.wvr[i] }},
			sysRegDef{reg: enc(2, 0, 0, uint32(i), 7), el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.debug.wcr[i] }})
	}
	return rows
}

var _ hvf.EC
