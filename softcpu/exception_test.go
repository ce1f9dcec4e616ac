package softcpu

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestVectors is the table of DDI 0487 D1.3.6.
func TestVectors(t *testing.T) {
	kinds := []struct {
		name   string
		take   func(g *guest)
		offset uint64
	}{
		{"synchronous", func(g *guest) { g.undefined(testPC) }, 0x000},
		{"IRQ", func(g *guest) { g.irq = true; g.takeInterrupt() }, 0x080},
		{"FIQ", func(g *guest) { g.fiq = true; g.takeInterrupt() }, 0x100},
		{"FIQ before IRQ", func(g *guest) { g.irq, g.fiq = true, true; g.takeInterrupt() }, 0x100},
	}
	modes := []struct {
		name   string
		mode   uint64
		offset uint64
	}{
		{"EL1t", aarch64.PSTATE_EL1t, 0x000},
		{"EL1h", aarch64.PSTATE_EL1h, 0x200},
		{"EL0", aarch64.PSTATE_EL0t, 0x400},
	}
	for _, k := range kinds {
		for _, m := range modes {
			t.Run(k.name+" from "+m.name, func(t *testing.T) {
				g := newGuest(t)
				g.set(aarch64.VBAR_EL1, testVBAR)
				const flags = 0xa << 28
				g.at(flags | m.mode)
				g.PC = testPC
				k.take(g)
				if want := testVBAR + k.offset + m.offset; g.PC != want {
					t.Errorf("PC 0x%x, want 0x%x", g.PC, want)
				}
				if g.sys.elr != testPC || g.sys.spsr != flags|m.mode {
					t.Errorf("ELR 0x%x, SPSR 0x%x; want 0x%x, 0x%x", g.sys.elr, g.sys.spsr, testPC, flags|m.mode)
				}
				if got, want := g.pstate(), uint64(flags|aarch64.PSTATE_PAN*0|15<<6|aarch64.PSTATE_EL1h); got != want {
					t.Errorf("PSTATE 0x%x, want 0x%x", got, want)
				}
			})
		}
	}
}

func TestMaskedInterrupts(t *testing.T) {
	rows := []struct {
		irq, fiq bool
		daif     uint64
		want     uint64 // vector offset, or 0 for none
	}{
		{true, false, 0, 0x480},
		{true, false, maskI, 0},
		{true, false, maskF | maskA | maskD, 0x480},
		{false, true, 0, 0x500},
		{false, true, maskF, 0},
		{false, true, maskI, 0x500},
		{true, true, maskF, 0x480},
		{true, true, maskI, 0x500},
		{true, true, maskI | maskF, 0},
		{false, false, 0, 0},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.at(r.daif<<aarch64.PSTATE_DAIF | aarch64.PSTATE_EL0t)
		g.PC, g.irq, g.fiq = testPC, r.irq, r.fiq
		if g.pendingInterrupt() != (r.want != 0) {
			t.Errorf("%+v: pendingInterrupt %v", r, g.pendingInterrupt())
		}
		g.takeInterrupt()
		if want := map[bool]uint64{true: r.want, false: testPC}[r.want != 0]; g.PC != want {
			t.Errorf("%+v: PC 0x%x, want 0x%x", r, g.PC, want)
		}
	}
}

