package hvtest

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// The cases for a backend that decodes accesses itself.
var accessCases = []Case{
	{"access/load-store", func(g *guest) { checkAccess(g, aliasVA) }},
	{"access/mmu-off", func(g *guest) { g.cpu.mmuOff(); checkAccess(g, 0) }},
	{"access/abort", checkAbortAccess},
}

// decoder returns the vCPU as an AccessDecoder, or skips the case.
func (c *cpu) decoder() hv.AccessDecoder {
	d, ok := c.VCPU.(hv.AccessDecoder)
	if !ok {
		c.g.skip("the backend hands back syndromes and decodes no access")
	}
	return d
}

// wantAccess ends the case unless e is this access at ipa. x has the guest's
// registers.
func (c *cpu) wantAccess(what string, e hv.Exit, a access, ipa uint64, x [31]uint64) {
	want := hv.Access{Size: uint8(a.Size), Write: a.Write}
	if a.Write && a.Reg != 31 {
		want.Data = x[a.Reg] & (^uint64(0) >> (64 - 8*a.Size))
	}
	if e.Reason != hv.ExitAccess || e.IPA != ipa || e.Access != want {
		c.g.fatalf("%s: exit %v, IPA 0x%x, %+v; want exit %v, IPA 0x%x, %+v", what, e.Reason, e.IPA, e.Access, hv.ExitAccess, ipa, want)
	}
}

// checkAccess: the exit describes the access fully, and FinishAccess completes the
// instruction.
func checkAccess(g *guest, alias uint64) {
	const bus = 0x8182_8384_8586_8788
	c := g.cpu
	d := c.decoder()
	as := accesses()
	at := g.putAll(as)
	for i, a := range as {
		c.setAddresses(alias + device)
		x := c.x()
		c.wantAccess(a.text, c.runAt(at[i]), a, device+a.off, x)
		c.ok("FinishAccess", d.FinishAccess(bus))
		if !a.Write && a.Reg != 31 {
			x[a.Reg] = a.Extend(bus)
		}
		if got := c.x(); got != x || c.pc() != at[i]+4 {
			c.fatalf("%s, finished: PC 0x%x, registers %x; want PC 0x%x, %x", a.text, c.pc(), got, at[i]+4, x)
		}
		c.wantHVC(a.text+", finished", c.run(), 1)
	}
}

// checkAbortAccess: the guest takes an External abort at the instruction.
func checkAbortAccess(g *guest) {
	c := g.cpu
	d := c.decoder()
	as := accesses()
	at := g.putAll(as)
	for i, a := range as {
		c.setAddresses(aliasVA + device)
		x := c.x()
		c.wantAccess(a.text, c.runAt(at[i]), a, device+a.off, x)
		c.ok("AbortAccess", d.AbortAccess())
		c.wantHVC(a.text+", aborted", c.run(), vectorHVC|vectorSync)
		esr, elr, far := aarch64.ESR(c.sys(aarch64.ESR_EL1)), c.sys(aarch64.ELR_EL1), c.sys(aarch64.FAR_EL1)
		abort := esr.DataAbort()
		if esr.EC() != aarch64.ECDataAbortSame || abort.FSC != aarch64.FSCExternal || elr != at[i] {
			c.fatalf("%s, aborted: %v %+v from 0x%x; want an External abort from 0x%x", a.text, esr, abort, elr, at[i])
		}
		if want := aliasVA + device + a.off; !abort.FnV && far != want {
			c.errorf("%s, aborted: FAR_EL1 0x%x, want 0x%x, or FnV", a.text, far, want)
		}
		if got := c.x(); got != x {
			c.errorf("%s, aborted: registers changed from %x to %x", a.text, x, got)
		}
		c.set(hv.RegCPSR, cpsrEL1h)
	}
}
