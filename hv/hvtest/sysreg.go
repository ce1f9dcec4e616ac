package hvtest

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var sysRegCases = []Case{
	{"sysreg/trapped", checkTrapped},
	{"sysreg/untrapped", checkUntrapped},
}

// trapped are accesses that the host emulates.
var trapped = []struct {
	word uint32
	text string
	trap aarch64.SysRegTrap
}{
	// The GIC's CPU interface.
	{0xd538cc00, "mrs x0, icc_iar1_el1", aarch64.SysRegTrap{Reg: aarch64.ICC_IAR1_EL1, Rt: 0, Read: true}},
	{0xd518cc3e, "msr icc_eoir1_el1, x30", aarch64.SysRegTrap{Reg: aarch64.ICC_EOIR1_EL1, Rt: 30}},
	{0xd538461d, "mrs x29, icc_pmr_el1", aarch64.SysRegTrap{Reg: aarch64.ICC_PMR_EL1, Rt: 29, Read: true}},
	{0xd5184601, "msr icc_pmr_el1, x1", aarch64.SysRegTrap{Reg: aarch64.ICC_PMR_EL1, Rt: 1}},
	{0xd518cba2, "msr icc_sgi1r_el1, x2", aarch64.SysRegTrap{Reg: aarch64.ICC_SGI1R_EL1, Rt: 2}},
	{0xd518cb3f, "msr icc_dir_el1, xzr", aarch64.SysRegTrap{Reg: aarch64.ICC_DIR_EL1, Rt: 31}},
	{0xd538cb63, "mrs x3, icc_rpr_el1", aarch64.SysRegTrap{Reg: aarch64.ICC_RPR_EL1, Rt: 3, Read: true}},
	{0xd538cc84, "mrs x4, icc_ctlr_el1", aarch64.SysRegTrap{Reg: aarch64.ICC_CTLR_EL1, Rt: 4, Read: true}},
	{0xd518cc85, "msr icc_ctlr_el1, x5", aarch64.SysRegTrap{Reg: aarch64.ICC_CTLR_EL1, Rt: 5}},
	{0xd518cce6, "msr icc_igrpen1_el1, x6", aarch64.SysRegTrap{Reg: aarch64.ICC_IGRPEN1_EL1, Rt: 6}},
	{0xd538cc1f, "mrs xzr, icc_iar1_el1", aarch64.SysRegTrap{Reg: aarch64.ICC_IAR1_EL1, Rt: 31, Read: true}},
	{0xd538cc67, "mrs x7, icc_bpr1_el1", aarch64.SysRegTrap{Reg: aarch64.ICC_BPR1_EL1, Rt: 7, Read: true}},
	{0xd518c91f, "msr icc_ap1r0_el1, xzr", aarch64.SysRegTrap{Reg: aarch64.ICC_AP1R0_EL1, Rt: 31}},
	// The physical timer.
	{0xd53be028, "mrs x8, cntpct_el0", aarch64.SysRegTrap{Reg: aarch64.CNTPCT_EL0, Rt: 8, Read: true}},
	{0xd53be229, "mrs x9, cntp_ctl_el0", aarch64.SysRegTrap{Reg: aarch64.CNTP_CTL_EL0, Rt: 9, Read: true}},
	{0xd51be22a, "msr cntp_ctl_el0, x10", aarch64.SysRegTrap{Reg: aarch64.CNTP_CTL_EL0, Rt: 10}},
	{0xd51be24b, "msr cntp_cval_el0, x11", aarch64.SysRegTrap{Reg: aarch64.CNTP_CVAL_EL0, Rt: 11}},
	{0xd53be24c, "mrs x12, cntp_cval_el0", aarch64.SysRegTrap{Reg: aarch64.CNTP_CVAL_EL0, Rt: 12, Read: true}},
	{0xd51be21f, "msr cntp_tval_el0, xzr", aarch64.SysRegTrap{Reg: aarch64.CNTP_TVAL_EL0, Rt: 31}},
	{0xd53be20d, "mrs x13, cntp_tval_el0", aarch64.SysRegTrap{Reg: aarch64.CNTP_TVAL_EL0, Rt: 13, Read: true}},
	// The OS lock.
	{0xd510109f, "msr oslar_el1, xzr", aarch64.SysRegTrap{Reg: aarch64.OSLAR_EL1, Rt: 31}},
	{0xd510108e, "msr oslar_el1, x14", aarch64.SysRegTrap{Reg: aarch64.OSLAR_EL1, Rt: 14}},
	{0xd530118f, "mrs x15, oslsr_el1", aarch64.SysRegTrap{Reg: aarch64.OSLSR_EL1, Rt: 15, Read: true}},
	{0xd510139f, "msr osdlr_el1, xzr", aarch64.SysRegTrap{Reg: aarch64.OSDLR_EL1, Rt: 31}},
	// The performance monitors.
	{0xd53b9d10, "mrs x16, pmccntr_el0", aarch64.SysRegTrap{Reg: aarch64.PMCCNTR_EL0, Rt: 16, Read: true}},
	{0xd51b9c11, "msr pmcr_el0, x17", aarch64.SysRegTrap{Reg: aarch64.PMCR_EL0, Rt: 17}},
	{0xd53b9c12, "mrs x18, pmcr_el0", aarch64.SysRegTrap{Reg: aarch64.PMCR_EL0, Rt: 18, Read: true}},
	{0xd51b9e1f, "msr pmuserenr_el0, xzr", aarch64.SysRegTrap{Reg: aarch64.PMUSERENR_EL0, Rt: 31}},
	{0xd51b9c33, "msr pmcntenset_el0, x19", aarch64.SysRegTrap{Reg: aarch64.PMCNTENSET_EL0, Rt: 19}},
	{0xd5189e54, "msr pmintenclr_el1, x20", aarch64.SysRegTrap{Reg: aarch64.PMINTENCLR_EL1, Rt: 20}},
	{0xd53b9c75, "mrs x21, pmovsclr_el0", aarch64.SysRegTrap{Reg: aarch64.PMOVSCLR_EL0, Rt: 21, Read: true}},
}