// TestSyndromes: what ESR_EL1 and FAR_EL1 say, from EL0 and from EL1.
func TestSyndromes(t *testing.T) {
	permission := fault{fsc: 0x0f, some: true}
	rows := []struct {
		name     string
		take     func(g *guest)
		el0, el1 uint64 // ESR_EL1
		far      uint64
	}{
		{"undefined", func(g *guest) { g.undefined(testPC) }, 0x02000000, 0x02000000, 0},
		{"read fault", func(g *guest) { g.dataAbort(0x1234, permission, false, false, testPC) }, 0x9200000f, 0x9600000f, 0x1234},
		{"write fault", func(g *guest) { g.dataAbort(0x1234, permission, true, false, testPC) }, 0x9200004f, 0x9600004f, 0x1234},
		{"cache maintenance fault", func(g *guest) { g.dataAbort(0x1234, permission, false, true, testPC) }, 0x9200014f, 0x9600014f, 0x1234},
		{"fetch fault", func(g *guest) { g.instructionAbort(testPC, fault{fsc: 7, some: true}, testPC) }, 0x82000007, 0x86000007, testPC},
		{"PC alignment", func(g *guest) { g.pcAlignment(testPC) }, 0x8a000000, 0x8a000000, testPC},
		{"SP alignment", func(g *guest) { g.spAlignment(testPC) }, 0x9a000000, 0x9a000000, 0},
		{"illegal state", func(g *guest) { g.illegalState(testPC) }, 0x3a000000, 0x3a000000, 0},
		{"FP access", func(g *guest) { g.fpAccessTrap() }, 0x1fe00000, 0x1fe00000, 0},
		{"BRK", func(g *guest) { execBRK(g.cpu, &a64.Op{Imm: 0xbeef}) }, 0xf200beef, 0xf200beef, 0},
	}
	for _, r := range rows {
		for mode, want := range map[uint64]uint64{aarch64.PSTATE_EL0t: r.el0, aarch64.PSTATE_EL1h: r.el1} {
			g := newGuest(t)
			g.at(mode)
			g.PC = testPC
			r.take(g)
			if g.sys.esr != want || g.sys.far != r.far || g.sys.elr != testPC {
				t.Errorf("%s from mode %d: ESR 0x%x, FAR 0x%x, ELR 0x%x; want 0x%x, 0x%x, 0x%x",
					r.name, mode, g.sys.esr, g.sys.far, g.sys.elr, want, r.far, testPC)
			}
		}
	}
}

// TestEntryPAN: an exception sets PAN unless SCTLR_EL1.SPAN.
func TestEntryPAN(t *testing.T) {
	for _, r := range []struct{ before, span, after bool }{
		{false, false, true}, {true, false, true}, {false, true, false}, {true, true, true},
	} {
		g := newGuest(t)
		sctlr := uint64(aarch64.SCTLR_Reset &^ aarch64.SCTLR_SPAN)
		if r.span {
			sctlr |= aarch64.SCTLR_SPAN
		}
		g.set(aarch64.SCTLR_EL1, sctlr)
		g.setPAN(r.before)
		g.undefined(0)
		if g.pan != r.after || g.sys.spsr&aarch64.PSTATE_PAN != 0 != r.before {
			t.Errorf("%+v: PAN %v, SPSR 0x%x", r, g.pan, g.sys.spsr)
		}
	}
}

// TestStackPointers: SP_EL0 and SP_EL1 keep their values through all modes.
func TestStackPointers(t *testing.T) {
	g := newGuest(t)
	g.set(aarch64.SP_EL0, 0x1000)
	g.set(aarch64.SP_EL1, 0x2000)
	for _, r := range []struct{ mode, sp uint64 }{
		{aarch64.PSTATE_EL1h, 0x2000}, {aarch64.PSTATE_EL1t, 0x1000}, {aarch64.PSTATE_EL0t, 0x1000}, {aarch64.PSTATE_EL1h, 0x2000}, {aarch64.PSTATE_EL0t, 0x1000}, {aarch64.PSTATE_EL1t, 0x1000},
	} {
		g.at(r.mode)
		if g.X[a64.SP] != r.sp || g.get(aarch64.SP_EL0) != 0x1000 || g.get(aarch64.SP_EL1) != 0x2000 {
			t.Errorf("mode %d: SP 0x%x, SP_EL0 0x%x, SP_EL1 0x%x; want SP 0x%x", r.mode, g.X[a64.SP],
				g.get(aarch64.SP_EL0), g.get(aarch64.SP_EL1), r.sp)
		}
	}
	g.at(aarch64.PSTATE_EL0t)
	g.undefined(0)
	if g.X[a64.SP] != 0x2000 {
		t.Errorf("after an exception from EL0: SP 0x%x, want SP_EL1", g.X[a64.SP])
	}
}

