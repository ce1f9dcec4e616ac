package softcpu

import "github.com/miniboot-vmm/miniboot/aarch64"

// sysRegs is the state behind the system registers of EL1 and EL0, in their
// architectural layouts (DDI 0487 D24.2). The state of debug, timer and PSTATE is
// elsewhere: debugState, vtimer and cpu.
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

// The bits that a guest can write.
const (
	// sctlrWritable leaves out EE and E0E: this CPU is little-endian only. ITD
	// and SED are kept as written.
	sctlrWritable = aarch64.SCTLR_M | aarch64.SCTLR_A | aarch64.SCTLR_C | aarch64.SCTLR_SA | aarch64.SCTLR_SA0 | aarch64.SCTLR_ITD | aarch64.SCTLR_SED | aarch64.SCTLR_UMA | aarch64.SCTLR_I |
		aarch64.SCTLR_DZE | aarch64.SCTLR_UCT | aarch64.SCTLR_nTWI | aarch64.SCTLR_nTWE | aarch64.SCTLR_WXN | aarch64.SCTLR_SPAN | aarch64.SCTLR_UCI

	// tcrWritable has the fields of ARMv8.0. Bits 6 and 35 are RES0, and so are the
	// fields of HAFDBS, HPDS and later.
	tcrWritable = 1<<39 - 1 - 1<<6 - 1<<35

	spsrWritable = aarch64.PSTATE_NZCV | aarch64.PSTATE_PAN | aarch64.PSTATE_SS | aarch64.PSTATE_IL | 15<<aarch64.PSTATE_DAIF | aarch64.PSTATE_M

	cntkctlWritable = 0x3ff
)

// reset puts the CPU into the state after a warm reset, as a guest of the
// framework finds it: MMU off, EL1 with SP_EL1, all interrupts masked.
func (c *cpu) reset() {
	c.sys = sysRegs{sctlr: aarch64.SCTLR_Reset}
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
	c.setPSTATE(aarch64.PSTATE_EL1h | 15<<aarch64.PSTATE_DAIF)
	c.maintain(maintenance{kind: tlbAll}, false)
	c.maintain(maintenance{kind: codeAll}, false)
}

// asid returns the current address space identifier.
func (c *cpu) asid() uint16 {
	ttbr := c.sys.ttbr0
	if c.sys.tcr&aarch64.TCR_A1 != 0 {
		ttbr = c.sys.ttbr1
	}
	return c.sys.asidField(ttbr)
}

// asidField returns the ASID in bits 63:48 of v: all 16 bits or only the low 8,
// according to TCR_EL1.AS.
func (s *sysRegs) asidField(v uint64) uint16 {
	if s.tcr&aarch64.TCR_AS == 0 {
		return uint16(v >> 48 & 0xff)
	}
	return uint16(v >> 48)
}
