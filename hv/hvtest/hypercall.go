package hvtest

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var hypercallCases = []Case{
	{"exit/hvc", checkHVC},
	{"exit/smc", checkSMC},
	{"exit/wfi", checkWFI},
	{"exit/wfe", checkWFE},
}

// checkHVC: after an HVC the PC is past it, and the next Run goes on there.
func checkHVC(g *guest) {
	at := g.put(program{
		{0xd4000002, "hvc #0x0"},
		{0xd4000022, "hvc #0x1"},
		{0xd41fffe2, "hvc #0xffff"},
		{0xd4100002, "hvc #0x8000"},
	})
	c := g.cpu
	c.set(hv.RegPC, at)
	for i, imm := range []uint16{0, 1, 0xffff, 0x8000} {
		c.set(hv.RegX0, 0x84000000+uint64(i))
		before := c.x()
		c.wantHVC(fmt.Sprintf("hvc #0x%x", imm), c.run(), imm)
		if want := at + 4*uint64(i+1); c.pc() != want {
			c.fatalf("hvc #0x%x: PC 0x%x, want 0x%x, past the instruction", imm, c.pc(), want)
		}
		if after := c.x(); after != before {
			c.errorf("hvc #0x%x: registers changed from %x to %x", imm, before, after)
		}
	}
}

// checkSMC: after an SMC the PC is at it, and whoever emulates it adds 4.
func checkSMC(g *guest) {
	at := g.put(program{
		{0xd4000003, "smc #0x0"},
		{0xd41579a3, "smc #0xabcd"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	pc := at
	for _, imm := range []uint16{0, 0xabcd} {
		e := c.runAt(pc)
		if want := aarch64.MakeESR(aarch64.ECSMC64, uint32(imm)); e.Reason != hv.ExitException || syndrome(e) != want || c.pc() != pc {
			c.fatalf("smc #0x%x at 0x%x: %s; want %v, PC at the instruction", imm, pc, c.describe(e), want)
		}
		pc += 4
	}
	c.wantHVC("after smc", c.runAt(pc), 1)
}

// checkWFI: after the exit for a WFI the PC is at it. CV and COND are either those of
// an unconditional instruction or zero.
func checkWFI(g *guest) {
	at := g.put(program{
		{0xd503207f, "wfi"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	e := c.runAt(at)
	if e.Reason != hv.ExitException || e.ESR.EC() != aarch64.ECWFx || e.ESR.ISS()&^aarch64.CondAL != uint32(aarch64.WFI) || c.pc() != at {
		c.fatalf("wfi at 0x%x: %s; want WFx with TI %d, PC at the instruction", at, c.describe(e), aarch64.WFI)
	}
	c.wantHVC("after wfi", c.runAt(at+4), 1)
}

// checkWFE: the backend chooses whether a WFE exits. If it does, the PC is at the
// instruction.
func checkWFE(g *guest) {
	at := g.put(program{
		{0xd50320bf, "sevl"},
		{0xd503205f, "wfe"}, // consumes the event
		{0xd503205f, "wfe"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	e := c.runAt(at)
	for e.Reason == hv.ExitException && e.ESR.EC() == aarch64.ECWFx {
		pc := c.pc()
		if e.ESR.ISS()&^aarch64.CondAL != uint32(aarch64.WFE) || pc != at+4 && pc != at+8 {
			c.fatalf("wfe at 0x%x: %s; want TI %d, PC at the instruction", at+8, c.describe(e), aarch64.WFE)
		}
		e = c.runAt(pc + 4)
	}
	c.wantHVC("after wfe", e, 1)
}