func TestERET(t *testing.T) {
	const flags = 0x6<<28 | aarch64.PSTATE_PAN | maskI<<aarch64.PSTATE_DAIF
	rows := []struct {
		name string
		spsr uint64
		want uint64
	}{
		{"to EL0", flags | aarch64.PSTATE_EL0t, flags | aarch64.PSTATE_EL0t},
		{"to EL1t", flags | aarch64.PSTATE_EL1t, flags | aarch64.PSTATE_EL1t},
		{"to EL1h", flags | aarch64.PSTATE_EL1h, flags | aarch64.PSTATE_EL1h},
		{"with IL", flags | aarch64.PSTATE_IL | aarch64.PSTATE_EL0t, flags | aarch64.PSTATE_IL | aarch64.PSTATE_EL0t},
		{"illegal: EL2h", flags | 9, flags | aarch64.PSTATE_IL | aarch64.PSTATE_EL1h},
		{"illegal: EL3t", flags | 12, flags | aarch64.PSTATE_IL | aarch64.PSTATE_EL1h},
		{"illegal: EL0 with SP_ELx", flags | 1, flags | aarch64.PSTATE_IL | aarch64.PSTATE_EL1h},
		{"illegal: mode 6", flags | 6, flags | aarch64.PSTATE_IL | aarch64.PSTATE_EL1h},
		{"illegal: AArch32 user", flags | 0x10, flags | aarch64.PSTATE_IL | aarch64.PSTATE_EL1h},
		{"SS without stepping", flags | aarch64.PSTATE_SS | aarch64.PSTATE_EL0t, flags | aarch64.PSTATE_EL0t},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.set(aarch64.SPSR_EL1, r.spsr)
		g.set(aarch64.ELR_EL1, 0x4000)
		g.event = false
		if execERET(g.cpu, &a64.Op{}) {
			t.Errorf("%s: the engine goes on at the next instruction", r.name)
		}
		if g.PC != 0x4000 || g.pstate() != r.want || !g.event {
			t.Errorf("%s: PC 0x%x, PSTATE 0x%x, event %v; want 0x4000, 0x%x, true", r.name, g.PC, g.pstate(), g.event, r.want)
		}
		if g.stepwise != (r.want&aarch64.PSTATE_IL != 0) {
			t.Errorf("%s: stepwise %v", r.name, g.stepwise)
		}
	}
}

// TestIllegalState: any next instruction raises the exception, whose entry clears
// PSTATE.IL.
func TestIllegalState(t *testing.T) {
	g := newGuest(t)
	g.at(aarch64.PSTATE_IL | aarch64.PSTATE_EL0t)
	o, _ := g.try(g.beforeInstruction)
	if want := (outcome{EC: aarch64.ECIllegalState, PC: testPC}); o != want || g.il || g.sys.spsr&aarch64.PSTATE_IL == 0 {
		t.Errorf("got %+v, IL %v, SPSR 0x%x; want %+v, IL clear, set in SPSR", o, g.il, g.sys.spsr, want)
	}
}

// TestBranchAddr: the PC never holds a tag that TBI ignores.
func TestBranchAddr(t *testing.T) {
	rows := []struct{ tcr, va, want uint64 }{
		{0, 0x5a00_0000_0000_1000, 0x5a00_0000_0000_1000},
		{aarch64.TCR_TBI0, 0x5a00_0000_0000_1000, 0x1000},
		{aarch64.TCR_TBI0, 0x5aff_0000_0000_1000, 0x5aff_0000_0000_1000},
		{aarch64.TCR_TBI1, 0x5aff_0000_0000_1000, 0xffff_0000_0000_1000},
		{aarch64.TCR_TBI1, 0x5a7f_0000_0000_1000, 0x5a7f_0000_0000_1000},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.set(aarch64.TCR_EL1, r.tcr)
		if got := g.branchAddr(r.va); got != r.want {
			t.Errorf("TCR 0x%x: branch to 0x%x goes to 0x%x, want 0x%x", r.tcr, r.va, got, r.want)
		}
		g.set(aarch64.ELR_EL1, r.va)
		g.set(aarch64.SPSR_EL1, aarch64.PSTATE_EL0t)
		if execERET(g.cpu, &a64.Op{}); g.PC != r.want {
			t.Errorf("TCR 0x%x: ERET to 0x%x goes to 0x%x, want 0x%x", r.tcr, r.va, g.PC, r.want)
		}
	}
}

