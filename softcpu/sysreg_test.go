package softcpu

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestIDRegisters: the ID registers describe exactly ARMv8.0-A with CRC32, AES, PMULL,
// SHA1, SHA256, LSE and PAN.
func TestIDRegisters(t *testing.T) {
	named := map[aarch64.SysReg]uint64{
		aarch64.MIDR_EL1:         0x000f6d60,
		aarch64.MPIDR_EL1:        0x80000000,
		aarch64.ID_AA64PFR0_EL1:  0x1100000000000011,
		aarch64.ID_AA64DFR0_EL1:  0x10305006,
		aarch64.ID_AA64ISAR0_EL1: 0x211120,
		aarch64.ID_AA64MMFR0_EL1: 0x00100022,
		aarch64.ID_AA64MMFR1_EL1: 0x00100000,
	}
	g := newGuest(t)
	for crm := uint32(0); crm < 8; crm++ {
		for op2 := uint32(0); op2 < 8; op2++ {
			r := aarch64.SysRegOf(3, 0, 0, crm, op2)
			if crm == 0 && op2 != 0 && op2 != 5 && op2 != 6 {
				continue // not in the identification space
			}
			if _, happened := g.try(func() bool { return g.mrs(r) }); happened {
				t.Errorf("MRS %v at EL1: an exception or exit", r)
			}
			if g.X[3] != named[r] {
				t.Errorf("%v = 0x%x, want 0x%x", r, g.X[3], named[r])
			}
			if o, _ := g.try(func() bool { return g.msr(r, 1) }); o != (outcome{EC: aarch64.ECUnknown, PC: testPC}) {
				t.Errorf("MSR %v: %+v, want UNDEFINED", r, o)
			}
			g.at(aarch64.PSTATE_EL0t)
			if o, _ := g.try(func() bool { return g.mrs(r) }); o != (outcome{EC: aarch64.ECUnknown, PC: testPC}) {
				t.Errorf("MRS %v at EL0: %+v, want UNDEFINED", r, o)
			}
			g.at(aarch64.PSTATE_EL1h)
			g.set(r, 0x1234)
			want := uint64(0x1234)
			if r == aarch64.MPIDR_EL1 {
				want |= 1 << 31 // RES1
			}
			if g.mrs(r); g.X[3] != want {
				t.Errorf("MRS %v after the host has set it to 0x1234: 0x%x, want 0x%x", r, g.X[3], want)
			}
		}
	}
}

func TestCacheRegisters(t *testing.T) {
	g := newGuest(t)
	rows := []struct {
		name   string
		csselr uint64
		reg    aarch64.SysReg
		want   uint64
	}{
		{"CTR_EL0", 0, aarch64.CTR_EL0, 0x9444c004},
		{"DCZID_EL0", 0, aarch64.DCZID_EL0, 4},
		{"CLIDR_EL1", 0, aarch64.CLIDR_EL1, 0x02000023},
		{"CCSIDR_EL1, L1 data", 0, aarch64.CCSIDR_EL1, 255<<13 | 3<<3 | 2},
		{"CCSIDR_EL1, L1 instruction", 1, aarch64.CCSIDR_EL1, 255<<13 | 3<<3 | 2},
		{"CCSIDR_EL1, L2", 2, aarch64.CCSIDR_EL1, 4095<<13 | 15<<3 | 2},
		{"CCSIDR_EL1, none", 4, aarch64.CCSIDR_EL1, 0},
	}
	for _, r := range rows {
		g.msr(aarch64.CSSELR_EL1, r.csselr)
		if g.mrs(r.reg); g.X[3] != r.want {
			t.Errorf("%s = 0x%x, want 0x%x", r.name, g.X[3], r.want)
		}
	}
}

// TestDCZIDAtEL0: DZP says that DC ZVA is not allowed.
func TestDCZIDAtEL0(t *testing.T) {
	for sctlr, want := range map[uint64]uint64{aarch64.SCTLR_Reset: 0x14, aarch64.SCTLR_Reset | aarch64.SCTLR_DZE: 4} {
		g := newGuest(t)
		g.set(aarch64.SCTLR_EL1, sctlr)
		g.at(aarch64.PSTATE_EL0t)
		if g.mrs(aarch64.DCZID_EL0); g.X[3] != want {
			t.Errorf("SCTLR_EL1 0x%x: DCZID_EL0 0x%x, want 0x%x", sctlr, g.X[3], want)
		}
	}
}

