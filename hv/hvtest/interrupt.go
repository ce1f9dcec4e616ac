package hvtest

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var interruptCases = []Case{
	{"interrupt/irq", func(g *guest) { checkTaken(g, inputs{irq: true}, cpsrI, vectorIRQ) }},
	{"interrupt/fiq", func(g *guest) { checkTaken(g, inputs{fiq: true}, cpsrF, vectorFIQ) }},
	{"interrupt/masked", checkMasked},
	{"interrupt/one-run", checkOneRun},
	{"interrupt/level", checkLevel},
}

// unmask clears PSTATE.I and F and waits a while for an interrupt. Its HVC says
// that none came.
var unmask = program{
	{0xd503201f, "nop"},
	{0xd50343ff, "msr daifclr, #0x3"},
	{0xd5033fdf, "isb"},
	{0xd2807d00, "mov x0, #0x3e8"},
	{0xd1000400, "sub x0, x0, #0x1"},
	{0xb5ffffe0, "cbnz x0, .-0x4"},
	{0xd4000022, "hvc #0x1"},
}

// checkTaken: when the guest unmasks an interrupt that is high, it takes it to its
// own vector, without an exit.
func checkTaken(g *guest, in inputs, mask, vector uint64) {
	at := g.put(unmask)
	c := g.cpu
	for _, cpsr := range []uint64{cpsrEL1h, cpsrEL1h &^ mask} { // unmasked by the guest, or from the start
		c.set(hv.RegCPSR, cpsr)
		c.set(hv.RegPC, at)
		c.wantHVC("an interrupt", c.runWith(in), uint16(vectorHVC|vector))
		elr, spsr := c.sys(aarch64.ELR_EL1), c.sys(aarch64.SPSR_EL1)
		first := at + 8
		if cpsr&mask == 0 {
			first = at
		}
		if elr < first || elr >= at+uint64(4*len(unmask)) || spsr&mask != 0 {
			c.errorf("CPSR 0x%x: interrupt taken with ELR_EL1 0x%x, SPSR_EL1 0x%x; want ELR_EL1 from 0x%x, bit 0x%x of SPSR_EL1 clear", cpsr, elr, spsr, first, mask)
		}
		if now := c.reg(hv.RegCPSR); now&(cpsrEL1h|mask) != cpsrEL1h {
			c.errorf("CPSR 0x%x: in the vector CPSR is 0x%x, want all masked at EL1h", cpsr, now)
		}
	}
}

// checkMasked: an interrupt that PSTATE masks is pending and not taken. Masking IRQ
// does not mask FIQ, nor the other way round.
func checkMasked(g *guest) {
	at := g.put(program{
		{0xd50341ff, "msr daifclr, #0x1"},
		{0xd5033fdf, "isb"},
		{0xd503201f, "nop"},
		{0xd538c100, "mrs x0, isr_el1"},
		{0xd4000022, "hvc #0x1"},
	})
	fiq := g.put(program{
		{0xd50342ff, "msr daifclr, #0x2"},
		{0xd5033fdf, "isb"},
		{0xd503201f, "nop"},
		{0xd538c100, "mrs x0, isr_el1"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	for _, r := range []struct {
		what string
		pc   uint64
		in   inputs
		isr  uint64
	}{
		{"no interrupt, F unmasked", at, inputs{}, 0},
		{"IRQ, F unmasked", at, inputs{irq: true}, cpsrI},
		{"FIQ, I unmasked", fiq, inputs{fiq: true}, cpsrF},
	} {
		c.set(hv.RegCPSR, cpsrEL1h)
		c.set(hv.RegPC, r.pc)
		c.wantHVC(r.what, c.runWith(r.in), 1)
		if isr := c.reg(hv.RegX0); isr != r.isr {
			c.errorf("%s: ISR_EL1 0x%x, want 0x%x", r.what, isr, r.isr)
		}
	}
}

// checkOneRun: a level is stated for one Run, whether it was taken or not.
func checkOneRun(g *guest) {
	masked := g.put(hvc1)
	at := g.put(unmask)
	c := g.cpu
	for _, in := range []inputs{{irq: true}, {fiq: true}, {irq: true, fiq: true}} {
		c.set(hv.RegCPSR, cpsrEL1h)
		c.set(hv.RegPC, masked)
		c.wantHVC("masked", c.runWith(in), 1)
		c.wantHVC("the Run after one with an interrupt stated", c.runAt(at), 1)
	}
	c.set(hv.RegCPSR, cpsrEL1h)
	c.ok("SetIRQ(true)", c.SetIRQ(true))
	c.ok("SetFIQ(true)", c.SetFIQ(true))
	c.ok("SetIRQ(false)", c.SetIRQ(false))
	c.ok("SetFIQ(false)", c.SetFIQ(false))
	c.wantHVC("stated high, then low", c.runAt(at), 1)
}

// checkLevel: within one Run the input stays high, so the guest takes the interrupt
// again each time it returns from its handler.
func checkLevel(g *guest) {
	at := g.put(unmask)
	const vbar = data
	g.putAt(vbar+vectorIRQ, program{
		{0x91000694, "add x20, x20, #0x1"},
		{0xf1000e9f, "cmp x20, #0x3"},
		{0x54000040, "b.eq .+0x8"},
		{0xd69f03e0, "eret"},
		{0xd4000042, "hvc #0x2"},
	})
	c := g.cpu
	c.setSys(aarch64.VBAR_EL1, vbar)
	c.set(hv.RegPC, at)
	c.wantHVC("an interrupt whose handler returns twice", c.runWith(inputs{irq: true}), 2)
	if n := c.reg(hv.RegX20); n != 3 {
		c.errorf("the handler ran %d times, want 3", n)
	}
}