// TestExceptionGenerating: what SVC, HVC, SMC and other instructions that generate
// exceptions do at each exception level.
func TestExceptionGenerating(t *testing.T) {
	undef := outcome{EC: aarch64.ECUnknown, PC: testPC}
	const wfi, wfe = 0x1e00000, 0x1e00001
	rows := []struct {
		name     string
		f        execFunc
		imm      uint64
		sctlr    uint64
		el0, el1 outcome
	}{
		{"SVC", execSVC, 0x1234, 0, outcome{EC: aarch64.ECSVC64, ISS: 0x1234, PC: testPC + 4}, outcome{EC: aarch64.ECSVC64, ISS: 0x1234, PC: testPC + 4}},
		{"HVC", execHVC, 0xffff, 0, undef, outcome{Exit: true, EC: aarch64.ECHVC64, ISS: 0xffff, PC: testPC + 4}},
		{"SMC", execSMC, 7, 0, undef, outcome{Exit: true, EC: aarch64.ECSMC64, ISS: 7, PC: testPC}},
		{"BRK", execBRK, 0xf000, 0, outcome{EC: aarch64.ECBRK64, ISS: 0xf000, PC: testPC}, outcome{EC: aarch64.ECBRK64, ISS: 0xf000, PC: testPC}},
		{"HLT", execHLT, 1, 0, undef, undef},
		{"DCPS", execDCPS, 1, 0, undef, undef},
		{"DRPS", execDRPS, 0, 0, undef, undef},
		{"ERET", execERET, 0, 0, undef, outcome{}},
		{"WFI", execWFI, 0, 0, outcome{EC: aarch64.ECWFx, ISS: wfi, PC: testPC}, outcome{Exit: true, EC: aarch64.ECWFx, ISS: wfi, PC: testPC}},
		{"WFI, nTWI", execWFI, 0, aarch64.SCTLR_nTWI, outcome{Exit: true, EC: aarch64.ECWFx, ISS: wfi, PC: testPC}, outcome{Exit: true, EC: aarch64.ECWFx, ISS: wfi, PC: testPC}},
		{"WFE", execWFE, 0, 0, outcome{EC: aarch64.ECWFx, ISS: wfe, PC: testPC}, outcome{Exit: true, EC: aarch64.ECWFx, ISS: wfe, PC: testPC}},
		{"WFE, nTWE", execWFE, 0, aarch64.SCTLR_nTWE, outcome{Exit: true, EC: aarch64.ECWFx, ISS: wfe, PC: testPC}, outcome{Exit: true, EC: aarch64.ECWFx, ISS: wfe, PC: testPC}},
	}
	for _, r := range rows {
		for mode, want := range map[uint64]outcome{aarch64.PSTATE_EL0t: r.el0, aarch64.PSTATE_EL1h: r.el1} {
			g := newGuest(t)
			g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|r.sctlr)
			g.set(aarch64.ELR_EL1, testPC+4)
			g.set(aarch64.SPSR_EL1, mode)
			g.at(mode)
			o, _ := g.try(func() bool { return r.f(g.cpu, &a64.Op{Imm: r.imm}) })
			if o != want {
				t.Errorf("%s in mode %d: %+v, want %+v", r.name, mode, o, want)
			}
		}
	}
}