// TestSysRegLeaves: writes after which the engine has to look at the CPU's state
// again.
func TestSysRegLeaves(t *testing.T) {
	for _, r := range []aarch64.SysReg{
		aarch64.SCTLR_EL1, aarch64.CPACR_EL1, aarch64.TTBR0_EL1, aarch64.TTBR1_EL1, aarch64.TCR_EL1, aarch64.MAIR_EL1,
		aarch64.PAN, aarch64.DAIF, // PAN, DAIF
		aarch64.CNTV_TVAL_EL0, aarch64.CNTV_CTL_EL0, aarch64.CNTV_CVAL_EL0,
		aarch64.MDSCR_EL1, aarch64.DBGBCR(0), aarch64.DBGWCR(0),
	} {
		g := newGuest(t)
		if g.PC = testPC; g.msr(r, 0) || g.PC != testPC+4 {
			t.Errorf("MSR %v: goes on in the loop, or PC 0x%x", r, g.PC)
		}
	}
}

// TestSysRegWriteMasks writes all ones and all zeros to each register. Only the bits
// that exist read back.
func TestSysRegWriteMasks(t *testing.T) {
	const all = ^uint64(0)
	rows := []struct {
		name        string
		reg         aarch64.SysReg
		ones, zeros uint64
	}{
		{"SCTLR_EL1", aarch64.SCTLR_EL1, 0x34dddb9f, 0x30500800},
		{"ACTLR_EL1", aarch64.ACTLR_EL1, 0, 0},
		{"CPACR_EL1", aarch64.CPACR_EL1, 0x300000, 0},
		{"TTBR0_EL1", aarch64.TTBR0_EL1, all, 0},
		{"TTBR1_EL1", aarch64.TTBR1_EL1, all, 0},
		{"TCR_EL1", aarch64.TCR_EL1, 0x77ffffffbf, 0},
		{"SPSR_EL1", aarch64.SPSR_EL1, 0xf07003df, 0},
		{"ELR_EL1", aarch64.ELR_EL1, all, 0},
		{"SP_EL0", aarch64.SP_EL0, all, 0},
		{"SPSel", aarch64.SPSel, 1, 0},
		{"PAN", aarch64.PAN, 1 << 22, 0},
		{"AFSR0_EL1", aarch64.AFSR0_EL1, all, 0},
		{"AFSR1_EL1", aarch64.AFSR1_EL1, all, 0},
		{"ESR_EL1", aarch64.ESR_EL1, 0xffffffff, 0},
		{"FAR_EL1", aarch64.FAR_EL1, all, 0},
		{"PAR_EL1", aarch64.PAR_EL1, all, 0},
		{"MAIR_EL1", aarch64.MAIR_EL1, all, 0},
		{"AMAIR_EL1", aarch64.AMAIR_EL1, all, 0},
		{"VBAR_EL1", aarch64.VBAR_EL1, all &^ 0x7ff, 0},
		{"CONTEXTIDR_EL1", aarch64.CONTEXTIDR_EL1, 0xffffffff, 0},
		{"TPIDR_EL1", aarch64.TPIDR_EL1, all, 0},
		{"TPIDR_EL0", aarch64.TPIDR_EL0, all, 0},
		{"TPIDRRO_EL0", aarch64.TPIDRRO_EL0, all, 0},
		{"CNTKCTL_EL1", aarch64.CNTKCTL_EL1, 0x3ff, 0},
		{"CSSELR_EL1", aarch64.CSSELR_EL1, 0xf, 0},
		{"NZCV", aarch64.NZCV, 0xf0000000, 0},
		{"DAIF", aarch64.DAIF, 0x3c0, 0},
		{"FPCR", aarch64.FPCR, 0x07c00000, 0},
		{"FPSR", aarch64.FPSR, 0x0800009f, 0},
		{"MDSCR_EL1", aarch64.MDSCR_EL1, 0xb001, 0},
		{"MDCCINT_EL1", aarch64.MDCCINT_EL1, 0x60000000, 0},
		{"DBGBVR0_EL1", aarch64.DBGBVR(0), all &^ 3, 0},
		{"DBGBVR5_EL1", aarch64.DBGBVR(5), all, 0},
		{"DBGBCR0_EL1", aarch64.DBGBCR(0), 0x00ffe1e7, 0},
		{"DBGWVR3_EL1", aarch64.DBGWVR(3), all &^ 3, 0},
		{"DBGWCR3_EL1", aarch64.DBGWCR(3), 0x1f1fffff, 0},
		{"CNTV_CTL_EL0", aarch64.CNTV_CTL_EL0, 3, 0},
		{"CNTV_CVAL_EL0", aarch64.CNTV_CVAL_EL0, all, 0},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.set(aarch64.CPACR_EL1, 3<<20)
		g.set(aarch64.CNTV_CVAL_EL0, all)
		for _, w := range []struct{ v, want uint64 }{{all, r.ones}, {0, r.zeros}} {
			_, happened := g.try(func() bool { g.msr(r.reg, w.v); g.PC = testPC; return g.mrs(r.reg) })
			if happened || g.X[3] != w.want {
				t.Errorf("%s: wrote 0x%x, read 0x%x, want 0x%x (exception or exit: %v)", r.name, w.v, g.X[3], w.want, happened)
			}
		}
	}
}

