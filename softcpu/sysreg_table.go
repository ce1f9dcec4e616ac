package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// perm says how a register may be accessed.
type perm uint8

const (
	read  perm = 1 << 0
	write perm = 1 << 1
	rw         = read | write
)

// sysRegDef is one system register. Its value is in a field, or get and set compute
// it. An access that an exception level may not make is UNDEFINED.
type sysRegDef struct {
	reg      aarch64.SysReg
	el0, el1 perm
	mask     uint64 // bits that exist; the others are RES0
	ones     uint64 // RES1

	field func(*cpu) *uint64
	get   func(*cpu) uint64
	set   func(*cpu, uint64)

	// changed is called after the field was written, with the old value.
	changed func(c *cpu, old uint64)
	// leave says that a write can change how the following instructions
	// execute, so that the engine has to look again.
	leave bool
	// trap says that an access at EL0, which el0 allows, now traps to EL1.
	trap func(*sysRegs) bool
	// undef says that the register does not exist in the present state.
	undef func(*cpu) bool
	// exits says that accesses exit to the host, unless an exception comes first.
	exits bool
	// fp says that the register belongs to FP and traps with it.
	fp bool
}

const all = ^uint64(0)

// sysRegDefs are the registers of EL1 and EL0 in the order of their encodings:
// op0, op1, CRn, CRm, op2 (DDI 0487 D18.3). Those of debug and identification
// follow in tables of their own.
var sysRegDefs = []sysRegDef{
	{reg: aarch64.SCTLR_EL1, el1: rw, mask: sctlrWritable, ones: aarch64.SCTLR_RES1, field: func(c *cpu) *uint64 { return &c.sys.sctlr }, changed: (*cpu).sctlrChanged, leave: true},
	{reg: aarch64.ACTLR_EL1, el1: rw, field: func(c *cpu) *uint64 { return &c.sys.actlr }},
	{reg: aarch64.CPACR_EL1, el1: rw, mask: 3 << aarch64.CPACR_FPEN, field: func(c *cpu) *uint64 { return &c.sys.cpacr }, changed: (*cpu).modeChanged, leave: true},
	{reg: aarch64.TTBR0_EL1, el1: rw, mask: all, get: func(c *cpu) uint64 { return c.sys.ttbr0 }, set: func(c *cpu, v uint64) { c.setTTBR(&c.sys.ttbr0, v) }, leave: true},
	{reg: aarch64.TTBR1_EL1, el1: rw, mask: all, get: func(c *cpu) uint64 { return c.sys.ttbr1 }, set: func(c *cpu, v uint64) { c.setTTBR(&c.sys.ttbr1, v) }, leave: true},
	{reg: aarch64.TCR_EL1, el1: rw, mask: tcrWritable, field: func(c *cpu) *uint64 { return &c.sys.tcr }, changed: (*cpu).regimeChanged, leave: true},
	{reg: aarch64.SPSR_EL1, el1: rw, mask: spsrWritable, field: func(c *cpu) *uint64 { return &c.sys.spsr }},
	{reg: aarch64.ELR_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.elr }},
	{reg: aarch64.SP_EL0, el1: rw, mask: all, field: func(c *cpu) *uint64 { return c.spEL(0) }, undef: func(c *cpu) bool { return c.spsel == 0 }},
	{reg: aarch64.SPSel, el1: rw, mask: 1, get: func(c *cpu) uint64 { return uint64(c.spsel) }, set: func(c *cpu, v uint64) { c.setSPSel(uint8(v)) }},
	{reg: aarch64.CurrentEL, el1: read, get: func(c *cpu) uint64 { return uint64(c.el) << 2 }},
	{reg: aarch64.PAN, el1: rw, mask: aarch64.PSTATE_PAN, get: func(c *cpu) uint64 { return c.pstate() & aarch64.PSTATE_PAN }, set: func(c *cpu, v uint64) { c.setPAN(v != 0) }, leave: true},
	{reg: aarch64.AFSR0_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.afsr0 }},
	{reg: aarch64.AFSR1_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.afsr1 }},
	{reg: aarch64.ESR_EL1, el1: rw, mask: 1<<32 - 1, field: func(c *cpu) *uint64 { return &c.sys.esr }},
	{reg: aarch64.FAR_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.far }},
	{reg: aarch64.PAR_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.par }},
	{reg: aarch64.MAIR_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.mair }, changed: (*cpu).regimeChanged, leave: true},
	{reg: aarch64.AMAIR_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.amair }},
	{reg: aarch64.VBAR_EL1, el1: rw, mask: all &^ 0x7ff, field: func(c *cpu) *uint64 { return &c.sys.vbar }},
	{reg: aarch64.ISR_EL1, el1: read, get: (*cpu).isr},
	{reg: aarch64.CONTEXTIDR_EL1, el1: rw, mask: 1<<32 - 1, field: func(c *cpu) *uint64 { return &c.sys.contextidr }},
	{reg: aarch64.TPIDR_EL1, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.tpidr1 }},
	{reg: aarch64.CNTKCTL_EL1, el1: rw, mask: cntkctlWritable, field: func(c *cpu) *uint64 { return &c.sys.cntkctl }},
	{reg: aarch64.CCSIDR_EL1, el1: read, get: (*cpu).ccsidr},
	{reg: aarch64.CLIDR_EL1, el1: read, get: func(*cpu) uint64 { return clidrEL1 }},
	{reg: aarch64.AIDR_EL1, el1: read, get: func(*cpu) uint64 { return 0 }},
	{reg: aarch64.CSSELR_EL1, el1: rw, mask: 0xf, field: func(c *cpu) *uint64 { return &c.sys.csselr }},
	{reg: aarch64.CTR_EL0, el0: read, el1: read, get: func(*cpu) uint64 { return ctrEL0 }, trap: func(s *sysRegs) bool { return s.sctlr&aarch64.SCTLR_UCT == 0 }},
	{reg: aarch64.DCZID_EL0, el0: read, el1: read, get: (*cpu).dczid},
	{reg: aarch64.NZCV, el0: rw, el1: rw, mask: aarch64.PSTATE_NZCV, get: func(c *cpu) uint64 { return uint64(c.NZCV()) }, set: func(c *cpu, v uint64) { c.SetNZCV(uint32(v)) }},
	{reg: aarch64.DAIF, el0: rw, el1: rw, mask: 15 << aarch64.PSTATE_DAIF, get: func(c *cpu) uint64 { return uint64(c.daif) << aarch64.PSTATE_DAIF }, set: func(c *cpu, v uint64) { c.setDAIF(uint8(v >> aarch64.PSTATE_DAIF)) }, leave: true, trap: func(s *sysRegs) bool { return s.sctlr&aarch64.SCTLR_UMA == 0 }},
	{reg: aarch64.FPCR, el0: rw, el1: rw, mask: fpcrWritable, get: func(c *cpu) uint64 { return uint64(c.FP.FPCR) }, set: func(c *cpu, v uint64) { c.FP.FPCR = uint32(v) }, fp: true},
	{reg: aarch64.FPSR, el0: rw, el1: rw, mask: fpsrWritable, get: func(c *cpu) uint64 { return uint64(c.FP.FPSR) }, set: func(c *cpu, v uint64) { c.FP.FPSR = uint32(v) }, fp: true},
	{reg: aarch64.TPIDR_EL0, el0: rw, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.tpidr0 }},
	{reg: aarch64.TPIDRRO_EL0, el0: read, el1: rw, mask: all, field: func(c *cpu) *uint64 { return &c.sys.tpidrro0 }},
	{reg: aarch64.CNTFRQ_EL0, el0: read, el1: read, get: func(c *cpu) uint64 { return c.vm.cfg.CounterFrequency }, trap: func(s *sysRegs) bool { return s.cntkctl&(aarch64.CNTKCTL_EL0PCTEN|aarch64.CNTKCTL_EL0VCTEN) == 0 }},
	{reg: aarch64.CNTPCT_EL0, el0: read, el1: read, exits: true, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0PCTEN == 0 }},
	{reg: aarch64.CNTVCT_EL0, el0: read, el1: read, get: (*cpu).cntvct, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0VCTEN == 0 }},
	{reg: aarch64.CNTP_TVAL_EL0, el0: rw, el1: rw, exits: true, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0PTEN == 0 }},
	{reg: aarch64.CNTP_CTL_EL0, el0: rw, el1: rw, exits: true, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0PTEN == 0 }},
	{reg: aarch64.CNTP_CVAL_EL0, el0: rw, el1: rw, exits: true, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0PTEN == 0 }},
	{reg: aarch64.CNTV_TVAL_EL0, el0: rw, el1: rw, mask: 1<<32 - 1, get: (*cpu).cntvTVAL, set: (*cpu).setCNTVTVAL, leave: true, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0VTEN == 0 }},
	{reg: aarch64.CNTV_CTL_EL0, el0: rw, el1: rw, mask: aarch64.CNT_CTL_Writable, get: (*cpu).cntvCTL, set: (*cpu).setCNTVCTL, leave: true, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0VTEN == 0 }},
	{reg: aarch64.CNTV_CVAL_EL0, el0: rw, el1: rw, mask: all, get: func(c *cpu) uint64 { return c.timer.cval }, set: (*cpu).setCNTVCVAL, leave: true, trap: func(s *sysRegs) bool { return s.cntkctl&aarch64.CNTKCTL_EL0VTEN == 0 }},
	// SP_EL1 is the host's: at EL1 its name is SP.
	{reg: aarch64.SP_EL1, mask: all, field: func(c *cpu) *uint64 { return c.spEL(1) }},
}

// Bits of FPCR and FPSR on a processor without trapped FP exceptions, FP16 and
// AArch32.
const (
	fpcrWritable = 1<<26 | 1<<25 | 1<<24 | 3<<22 // AHP, DN, FZ, RMode
	fpsrWritable = 1<<27 | 0x9f                  // QC, IDC, IXC, UFC, OFC, DZC, IOC
)

// sysRegIndex finds a definition by bits 14:0 of a name. 0 means that there is none.
// Bit 15 is set in all names.
var sysRegIndex [1 << 15]uint8

func init() {
	sysRegDefs = append(sysRegDefs, idRegDefs()...)
	sysRegDefs = append(sysRegDefs, debugRegDefs()...)
	for i, d := range sysRegDefs {
		sysRegIndex[d.reg&0x7fff] = uint8(i + 1)
	}
}

// findSysReg returns the definition of r, or nil.
func findSysReg(r aarch64.SysReg) *sysRegDef {
	i := sysRegIndex[r&0x7fff]
	if i == 0 || r>>15 == 0 {
		return nil
	}
	return &sysRegDefs[i-1]
}
