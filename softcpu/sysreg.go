package softcpu

// sysRegs is the state behind the system registers of EL1 and EL0, in their
// architectural layouts (DDI 0487 D24.2). Those of debug, the timer and PSTATE
// live with what they control.
type sysRegs struct {
	sctlr, actlr, cpacr uint64

	ttbr0, ttbr1, tcr uint64
	mair, amair       uint64
	contextidr        uint64

	vbar, elr, spsr        uint64
	esr, far, afsr0, afsr1 uint64
	par                    uint64

	tpidr0, tpidrro0, tpidr1 uint64

	csselr, cntkctl uint64
	mdscr, mdccint  uint64

	id idRegs
}

// Bits of SCTLR_EL1.
const (
	sctlrM    = 1 << 0  // MMU
	sctlrA    = 1 << 1  // alignment check
	sctlrC    = 1 << 2  // data cache
	sctlrSA   = 1 << 3  // SP alignment check at EL1
	sctlrSA0  = 1 << 4  // SP alignment check at EL0
	sctlrITD  = 1 << 7  // RES1 without AArch32, kept as written
	sctlrSED  = 1 << 8  // RES1 without AArch32, kept as written
	sctlrUMA  = 1 << 9  // EL0 may access PSTATE.DAIF
	sctlrI    = 1 << 12 // instruction cache
	sctlrDZE  = 1 << 14 // EL0 may use DC ZVA
	sctlrUCT  = 1 << 15 // EL0 may read CTR_EL0
	sctlrNTWI = 1 << 16 // WFI at EL0 does not trap
	sctlrNTWE = 1 << 18 // WFE at EL0 does not trap
	sctlrWXN  = 1 << 19 // what is writable is not executable
	sctlrSPAN = 1 << 23 // exceptions leave PSTATE.PAN alone
	sctlrUCI  = 1 << 26 // EL0 may maintain caches

	// sctlrRES1 are the bits that are one in ARMv8.0.
	sctlrRES1 = 1<<11 | 1<<20 | 1<<22 | 1<<28 | 1<<29

	// sctlrWritable leaves out EE and E0E: this CPU is little-endian only.
	sctlrWritable = sctlrM | sctlrA | sctlrC | sctlrSA | sctlrSA0 | sctlrITD | sctlrSED | sctlrUMA | sctlrI |
		sctlrDZE | sctlrUCT | sctlrNTWI | sctlrNTWE | sctlrWXN | sctlrSPAN | sctlrUCI

	// sctlrReset has the MMU and the caches off, and SPAN set, the value that
	// bit had before PAN existed.
	sctlrReset = sctlrRES1 | sctlrSPAN
)

// Bits of TCR_EL1. Fields are read with their shift as the manual gives it.
const (
	tcrT0SZ = 0
	tcrEPD0 = 1 << 7
	tcrTG0  = 14
	tcrT1SZ = 16
	tcrA1   = 1 << 22 // the ASID is TTBR1's
	tcrEPD1 = 1 << 23
	tcrTG1  = 30
	tcrIPS  = 32
	tcrAS   = 1 << 36 // 16-bit ASIDs
	tcrTBI0 = 1 << 37
	tcrTBI1 = 1 << 38

	// tcrWritable is all of ARMv8.0's fields: not bits 6 and 35, which are
	// RES0, and not those of HAFDBS, HPDS and later.
	tcrWritable = 1<<39 - 1 - 1<<6 - 1<<35
)

// Bits of CPACR_EL1 and CNTKCTL_EL1.
const (
	cpacrFPEN = 20 // shift

	cntkctlEL0PCTEN = 1 << 0
	cntkctlEL0VCTEN = 1 << 1
	cntkctlEL0VTEN  = 1 << 8
	cntkctlEL0PTEN  = 1 << 9
	cntkctlWritable = 0x3ff
)

// reset puts the CPU into the state after a warm reset, as a guest of the
// framework finds it: MMU off, EL1 with SP_EL1, all interrupts masked.
func (c *cpu) reset() {
	c.sys = sysRegs{sctlr: sctlrReset}
	c.sys.id.reset(c.index, c.vm.ipaBits)
	c.debug.reset()
	c.timer.reset()
	c.spOther = 0
	for i := range c.X {
		c.X[i] = 0
	}
	c.V = [32][2]uint64{}
	c.FP.FPCR, c.FP.FPSR = 0, 0
	c.PC = 0
	c.excl, c.event = exclusive{}, false
	c.sev.Store(false)
	c.setPSTATE(pstateEL1h | 15<<pstateDAIF)
	c.maintain(maintenance{kind: tlbAll}, false)
	c.maintain(maintenance{kind: codeAll}, false)
}

// asid returns the current address space identifier.
func (c *cpu) asid() uint16 {
	ttbr := c.sys.ttbr0
	if c.sys.tcr&tcrA1 != 0 {
		ttbr = c.sys.ttbr1
	}
	return c.sys.asidField(ttbr)
}

// asidField returns the ASID in bits 63:48 of v, or the part of it that
// TCR_EL1.AS lets count.
func (s *sysRegs) asidField(v uint64) uint16 {
	if s.tcr&tcrAS == 0 {
		return uint16(v >> 48 & 0xff)
	}
	return uint16(v >> 48)
}