// TestSysRegEL0 is the access table of EL0: every register, with the controls that
// allow the access off and on.
func TestSysRegEL0(t *testing.T) {
	undef := outcome{EC: aarch64.ECUnknown, PC: testPC}
	trap := func(r aarch64.SysReg, reading bool) outcome {
		return outcome{EC: aarch64.ECSysReg, ISS: aarch64.SysRegTrap{Reg: r, Rt: 3, Read: reading}.ISS(), PC: testPC}
	}
	exits := func(r aarch64.SysReg, reading bool) outcome {
		o := trap(r, reading)
		o.Exit = true
		return o
	}
	type access struct {
		allowed perm
		gated   bool // traps to EL1 with all controls off
		exits   bool // the host handles it
	}
	visible := map[aarch64.SysReg]access{
		aarch64.CTR_EL0:       {read, true, false},  // CTR_EL0
		aarch64.DCZID_EL0:     {read, false, false}, // DCZID_EL0
		aarch64.NZCV:          {rw, false, false},   // NZCV
		aarch64.DAIF:          {rw, true, false},    // DAIF
		aarch64.FPCR:          {rw, false, false},   // FPCR
		aarch64.FPSR:          {rw, false, false},   // FPSR
		aarch64.TPIDR_EL0:     {rw, false, false},   // TPIDR_EL0
		aarch64.TPIDRRO_EL0:   {read, false, false}, // TPIDRRO_EL0
		aarch64.CNTFRQ_EL0:    {read, true, false},  // CNTFRQ_EL0
		aarch64.CNTPCT_EL0:    {read, true, true},   // CNTPCT_EL0
		aarch64.CNTVCT_EL0:    {read, true, false},  // CNTVCT_EL0
		aarch64.CNTP_TVAL_EL0: {rw, true, true},     // CNTP_TVAL_EL0
		aarch64.CNTP_CTL_EL0:  {rw, true, true},     // CNTP_CTL_EL0
		aarch64.CNTP_CVAL_EL0: {rw, true, true},     // CNTP_CVAL_EL0
		aarch64.CNTV_TVAL_EL0: {rw, true, false},    // CNTV_TVAL_EL0
		aarch64.CNTV_CTL_EL0:  {rw, true, false},    // CNTV_CTL_EL0
		aarch64.CNTV_CVAL_EL0: {rw, true, false},    // CNTV_CVAL_EL0
		aarch64.MDCCSR_EL0:    {read, true, false},  // MDCCSR_EL0
		aarch64.DBGDTR_EL0:    {rw, true, false},    // DBGDTR_EL0
		aarch64.DBGDTRRX_EL0:  {rw, true, false},    // DBGDTRRX_EL0, DBGDTRTX_EL0
	}
	g := newGuest(t)
	for _, open := range []bool{false, true} {
		g.reset()
		g.set(aarch64.CPACR_EL1, 3<<20)
		if open {
			g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|aarch64.SCTLR_UMA|aarch64.SCTLR_UCT)
			g.set(aarch64.CNTKCTL_EL1, cntkctlWritable)
		} else {
			g.set(aarch64.MDSCR_EL1, mdscrTDCC)
		}
		for name := 0x8000; name < 0x10000; name++ {
			r := aarch64.SysReg(name)
			a := visible[r]
			for _, want := range []perm{read, write} {
				g.at(aarch64.PSTATE_EL0t)
				o, happened := g.try(func() bool {
					if want == read {
						return g.mrs(r)
					}
					return g.msr(r, 0)
				})
				var expected outcome
				switch {
				case a.allowed&want == 0:
					expected = undef
				case a.gated && !open:
					expected = trap(r, want == read)
				case a.exits:
					expected = exits(r, want == read)
				}
				if o != expected || happened != (expected != outcome{}) {
					t.Fatalf("%v, access %d, open %v: %+v, want %+v", r, want, open, o, expected)
				}
			}
		}
	}
}