// checkTrapped: the PC is at the instruction, and no register has changed.
func checkTrapped(g *guest) {
	c := g.cpu
	at := make([]uint64, len(trapped))
	for i, r := range trapped {
		at[i] = g.put(program{{r.word, r.text}, hvc1[0]})
	}
	for i, r := range trapped {
		for x := range 31 {
			c.set(hv.Reg(x), pattern(x))
		}
		before := c.x()
		want := aarch64.MakeESR(aarch64.ECSysReg, r.trap.ISS())
		e := c.runAt(at[i])
		if e.Reason != hv.ExitException || syndrome(e) != want || c.pc() != at[i] {
			c.fatalf("%s: %s %+v; want %v %+v, PC at the instruction, 0x%x", r.text, c.describe(e), e.ESR.SysRegTrap(), want, r.trap, at[i])
		}
		if after := c.x(); after != before {
			c.errorf("%s: registers changed from %x to %x", r.text, before, after)
		}
		c.wantHVC(r.text+", emulated", c.runAt(at[i]+4), 1)
	}
}

// untrapped are accesses that do not exit.
var untrapped = []insn{
	{0xd5380000, "mrs x0, midr_el1"},
	{0xd53800a0, "mrs x0, mpidr_el1"},
	{0xd53800c0, "mrs x0, revidr_el1"},
	{0xd5380400, "mrs x0, id_aa64pfr0_el1"},
	{0xd5380420, "mrs x0, id_aa64pfr1_el1"},
	{0xd5380500, "mrs x0, id_aa64dfr0_el1"},
	{0xd5380600, "mrs x0, id_aa64isar0_el1"},
	{0xd5380620, "mrs x0, id_aa64isar1_el1"},
	{0xd5380700, "mrs x0, id_aa64mmfr0_el1"},
	{0xd5380720, "mrs x0, id_aa64mmfr1_el1"},
	{0xd5380740, "mrs x0, id_aa64mmfr2_el1"},
	{0xd53b0020, "mrs x0, ctr_el0"},
	{0xd53b00e0, "mrs x0, dczid_el0"},
	{0xd5390020, "mrs x0, clidr_el1"},
	{0xd53be000, "mrs x0, cntfrq_el0"},
	{0xd53be040, "mrs x0, cntvct_el0"},
	{0xd53be320, "mrs x0, cntv_ctl_el0"},
	{0xd53be340, "mrs x0, cntv_cval_el0"},
	{0xd53be300, "mrs x0, cntv_tval_el0"},
	{0xd51be33f, "msr cntv_ctl_el0, xzr"},
	{0xd51be35f, "msr cntv_cval_el0, xzr"},
	{0xd51be31f, "msr cntv_tval_el0, xzr"},
	{0xd5381000, "mrs x0, sctlr_el1"},
	{0xd518d080, "msr tpidr_el1, x0"},
	{0xd51bd040, "msr tpidr_el0, x0"},
	{0xd538c100, "mrs x0, isr_el1"},
	{0xd5385200, "mrs x0, esr_el1"},
	{0xd5384240, "mrs x0, currentel"},
	{0xd5300240, "mrs x0, mdscr_el1"},
	{0xd510025f, "msr mdscr_el1, xzr"},
	{0xd518d020, "msr contextidr_el1, x0"},
	{0xd50041bf, "msr spsel, #0x1"},
	{0xd508871f, "tlbi vmalle1"},
	{0xd508831f, "tlbi vmalle1is"},
	{0xd5033b9f, "dsb ish"},
	{0xd5033fdf, "isb"},
	{0xd508711f, "ic ialluis"},
	{0xd5033bbf, "dmb ish"},
	{0xd5033f5f, "clrex"},
	{0xd503209f, "sev"},
	{0xd503203f, "yield"},
	{0xd503201f, "nop"},
	{0xd53be05f, "mrs xzr, cntvct_el0"},
}

