package hvtest

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var exceptionCases = []Case{
	{"exception/own", checkOwnExceptions},
	{"exception/el0", checkEL0},
	{"exception/instruction-abort", checkInstructionAbort},
}

// ownExceptions are instructions whose exception the guest takes itself, without
// an exit.
var ownExceptions = []struct {
	word uint32
	text string
	esr  aarch64.ESR
	far  uint64 // if not 0
	ret  uint64 // of ELR_EL1, from the instruction
}{
	{0x00000000, "udf #0", aarch64.MakeESR(aarch64.ECUnknown, 0), 0, 0},
	{0xd4000841, "svc #0x42", aarch64.MakeESR(aarch64.ECSVC64, 0x42), 0, 4},
	{0xd42000e0, "brk #0x7", aarch64.MakeESR(aarch64.ECBRK64, 7), 0, 0},
	{0xf9400022, "ldr x2, [x1]", aarch64.MakeESR(aarch64.ECDataAbortSame, 0x07), pagedVA + 0x5000, 0},
	{0xf9000022, "str x2, [x1]", aarch64.MakeESR(aarch64.ECDataAbortSame, 0x47), pagedVA + 0x5000, 0},
	{0xd61f0020, "br x1", aarch64.MakeESR(aarch64.ECInstrAbortSame, 0x07), pagedVA + 0x5000, pagedVA + 0x5000},
	{0xc85f7c62, "ldxr x2, [x3]", aarch64.MakeESR(aarch64.ECDataAbortSame, 0x21), data + 1, 0},
}

func checkOwnExceptions(g *guest) {
	c := g.cpu
	at := make([]uint64, len(ownExceptions))
	for i, o := range ownExceptions {
		at[i] = g.put(program{{o.word, o.text}})
	}
	for i, o := range ownExceptions {
		c.set(hv.RegX1, pagedVA+0x5000) // stage 1 has no page here: a fault of level 3
		c.set(hv.RegX3, data+1)
		c.wantHVC(o.text, c.runAt(at[i]), vectorHVC|vectorSync)
		if esr := aarch64.ESR(c.sys(aarch64.ESR_EL1)); esr != o.esr {
			c.errorf("%s: ESR_EL1 %v, want %v", o.text, esr, o.esr)
		}
		if far := c.sys(aarch64.FAR_EL1); o.far != 0 && far != o.far {
			c.errorf("%s: FAR_EL1 0x%x, want 0x%x", o.text, far, o.far)
		}
		ret := at[i] + o.ret
		if o.ret > 4 {
			ret = o.ret
		}
		if elr := c.sys(aarch64.ELR_EL1); elr != ret {
			c.errorf("%s: ELR_EL1 0x%x, want 0x%x", o.text, elr, ret)
		}
		if pc := c.pc(); pc != vectors+vectorSync+4 {
			c.errorf("%s: PC 0x%x, want 0x%x, past the vector's hvc", o.text, pc, uint64(vectors+vectorSync+4))
		}
	}
}

// checkEL0: what EL0 may not do, such as HVC and SMC, is an exception to the
// guest's EL1. A data abort at EL0 exits like one at EL1.
func checkEL0(g *guest) {
	c := g.cpu
	c.mmuOff()
	forbidden := []struct {
		word uint32
		text string
		esr  aarch64.ESR
	}{
		{0xd4000022, "hvc #0x1", aarch64.MakeESR(aarch64.ECUnknown, 0)},
		{0xd4000023, "smc #0x1", aarch64.MakeESR(aarch64.ECUnknown, 0)},
		{0xd4000121, "svc #0x9", aarch64.MakeESR(aarch64.ECSVC64, 9)},
		{0xd538c000, "mrs x0, vbar_el1", aarch64.MakeESR(aarch64.ECUnknown, 0)},
	}
	at := make([]uint64, len(forbidden))
	for i, f := range forbidden {
		at[i] = g.put(program{{f.word, f.text}})
	}
	unmapped := g.put(program{
		{0xb9400022, "ldr w2, [x1]"},
		{0xd4000061, "svc #0x3"},
	})
	for i, f := range forbidden {
		c.set(hv.RegCPSR, cpsrEL0t)
		c.wantHVC(f.text+" at EL0", c.runAt(at[i]), vectorHVC|vectorSyncLower)
		if esr := aarch64.ESR(c.sys(aarch64.ESR_EL1)); esr != f.esr {
			c.errorf("%s at EL0: ESR_EL1 %v, want %v", f.text, esr, f.esr)
		}
		if spsr := c.sys(aarch64.SPSR_EL1); spsr != cpsrEL0t {
			c.errorf("%s at EL0: SPSR_EL1 0x%x, want 0x%x", f.text, spsr, cpsrEL0t)
		}
	}

	c.set(hv.RegCPSR, cpsrEL0t)
	c.set(hv.RegX1, nowhere+0x10)
	e := c.runAt(unmapped)
	c.wantDataAbort("ldr w2, [x1] at EL0", e, abort{
		DataAbort: aarch64.DataAbort{ISV: true, Size: 4, Reg: 2, FSC: aarch64.FSCTranslation},
		pc:        unmapped, far: nowhere + 0x10, ipa: nowhere + 0x10,
	})
	if cpsr := c.reg(hv.RegCPSR); cpsr != cpsrEL0t {
		c.errorf("data abort at EL0: CPSR 0x%x, want 0x%x", cpsr, cpsrEL0t)
	}
	c.wantHVC("svc after the data abort", c.runAt(unmapped+4), vectorHVC|vectorSyncLower)
}

// checkInstructionAbort: execution at an unmapped address exits with the PC there.
func checkInstructionAbort(g *guest) {
	c := g.cpu
	at := g.put(program{
		{0xd61f0020, "br x1"},
	})
	for _, va := range []uint64{nowhere + 0x1230, aliasVA + nowhere + 0x1230, ramBase + ramSize} {
		c.setX(0, va)
		c.wantInstructionAbort("br to nowhere", c.runAt(at), aarch64.FSCTranslation, va, va&^aliasVA)
		c.wantInstructionAbort("the same again", c.run(), aarch64.FSCTranslation, va, va&^aliasVA)
	}
	c.mmuOff()
	c.wantInstructionAbort("MMU off", c.runAt(nowhere), aarch64.FSCTranslation, nowhere, nowhere)
}

// wantInstructionAbort ends the case unless e is this instruction abort, of any
// level.
func (c *cpu) wantInstructionAbort(what string, e hv.Exit, fsc aarch64.FSC, va, ipa uint64) {
	want := aarch64.MakeESR(aarch64.ECInstrAbortLower, uint32(fsc))
	if e.Reason != hv.ExitException || syndrome(e)&^fscLevel != want || e.FAR != va || e.IPA != ipa || c.pc() != va {
		c.fatalf("%s: %s; want %v but for the level, FAR 0x%x, IPA 0x%x, PC 0x%x", what, c.describe(e), want, va, ipa, va)
	}
}