// TestSysRegCNTFRQGate: either counter enable lets EL0 read the frequency.
func TestSysRegCNTFRQGate(t *testing.T) {
	for bits, trapped := range map[uint64]bool{0: true, 1: false, 2: false, 3: false, 1 << 8: true, 1 << 9: true} {
		g := newGuest(t)
		g.set(aarch64.CNTKCTL_EL1, bits)
		g.at(aarch64.PSTATE_EL0t)
		if _, happened := g.try(func() bool { return g.mrs(aarch64.CNTFRQ_EL0) }); happened != trapped {
			t.Errorf("CNTKCTL_EL1 0x%x: CNTFRQ_EL0 traps %v, want %v", bits, happened, trapped)
		}
	}
}

// TestSysRegExits: accesses to registers that the framework traps, and to any other
// unknown register at EL1, exit to the host. Registers of EL2 and EL3 do not exist.
func TestSysRegExits(t *testing.T) {
	rows := []struct {
		name string
		reg  aarch64.SysReg
		exit bool
	}{
		{"ICC_IAR1_EL1", aarch64.ICC_IAR1_EL1, true},
		{"ICC_PMR_EL1", aarch64.ICC_PMR_EL1, true},
		{"ICC_SRE_EL1", aarch64.ICC_SRE_EL1, true},
		{"ICC_SGI1R_EL1", aarch64.ICC_SGI1R_EL1, true},
		{"CNTPCT_EL0", aarch64.CNTPCT_EL0, true},
		{"CNTP_CTL_EL0", aarch64.CNTP_CTL_EL0, true},
		{"PMCR_EL0", aarch64.PMCR_EL0, true},
		{"PMCCNTR_EL0", aarch64.PMCCNTR_EL0, true},
		{"OSLAR_EL1", aarch64.OSLAR_EL1, true},
		{"OSDLR_EL1", aarch64.OSDLR_EL1, true},
		{"LORC_EL1", aarch64.LORC_EL1, true},
		{"an implementation defined one", aarch64.SysRegOf(3, 0, 15, 2, 7), true},
		{"HCR_EL2", aarch64.HCR_EL2, false},
		{"SP_EL1", aarch64.SP_EL1, false},
		{"SCTLR_EL12", aarch64.SysRegOf(3, 5, 1, 0, 0), false},
		{"SCR_EL3", aarch64.SysRegOf(3, 6, 1, 1, 0), false},
		{"CNTPS_CTL_EL1", aarch64.SysRegOf(3, 7, 14, 2, 1), false},
	}
	for _, r := range rows {
		g := newGuest(t)
		want := outcome{Exit: true, EC: aarch64.ECSysReg, ISS: aarch64.SysRegTrap{Reg: r.reg, Rt: 3, Read: true}.ISS(), PC: testPC}
		if !r.exit {
			want = outcome{EC: aarch64.ECUnknown, PC: testPC}
		}
		if o, _ := g.try(func() bool { return g.mrs(r.reg) }); o != want {
			t.Errorf("MRS %s: %+v, want %+v", r.name, o, want)
		}
	}
	g := newGuest(t)
	g.try(func() bool {
		return execMRS(g.cpu, &a64.Op{Rd: a64.Sink, Aux: uint16(aarch64.ICC_IAR1_EL1)})
	})
	if got := g.exit.ESR.SysRegTrap(); got.Rt != 31 {
		t.Errorf("MRS XZR, ICC_IAR1_EL1: Rt %d, want 31", got.Rt)
	}
	g.try(func() bool { return execMSR(g.cpu, &a64.Op{Rn: a64.ZR, Aux: uint16(aarch64.ICC_EOIR1_EL1)}) })
	if got := g.exit.ESR.SysRegTrap(); got.Rt != 31 || got.Read {
		t.Errorf("MSR ICC_EOIR1_EL1, XZR: %+v, want Rt 31, a write", got)
	}
}

