package softcpu

import (
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

const (
	bcrEL1, bcrEL0, bcrBoth = 1<<1 | dbgE, 2<<1 | dbgE, 3<<1 | dbgE
	kdeMDE                  = mdscrKDE | mdscrMDE
)

// TestBreakpoints: the conditions under which a breakpoint at testPC matches.
// Breakpoints 4 and 5 are context-aware.
func TestBreakpoints(t *testing.T) {
	type regs map[aarch64.SysReg]uint64
	bp := func(n int, bvr, bcr uint64) regs {
		return regs{aarch64.DBGBVR(n): bvr, aarch64.DBGBCR(n): bcr}
	}
	and := func(a, b regs) regs {
		for r, v := range b {
			a[r] = v
		}
		return a
	}
	const linkTo5, linkTo0 = btLinkedAddress<<bcrBT | 5<<dbgLBN, btLinkedAddress << bcrBT
	const context, linkedContext = btContext << bcrBT, btLinkedContext << bcrBT
	rows := []struct {
		name  string
		regs  regs
		mdscr uint64
		mode  uint64
		hit   bool
	}{
		{"EL0", bp(0, testPC, bcrEL0), mdscrMDE, aarch64.PSTATE_EL0t, true},
		{"EL0, MDE clear", bp(0, testPC, bcrEL0), 0, aarch64.PSTATE_EL0t, false},
		{"EL0, D set", bp(0, testPC, bcrEL0), mdscrMDE, maskD<<6 | aarch64.PSTATE_EL0t, true},
		{"EL0, disabled", bp(0, testPC, 2<<1), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"EL0, PMC EL1", bp(0, testPC, bcrEL1), kdeMDE, aarch64.PSTATE_EL0t, false},
		{"EL0, PMC both", bp(0, testPC, bcrBoth), mdscrMDE, aarch64.PSTATE_EL0t, true},
		{"EL0, last breakpoint", bp(5, testPC, bcrEL0), mdscrMDE, aarch64.PSTATE_EL0t, true},
		{"EL0, next instruction", bp(0, testPC+4, bcrEL0), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"EL0, address bit 47", bp(0, testPC|1<<47, bcrEL0), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"EL0, RESS bits ignored", bp(0, testPC|0xff<<56, bcrEL0), mdscrMDE, aarch64.PSTATE_EL0t, true},
		{"EL1", bp(0, testPC, bcrEL1), kdeMDE, aarch64.PSTATE_EL1h, true},
		{"EL1, SP_EL0", bp(0, testPC, bcrEL1), kdeMDE, aarch64.PSTATE_EL1t, true},
		{"EL1, KDE clear", bp(0, testPC, bcrEL1), mdscrMDE, aarch64.PSTATE_EL1h, false},
		{"EL1, D set", bp(0, testPC, bcrEL1), kdeMDE, maskD<<6 | aarch64.PSTATE_EL1h, false},
		{"EL1, PMC EL0", bp(0, testPC, bcrEL0), kdeMDE, aarch64.PSTATE_EL1h, false},
		{"SSC secure only", bp(0, testPC, bcrBoth|2<<dbgSSC), kdeMDE, aarch64.PSTATE_EL0t, false},
		{"SSC non-secure only", bp(0, testPC, bcrBoth|1<<dbgSSC), kdeMDE, aarch64.PSTATE_EL0t, true},
		{"context", bp(4, 0x77, bcrEL0|context), mdscrMDE, aarch64.PSTATE_EL0t, true},
		{"context, another", bp(4, 0x78, bcrEL0|context), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"context, low bits", bp(4, 0x75, bcrEL0|context), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"context, breakpoint without", bp(3, 0x74, bcrEL0|context), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked context alone", bp(5, 0x77, bcrEL0|linkedContext), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked", and(bp(0, testPC, bcrEL0|linkTo5), bp(5, 0x77, bcrEL0|linkedContext)), mdscrMDE, aarch64.PSTATE_EL0t, true},
		{"linked, other address", and(bp(0, testPC+4, bcrEL0|linkTo5), bp(5, 0x77, bcrEL0|linkedContext)), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked, other context", and(bp(0, testPC, bcrEL0|linkTo5), bp(5, 0x76, bcrEL0|linkedContext)), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked to a disabled one", and(bp(0, testPC, bcrEL0|linkTo5), bp(5, 0x77, 2<<1|linkedContext)), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked to an unlinked context", and(bp(0, testPC, bcrEL0|linkTo5), bp(5, 0x77, bcrEL1|context)), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked to one without contexts", bp(0, testPC, bcrEL0|linkTo0), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked to the one behind the last", bp(0, testPC, bcrEL0|btLinkedAddress<<bcrBT|6<<dbgLBN), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"linked to 15", bp(0, testPC, bcrEL0|btLinkedAddress<<bcrBT|15<<dbgLBN), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"address mismatch, of AArch32", bp(0, testPC+4, bcrEL0|4<<bcrBT), mdscrMDE, aarch64.PSTATE_EL0t, false},
		{"VMID, of EL2", bp(5, 0x77, bcrEL0|8<<bcrBT), mdscrMDE, aarch64.PSTATE_EL0t, false},
	}
	for _, r := range rows {
		for _, orderMDSCRFirst := range []bool{false, true} {
			g := newGuest(t)
			g.set(aarch64.CONTEXTIDR_EL1, 0x77)
			if orderMDSCRFirst {
				g.set(aarch64.MDSCR_EL1, r.mdscr)
			}
			for reg, v := range r.regs {
				g.set(reg, v)
			}
			g.set(aarch64.MDSCR_EL1, r.mdscr)
			g.at(r.mode)
			want := outcome{EC: aarch64.ECBreakpointLower, ISS: 0x22, PC: testPC}
			if r.mode&aarch64.PSTATE_EL1t != 0 {
				want.EC = aarch64.ECBreakpointSame
			}
			if !r.hit {
				want = outcome{}
			} else if !g.stepwise {
				t.Errorf("%s: not stepwise, so that nobody would look", r.name)
			}
			if o, _ := g.try(g.beforeInstruction); o != want {
				t.Errorf("%s: %+v, want %+v", r.name, o, want)
			}
		}
	}
}

// TestBreakpointOrder: a fault of the fetch has priority over a breakpoint, and the
// breakpoint over the illegal execution state.
func TestBreakpointOrder(t *testing.T) {
	rows := []struct {
		name string
		pc   uint64
		mode uint64
		want outcome
	}{
		{"breakpoint", testPC, aarch64.PSTATE_EL0t, outcome{EC: aarch64.ECBreakpointLower, ISS: 0x22, PC: testPC}},
		{"breakpoint, IL", testPC, aarch64.PSTATE_IL | aarch64.PSTATE_EL0t, outcome{EC: aarch64.ECBreakpointLower, ISS: 0x22, PC: testPC}},
		{"IL alone", testPC + 4, aarch64.PSTATE_IL | aarch64.PSTATE_EL0t, outcome{EC: aarch64.ECIllegalState, PC: testPC + 4}},
		{"not mapped", 1 << 41, aarch64.PSTATE_IL | aarch64.PSTATE_EL0t, outcome{}},
		{"not aligned", testPC + 2, aarch64.PSTATE_IL | aarch64.PSTATE_EL0t, outcome{}},
	}
	for _, r := range rows {
		g := newGuest(t)
		for n, at := range []uint64{testPC, 1 << 41} {
			g.set(aarch64.DBGBVR(n), at)
			g.set(aarch64.DBGBCR(n), bcrEL0)
		}
		g.set(aarch64.MDSCR_EL1, mdscrMDE)
		g.at(r.mode)
		o, _ := g.try(func() bool {
			g.PC = r.pc
			on := g.beforeInstruction()
			if on {
				g.PC = testPC
			}
			return on
		})
		if o != r.want {
			t.Errorf("%s: %+v, want %+v", r.name, o, r.want)
		}
	}
}

// TestWatchedBytes is AArch64.WatchpointByteMatch: the bytes from 0x1000 to
// 0x1020 that a watchpoint covers.
func TestWatchedBytes(t *testing.T) {
	rows := []struct {
		name        string
		wvr         uint64
		bas, mask   uint64
		first, last uint64 // covered, inclusive; 0 and 0 for none
	}{
		{"doubleword", 0x1008, 0xff, 0, 0x1008, 0x100f},
		{"first byte", 0x1008, 0x01, 0, 0x1008, 0x1008},
		{"last byte", 0x1008, 0x80, 0, 0x100f, 0x100f},
		{"halfword within", 0x1008, 0x0c, 0, 0x100a, 0x100b},
		{"upper word", 0x1008, 0xf0, 0, 0x100c, 0x100f},
		{"word-aligned address", 0x100c, 0x0f, 0, 0x100c, 0x100f},
		{"word-aligned address, one byte", 0x100c, 0x04, 0, 0x100e, 0x100e},
		{"word-aligned address, upper BAS ignored", 0x100c, 0xf0, 0, 0, 0},
		{"no byte", 0x1008, 0x00, 0, 0, 0},
		{"mask of 8 bytes", 0x1010, 0xff, 3, 0x1010, 0x1017},
		{"mask of 16 bytes", 0x1010, 0xff, 4, 0x1010, 0x101f},
		{"mask, low bits of the address ignored", 0x101c, 0xff, 4, 0x1010, 0x101f},
		{"mask without all of BAS", 0x1010, 0x0f, 4, 0, 0},
		{"mask 1, reserved", 0x1010, 0xff, 1, 0, 0},
		{"mask 2, reserved", 0x1010, 0xff, 2, 0, 0},
	}
	for _, r := range rows {
		for va := uint64(0x1000); va < 0x1020; va++ {
			want := r.last != 0 && r.first <= va && va <= r.last
			if got := watches(r.wvr, r.bas<<wcrBAS|r.mask<<wcrMASK, va); got != want {
				t.Errorf("%s: 0x%x watched %v, want %v", r.name, va, got, want)
			}
		}
	}
	if !watches(0x80000000, 0xff<<wcrBAS|31<<wcrMASK, 0xffffffff) || watches(0x80000000, 0xff<<wcrBAS|31<<wcrMASK, 0x7fffffff) {
		t.Error("mask of 2 GiB: not the upper half of 4 GiB")
	}
	if !watches(0xffff_8000_0000_1000, 0xff<<wcrBAS, 0xffff_8000_0000_1001) || !watches(0x1000, 0xff<<wcrBAS, 0x5a00_0000_0000_1000) {
		t.Error("bits above 48 take part")
	}
}

func TestWatchpoints(t *testing.T) {
	const (
		loads, stores = 1<<wcrLSC | dbgE, 2<<wcrLSC | dbgE
		el1, el0      = 1<<dbgPxC | 0xff<<wcrBAS, 2<<dbgPxC | 0xff<<wcrBAS
		linked        = wcrWT | 5<<dbgLBN
	)
	rows := []struct {
		name       string
		wcr        uint64
		mdscr      uint64
		mode       uint64
		va, size   uint64
		write, ldt bool   // ldt: an LDTR or STTR
		far        uint64 // 0: no match
	}{
		{"load", loads | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0x1000, 8, false, false, 0x1000},
		{"load before a store watch", stores | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0x1000, 8, false, false, 0},
		{"store", stores | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0x1004, 1, true, false, 0x1004},
		{"store before a load watch", loads | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0x1000, 8, true, false, 0},
		{"access from below", loads | stores | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0xff8, 16, true, false, 0x1000},
		{"access that ends below", loads | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0xff8, 8, false, false, 0},
		{"access above", loads | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0x1008, 8, false, false, 0},
		{"64 bytes around", stores | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0xfc8, 64, true, false, 0x1000},
		{"MDE clear", loads | el0, 0, aarch64.PSTATE_EL0t, 0x1000, 8, false, false, 0},
		{"disabled", loads&^dbgE | el0, mdscrMDE, aarch64.PSTATE_EL0t, 0x1000, 8, false, false, 0},
		{"EL1", loads | el1, kdeMDE, aarch64.PSTATE_EL1h, 0x1000, 8, false, false, 0x1000},
		{"EL1, KDE clear", loads | el1, mdscrMDE, aarch64.PSTATE_EL1h, 0x1000, 8, false, false, 0},
		{"EL1, D set", loads | el1, kdeMDE, maskD<<6 | aarch64.PSTATE_EL1h, 0x1000, 8, false, false, 0},
		{"EL1, PAC EL0", loads | el0, kdeMDE, aarch64.PSTATE_EL1h, 0x1000, 8, false, false, 0},
		{"EL0, PAC EL1", loads | el1, kdeMDE, aarch64.PSTATE_EL0t, 0x1000, 8, false, false, 0},
		{"EL1, LDTR, PAC EL0", loads | el0, kdeMDE, aarch64.PSTATE_EL1h, 0x1000, 8, false, true, 0x1000},
		{"EL1, LDTR, PAC EL1", loads | el1, kdeMDE, aarch64.PSTATE_EL1h, 0x1000, 8, false, true, 0},
		{"linked", loads | el0 | linked, mdscrMDE, aarch64.PSTATE_EL0t, 0x1000, 8, false, false, 0x1000},
		{"linked to nothing", loads | el0 | wcrWT | 4<<dbgLBN, mdscrMDE, aarch64.PSTATE_EL0t, 0x1000, 8, false, false, 0},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.set(aarch64.DBGWVR(3), 0x1000)
		g.set(aarch64.DBGWCR(3), r.wcr)
		g.set(aarch64.DBGBVR(5), 0x77)
		g.set(aarch64.DBGBCR(5), bcrBoth|btLinkedContext<<bcrBT)
		g.set(aarch64.CONTEXTIDR_EL1, 0x77)
		g.set(aarch64.MDSCR_EL1, r.mdscr)
		g.at(r.mode)
		var want outcome
		if r.far != 0 {
			want = outcome{EC: aarch64.ECWatchpointLower, ISS: 0x22, PC: testPC}
			if r.mode&aarch64.PSTATE_EL1t != 0 {
				want.EC = aarch64.ECWatchpointSame
			}
			if r.write {
				want.ISS |= aarch64.AbortWnR
			}
		}
		o, _ := g.try(func() bool { return !g.watchpoint(r.va, r.size, r.write, r.ldt || r.mode == aarch64.PSTATE_EL0t) })
		if o != want || g.sys.far != r.far {
			t.Errorf("%s: %+v, FAR 0x%x; want %+v, 0x%x", r.name, o, g.sys.far, want, r.far)
		}
	}
}

// Instructions of the programs below.
const (
	insNOP    = 0xd503201f // nop
	insB8     = 0x14000002 // b .+8
	insLDXR   = 0xc85f7c41 // ldxr x1, [x2]
	insLDAXP  = 0x887f9041 // ldaxp w1, w4, [x2]
	insSTXR   = 0xc8037c41 // stxr w3, x1, [x2]
	insLDR    = 0xf9400041 // ldr x1, [x2]
	insSTR    = 0xf9000041 // str x1, [x2]
	insSVC    = 0xd4000001 // svc #0
	insBRK    = 0xd4200000 // brk #0
	insUDF    = 0x00000000 // udf #0
	insHVC    = 0xd4000002 // hvc #0
	insERET   = 0xd69f03e0 // eret
	insDAIFC8 = 0xd50348ff // msr daifclr, #8
	insWFI    = 0xd503207f // wfi
	insMRSPMR = 0xd5384600 // mrs x0, icc_pmr_el1
)

// program puts instructions at pa, and an HVC into every vector, so that an
// exception ends Run with its syndrome in ESR_EL1.
func (g *guest) program(pa uint64, words ...uint32) {
	for i, w := range words {
		g.put32(pa+uint64(i)*4, w)
	}
	for v := uint64(0); v < 0x800; v += 0x80 {
		g.put32(testVBAR+v, insHVC)
	}
	g.set(aarch64.VBAR_EL1, testVBAR)
}

// runToVector enters the guest and returns the vector whose HVC ended Run, or
// all ones.
func (g *guest) runToVector() uint64 {
	g.t.Helper()
	stuck := time.AfterFunc(5*time.Second, g.Kick)
	defer stuck.Stop()
	exit, err := g.Run()
	if err != nil || exit.Reason != hv.ExitException {
		g.t.Fatalf("Run: %+v, %v", exit, err)
	}
	if exit.ESR.EC() != aarch64.ECHVC64 {
		return ^uint64(0)
	}
	return g.PC - 4 - testVBAR
}

// TestSoftwareStep steps one instruction at EL0, as a kernel does for ptrace.
func TestSoftwareStep(t *testing.T) {
	const stepped, steppedEX = 0xcb000022, 0xcb000062
	rows := []struct {
		name string
		ins  uint32
		x2   uint64
		esr  uint64
		elr  uint64
		ss   bool // in SPSR_EL1
	}{
		{"NOP", insNOP, 0, stepped, testPC + 4, false},
		{"B", insB8, 0, stepped, testPC + 8, false},
		{"LDR", insLDR, 0x100, stepped, testPC + 4, false},
		{"LDXR", insLDXR, 0x100, steppedEX, testPC + 4, false},
		{"LDAXP", insLDAXP, 0x100, steppedEX, testPC + 4, false},
		{"STXR", insSTXR, 0x100, stepped, testPC + 4, false},
		{"LDR that faults", insLDR, 1 << 41, 0x92000000, testPC, true},
		{"SVC", insSVC, 0, 0x56000000, testPC + 4, false},
		{"BRK", insBRK, 0, 0xf2000000, testPC, true},
		{"UDF", insUDF, 0, 0x02000000, testPC, true},
	}
	for _, r := range rows {
		g := newGuest(t)
		const kernel = 0x20000
		g.program(testPC, r.ins, insBRK, insBRK)
		g.put32(kernel, insERET)
		g.set(aarch64.MDSCR_EL1, mdscrSS)
		g.set(aarch64.ELR_EL1, testPC)
		g.set(aarch64.SPSR_EL1, aarch64.PSTATE_SS|aarch64.PSTATE_EL0t)
		g.PC, g.X[2] = kernel, r.x2
		vector := g.runToVector()
		ss := g.sys.spsr&aarch64.PSTATE_SS != 0
		if vector != 0x400 || g.sys.esr != r.esr || g.sys.elr != r.elr || ss != r.ss {
			t.Errorf("%s: vector 0x%x, ESR 0x%x, ELR 0x%x, SPSR.SS %v; want 0x400, 0x%x, 0x%x, %v",
				r.name, vector, g.sys.esr, g.sys.elr, ss, r.esr, r.elr, r.ss)
		}
		if r.ins != insSVC {
			continue
		}
		// Returning from the SVC with SPSR.SS clear is active-pending: the
		// step exception comes before the next instruction, with ISV clear.
		g.PC = kernel
		if vector := g.runToVector(); vector != 0x400 || g.sys.esr != 0xca000022 || g.sys.elr != testPC+4 {
			t.Errorf("after SVC: vector 0x%x, ESR 0x%x, ELR 0x%x; want 0x400, 0xca000022, 0x%x", vector, g.sys.esr, g.sys.elr, testPC+4)
		}
	}
}

// TestSoftwareStepEL1: with KDE a kernel steps itself, once PSTATE.D is clear.
func TestSoftwareStepEL1(t *testing.T) {
	const kernel = 0x20000
	rows := []struct {
		name string
		code []uint32
		spsr uint64
		esr  uint64
		elr  uint64
	}{
		{"ERET to EL1", []uint32{insNOP, insBRK}, aarch64.PSTATE_SS | aarch64.PSTATE_EL1h, 0xcf000022, testPC + 4},
		{"ERET to EL1, SS clear", []uint32{insNOP, insBRK}, aarch64.PSTATE_EL1h, 0xce000022, testPC},
		{"ERET to EL1, D set", []uint32{insNOP, insBRK}, maskD<<6 | aarch64.PSTATE_SS | aarch64.PSTATE_EL1h, 0xf2000000, testPC + 4},
		{"D cleared later", []uint32{insNOP, insDAIFC8, insNOP, insBRK}, maskD<<6 | aarch64.PSTATE_EL1h, 0xce000022, testPC + 8},
		{"ERET is stepped", []uint32{insERET}, aarch64.PSTATE_SS | aarch64.PSTATE_EL1h, 0xcf000022, testPC},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.program(testPC, r.code...)
		g.put32(kernel, insERET)
		g.set(aarch64.MDSCR_EL1, mdscrSS|mdscrKDE)
		g.set(aarch64.ELR_EL1, testPC)
		g.set(aarch64.SPSR_EL1, r.spsr)
		g.PC = kernel
		if vector := g.runToVector(); vector != 0x200 || g.sys.esr != r.esr || g.sys.elr != r.elr {
			t.Errorf("%s: vector 0x%x, ESR 0x%x, ELR 0x%x; want 0x200, 0x%x, 0x%x", r.name, vector, g.sys.esr, g.sys.elr, r.esr, r.elr)
		}
	}
}

// TestStepAcrossExit: the step of an instruction that the host emulates is complete
// when the host has moved the PC and cleared PSTATE.SS, not before.
func TestStepAcrossExit(t *testing.T) {
	for _, ins := range []uint32{insWFI, insMRSPMR} {
		g := newGuest(t)
		g.program(testPC, ins, insBRK)
		g.set(aarch64.MDSCR_EL1, mdscrSS|mdscrKDE)
		g.at(aarch64.PSTATE_SS | aarch64.PSTATE_EL1h)
		g.PC = testPC
		if vector := g.runToVector(); vector != ^uint64(0) || g.PC != testPC || !g.ss {
			t.Fatalf("%08x: vector 0x%x, PC 0x%x, SS %v; want an exit at the instruction with SS set", ins, vector, g.PC, g.ss)
		}
		g.PC += 4
		g.at(aarch64.PSTATE_EL1h)
		if vector := g.runToVector(); vector != 0x200 || g.sys.esr != 0xce000022 || g.sys.elr != testPC+4 {
			t.Errorf("%08x, emulated: vector 0x%x, ESR 0x%x, ELR 0x%x; want a step exception behind it", ins, vector, g.sys.esr, g.sys.elr)
		}
	}
}

// TestWatchpointRuns: a watchpoint catches the next access before memory changes,
// even if the page was in the TLB when the watchpoint was set.
func TestWatchpointRuns(t *testing.T) {
	g := newGuest(t)
	g.build(space{grain: 12, bits: 48}, 0, 2, aarch64.DescAF|block) // 2 MiB, flat
	g.program(testPC, insSTR, insNOP, insBRK)
	g.at(aarch64.PSTATE_EL1h)
	g.PC, g.X[2], g.X[1] = testPC, 0x1000, 1
	if vector := g.runToVector(); vector != 0x200 || g.sys.esr != 0xf2000000 {
		t.Fatalf("without a watchpoint: vector 0x%x, ESR 0x%x; want the BRK", vector, g.sys.esr)
	}
	g.set(aarch64.DBGWVR(0), 0x1000)
	g.set(aarch64.DBGWCR(0), dbgE|1<<dbgPxC|2<<wcrLSC|0xff<<wcrBAS)
	g.set(aarch64.MDSCR_EL1, kdeMDE)
	g.at(aarch64.PSTATE_EL1h)
	g.PC, g.X[1] = testPC, 2
	if vector := g.runToVector(); vector != 0x200 || g.sys.esr != 0xd6000062 || g.sys.far != 0x1000 || g.sys.elr != testPC {
		t.Errorf("vector 0x%x, ESR 0x%x, FAR 0x%x, ELR 0x%x; want 0x200, 0xd6000062, 0x1000, 0x%x", vector, g.sys.esr, g.sys.far, g.sys.elr, testPC)
	}
	if g.ram[0x1000] != 1 {
		t.Errorf("memory is %d, the watched store happened", g.ram[0x1000])
	}
}

// TestBreakpointRuns: the breakpoint matches each time, and the code before it runs.
func TestBreakpointRuns(t *testing.T) {
	g := newGuest(t)
	g.program(testPC, insNOP, insNOP, insNOP, insBRK)
	g.set(aarch64.DBGBVR(2), testPC+8)
	g.set(aarch64.DBGBCR(2), bcrEL0|0xf<<5)
	g.set(aarch64.MDSCR_EL1, mdscrMDE)
	for range 2 {
		g.at(aarch64.PSTATE_EL0t)
		g.PC = testPC
		if vector := g.runToVector(); vector != 0x400 || g.sys.esr != 0xc2000022 || g.sys.elr != testPC+8 {
			t.Errorf("vector 0x%x, ESR 0x%x, ELR 0x%x; want 0x400, 0xc2000022, 0x%x", vector, g.sys.esr, g.sys.elr, testPC+8)
		}
	}
}