// checkUntrapped: the accesses do not exit. It also checks some of the values that
// they read.
func checkUntrapped(g *guest) {
	c := g.cpu
	at := make([]uint64, len(untrapped))
	for i, in := range untrapped {
		at[i] = g.put(program{in, hvc1[0]})
	}
	want := map[string]uint64{
		"mrs x0, cntfrq_el0":       g.vm.CounterFrequency(),
		"mrs x0, currentel":        1 << 2,
		"mrs x0, id_aa64pfr0_el1":  c.sys(aarch64.ID_AA64PFR0_EL1),
		"mrs x0, id_aa64dfr0_el1":  c.sys(aarch64.ID_AA64DFR0_EL1),
		"mrs x0, id_aa64isar0_el1": c.sys(aarch64.ID_AA64ISAR0_EL1),
		"mrs x0, id_aa64mmfr0_el1": c.sys(aarch64.ID_AA64MMFR0_EL1),
		"mrs x0, sctlr_el1":        c.sys(aarch64.SCTLR_EL1),
	}
	for i, in := range untrapped {
		before := g.vm.Counter()
		c.set(hv.RegX0, 0)
		c.wantHVC(in.text, c.runAt(at[i]), 1)
		x0 := c.reg(hv.RegX0)
		if in.text == "mrs x0, cntvct_el0" && (x0 < before || x0 > g.vm.Counter()) {
			c.errorf("%s, offset 0: 0x%x, want 0x%x to 0x%x", in.text, x0, before, g.vm.Counter())
		}
		if v, ok := want[in.text]; ok && x0 != v {
			c.errorf("%s: 0x%x, want 0x%x", in.text, x0, v)
		}
	}
}