// TestSysRegHost: the host can read and write every register with a name, with three
// exceptions: registers of EL2, SVE, SME, PAC and DIT, registers whose accesses exit, and
// registers that cannot be written.
func TestSysRegHost(t *testing.T) {
	starts := func(name string, with ...string) bool {
		return slices.ContainsFunc(with, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	here := func(r aarch64.SysReg, name string) bool {
		op0, op1, _, crm, _ := r.Fields()
		switch {
		case starts(name, "DBGB"):
			return crm < numBreakpoints
		case starts(name, "DBGW"):
			return crm < numWatchpoints
		case starts(name, "APIA", "APIB", "APDA", "APDB", "APGA", "SMPRI", "SMCR", "SCXTNUM", "TPIDR2"),
			starts(name, "CNTP", "ICC_", "PM", "LOR", "OSL", "OSDLR"), r == aarch64.DIT:
			return false
		}
		return op0 == 2 || op1 < 4 || r == aarch64.SP_EL1
	}
	fixed := []aarch64.SysReg{
		aarch64.MDCCSR_EL0, aarch64.CurrentEL, aarch64.ISR_EL1, aarch64.CCSIDR_EL1, aarch64.CLIDR_EL1, aarch64.AIDR_EL1,
		aarch64.CTR_EL0, aarch64.DCZID_EL0, aarch64.CNTFRQ_EL0, aarch64.CNTVCT_EL0,
	}
	g := newGuest(t)
	known := 0
	for name := 0x8000; name < 0x10000; name++ {
		r := aarch64.SysReg(name)
		s := r.String()
		if starts(s, "S2_", "S3_") {
			continue
		}
		known++
		_, readable := g.sysReg(r)
		writable := g.setSysReg(r, 0)
		if want := here(r, s); readable != want || writable != (want && !slices.Contains(fixed, r)) {
			t.Errorf("%v: readable %v, writable %v; is it here: %v", r, readable, writable, want)
		}
	}
	if known < 140 {
		t.Errorf("package aarch64 names %d registers, want 140 or more", known)
	}
	if _, ok := g.sysReg(0x1234); ok {
		t.Error("a name below 0x8000 is a register")
	}
}

func TestReset(t *testing.T) {
	g := newGuest(t)
	fresh := map[aarch64.SysReg]uint64{}
	for i := range sysRegDefs {
		if r := sysRegDefs[i].reg; !sysRegDefs[i].exits {
			fresh[r] = g.get(r)
		}
	}
	for r := range fresh {
		g.setSysReg(r, 0x5555_5555_5555_5555)
	}
	g.setPSTATE(aarch64.PSTATE_EL0t)
	g.X[7], g.PC, g.event, g.V[1][0] = 1, 4, true, 1
	g.reset()
	again := map[aarch64.SysReg]uint64{}
	for r := range fresh {
		again[r] = g.get(r)
	}
	if d := cmp.Diff(fresh, again); d != "" {
		t.Errorf("after reset (-fresh +reset):\n%s", d)
	}
	if g.pstate() != 0x3c5 || g.get(aarch64.SCTLR_EL1) != 0x30d00800 || g.X[7] != 0 || g.PC != 0 || g.event || g.V[1][0] != 0 {
		t.Errorf("after reset: PSTATE 0x%x, SCTLR 0x%x", g.pstate(), g.get(aarch64.SCTLR_EL1))
	}
}

func TestMSRImmediate(t *testing.T) {
	undef := outcome{EC: aarch64.ECUnknown, PC: testPC}
	umaTrap := func(crm, op2 uint32) outcome {
		return outcome{EC: aarch64.ECSysReg, ISS: op2<<17 | 3<<14 | 4<<10 | 31<<5 | crm<<1, PC: testPC}
	}
	rows := []struct {
		name   string
		field  uint16
		imm    uint64
		before uint64
		sctlr  uint64
		after  uint64
		want   outcome
	}{
		{"SPSel 0", 5, 0, aarch64.PSTATE_EL1h, 0, aarch64.PSTATE_EL1t, outcome{}},
		{"SPSel 1", 5, 1, aarch64.PSTATE_EL1t, 0, aarch64.PSTATE_EL1h, outcome{}},
		{"PAN 1", 4, 1, aarch64.PSTATE_EL1h, 0, aarch64.PSTATE_PAN | aarch64.PSTATE_EL1h, outcome{}},
		{"PAN 0", 4, 0, aarch64.PSTATE_PAN | aarch64.PSTATE_EL1h, 0, aarch64.PSTATE_EL1h, outcome{}},
		{"DAIFSet 2", 3<<3 | 6, 2, aarch64.PSTATE_EL1h, 0, maskI<<6 | aarch64.PSTATE_EL1h, outcome{}},
		{"DAIFSet 15", 3<<3 | 6, 15, aarch64.PSTATE_EL1h, 0, 15<<6 | aarch64.PSTATE_EL1h, outcome{}},
		{"DAIFClr 2", 3<<3 | 7, 2, 15<<6 | aarch64.PSTATE_EL1h, 0, 13<<6 | aarch64.PSTATE_EL1h, outcome{}},
		{"DAIFClr 8", 3<<3 | 7, 8, 15<<6 | aarch64.PSTATE_EL1h, 0, 7<<6 | aarch64.PSTATE_EL1h, outcome{}},
		{"DAIFSet at EL0", 3<<3 | 6, 3, 0, 0, 15<<6 | aarch64.PSTATE_EL1h, umaTrap(3, 6)},
		{"DAIFClr at EL0", 3<<3 | 7, 2, 0, 0, 15<<6 | aarch64.PSTATE_EL1h, umaTrap(2, 7)},
		{"DAIFSet at EL0, UMA", 3<<3 | 6, 3, 0, aarch64.SCTLR_UMA, 3 << 6, outcome{}},
		{"SPSel at EL0", 5, 1, 0, aarch64.SCTLR_UMA, 15<<6 | aarch64.PSTATE_EL1h, undef},
		{"PAN at EL0", 4, 1, 0, aarch64.SCTLR_UMA, 15<<6 | aarch64.PSTATE_EL1h, undef},
		{"UAO, which there is not", 3, 1, aarch64.PSTATE_EL1h, 0, 15<<6 | aarch64.PSTATE_EL1h, undef},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|r.sctlr)
		g.at(r.before)
		o, _ := g.try(func() bool { return execMSRImm(g.cpu, &a64.Op{Aux: r.field, Imm: r.imm}) })
		if o != r.want || g.pstate() != r.after {
			t.Errorf("%s: %+v, PSTATE 0x%x; want %+v, 0x%x", r.name, o, g.pstate(), r.want, r.after)
		}
	}
}

// TestUnmasking: an instruction that unmasks a pending interrupt makes the engine
// leave its loop, with the PC after the instruction.
func TestUnmasking(t *testing.T) {
	for _, pending := range []bool{false, true} {
		g := newGuest(t)
		g.at(15<<6 | aarch64.PSTATE_EL1h)
		g.PC, g.irq = testPC, pending
		on := execMSRImm(g.cpu, &a64.Op{Aux: fieldDAIFClr, Imm: 2})
		if on == pending || pending && g.PC != testPC+4 {
			t.Errorf("DAIFClr with an IRQ pending %v: goes on %v, PC 0x%x", pending, on, g.PC)
		}
	}
}

func TestSPEL0NeedsSPx(t *testing.T) {
	g := newGuest(t)
	g.at(aarch64.PSTATE_EL1t)
	undef := outcome{EC: aarch64.ECUnknown, PC: testPC}
	if o, _ := g.try(func() bool { return g.mrs(aarch64.SP_EL0) }); o != undef {
		t.Errorf("MRS SP_EL0 with SPSel 0: %+v, want UNDEFINED", o)
	}
	g.at(aarch64.PSTATE_EL1t)
	if o, _ := g.try(func() bool { return g.msr(aarch64.SP_EL0, 1) }); o != undef {
		t.Errorf("MSR SP_EL0 with SPSel 0: %+v, want UNDEFINED", o)
	}
}

func TestReadOnlyPSTATE(t *testing.T) {
	g := newGuest(t)
	g.irq, g.fiq = true, false
	for _, r := range []struct {
		name string
		reg  aarch64.SysReg
		want uint64
	}{
		{"CurrentEL", aarch64.CurrentEL, 4},
		{"SPSel", aarch64.SPSel, 1},
		{"DAIF", aarch64.DAIF, 0x3c0},
		{"ISR_EL1", aarch64.ISR_EL1, 0x80},
		{"CNTFRQ_EL0", aarch64.CNTFRQ_EL0, 24_000_000},
	} {
		if g.mrs(r.reg); g.X[3] != r.want {
			t.Errorf("%s = 0x%x, want 0x%x", r.name, g.X[3], r.want)
		}
	}
	g.fiq = true
	if g.mrs(aarch64.ISR_EL1); g.X[3] != 0xc0 {
		t.Errorf("ISR_EL1 = 0x%x, want 0xc0", g.X[3])
	}
}