// TestWaitEnds: conditions that make WFI and WFE complete at once, even at EL0 with
// traps enabled.
func TestWaitEnds(t *testing.T) {
	g := newGuest(t)
	g.at(15<<aarch64.PSTATE_DAIF | aarch64.PSTATE_EL0t)
	steps := []struct {
		name string
		prep func()
		f    execFunc
		want bool
	}{
		{"WFI with a masked IRQ", func() { g.irq = true }, execWFI, true},
		{"WFI with a masked FIQ", func() { g.irq, g.fiq = false, true }, execWFI, true},
		{"WFE after SEVL", func() { execSEVL(g.cpu, nil) }, execWFE, true},
		{"WFE again", func() {}, execWFE, false},
		{"WFE after SEV", func() { g.at(aarch64.PSTATE_EL0t); execSEV(g.cpu, nil) }, execWFE, true},
	}
	for _, s := range steps {
		s.prep()
		if _, happened := g.try(func() bool { return s.f(g.cpu, &a64.Op{}) }); happened == s.want {
			t.Errorf("%s: completes %v, want %v", s.name, !happened, s.want)
		}
	}
}

func TestSetPSTATE(t *testing.T) {
	for _, mode := range []uint64{aarch64.PSTATE_EL0t, aarch64.PSTATE_EL1t, aarch64.PSTATE_EL1h} {
		for _, bits := range []uint64{0, aarch64.PSTATE_NZCV, 1 << 31, 1 << 30, 1 << 29, 1 << 28, aarch64.PSTATE_PAN, aarch64.PSTATE_SS, aarch64.PSTATE_IL, 1 << 9, 1 << 8, 1 << 7, 1 << 6} {
			g := newGuest(t)
			if g.setPSTATE(bits | mode); g.pstate() != bits|mode {
				t.Errorf("setPSTATE(0x%x): 0x%x", bits|mode, g.pstate())
			}
		}
	}
	g := newGuest(t)
	if g.setPSTATE(aarch64.PSTATE_EL0t | 1<<5 | 1<<10 | 1<<27 | 1<<63); g.pstate() != 0 {
		t.Errorf("bits that do not exist: PSTATE 0x%x, want 0", g.pstate())
	}
}

func TestRegime(t *testing.T) {
	for ps, want := range map[uint64]regime{
		aarch64.PSTATE_EL0t: regimeEL0, aarch64.PSTATE_EL0t | aarch64.PSTATE_PAN: regimeEL0,
		aarch64.PSTATE_EL1t: regimeEL1, aarch64.PSTATE_EL1h: regimeEL1,
		aarch64.PSTATE_EL1t | aarch64.PSTATE_PAN: regimeEL1PAN, aarch64.PSTATE_EL1h | aarch64.PSTATE_PAN: regimeEL1PAN,
	} {
		g := newGuest(t)
		if g.setPSTATE(ps); g.regime() != want {
			t.Errorf("PSTATE 0x%x: regime %d, want %d", ps, g.regime(), want)
		}
	}
}

func TestFPTrap(t *testing.T) {
	for fpen, trapped := range [][2]bool{{true, true}, {true, false}, {true, true}, {false, false}} {
		for el, mode := range []uint64{aarch64.PSTATE_EL0t, aarch64.PSTATE_EL1h} {
			t.Run(fmt.Sprintf("FPEN %d, EL%d", fpen, el), func(t *testing.T) {
				g := newGuest(t)
				g.set(aarch64.CPACR_EL1, uint64(fpen)<<20)
				g.at(mode)
				if g.fpTrapped != trapped[el] {
					t.Errorf("trapped %v, want %v", g.fpTrapped, trapped[el])
				}
				o, happened := g.try(func() bool { return g.mrs(aarch64.FPCR) })
				if want := (outcome{EC: aarch64.ECFPAccess, ISS: 0x1e00000, PC: testPC}); happened != trapped[el] || happened && o != want {
					t.Errorf("MRS FPCR: %v, %+v; want %v, %+v", happened, o, trapped[el], want)
				}
			})
		}
	}
}
