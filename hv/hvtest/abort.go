package hvtest

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var abortCases = []Case{
	{"abort/load-store", checkLoadStore},
	{"abort/mmu-off", checkAbortMMUOff},
	{"abort/no-syndrome", checkNoSyndrome},
	{"abort/cache-maintenance", checkCacheMaintenance},
	{"abort/page-crossing", checkPageCrossing},
	{"abort/table-walk", checkTableWalk},
	{"abort/prefetch", checkPrefetch},
}

// abort is a data abort as the exit should report it. FSC has no level.
type abort struct {
	aarch64.DataAbort
	pc, far, ipa uint64
}

// fscLevel masks the level in a fault status code. The suite ignores the level,
// because it depends on the backend's stage 2 tables.
const fscLevel = 3

// skipDecoded skips the case if the backend has decoded the access.
func (c *cpu) skipDecoded(e hv.Exit) {
	if _, ok := c.VCPU.(hv.AccessDecoder); ok && e.Reason == hv.ExitAccess {
		c.g.skip("the backend decodes accesses: see group access")
	}
}

// wantDataAbort ends the case unless e is exactly this data abort.
func (c *cpu) wantDataAbort(what string, e hv.Exit, a abort) {
	if a.ISV {
		c.skipDecoded(e)
	}
	want := aarch64.MakeESR(aarch64.ECDataAbortLower, a.ISS())
	if e.Reason != hv.ExitException || syndrome(e)&^fscLevel != want || e.FAR != a.far || e.IPA != a.ipa || c.pc() != a.pc {
		c.fatalf("%s: %s %+v; want %v %+v, FAR 0x%x, IPA 0x%x, PC 0x%x, at the instruction",
			what, c.describe(e), e.ESR.DataAbort(), want, a.DataAbort, a.far, a.ipa, a.pc)
	}
}

// access is a load or store of a single general register, and its syndrome. The
// address is X1 or SP plus off; X2 is 8.
type access struct {
	word uint32
	text string
	off  uint64
	aarch64.DataAbort
}

var loads = []access{
	{0x39400020, "ldrb w0, [x1]", 0, aarch64.DataAbort{Size: 1}},
	{0x79400023, "ldrh w3, [x1]", 0, aarch64.DataAbort{Size: 2, Reg: 3}},
	{0xb9400024, "ldr w4, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 4}},
	{0xf9400025, "ldr x5, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 5, Wide: true}},
	{0x39c00026, "ldrsb w6, [x1]", 0, aarch64.DataAbort{Size: 1, Reg: 6, Sign: true}},
	{0x39800027, "ldrsb x7, [x1]", 0, aarch64.DataAbort{Size: 1, Reg: 7, Sign: true, Wide: true}},
	{0x79c00028, "ldrsh w8, [x1]", 0, aarch64.DataAbort{Size: 2, Reg: 8, Sign: true}},
	{0x79800029, "ldrsh x9, [x1]", 0, aarch64.DataAbort{Size: 2, Reg: 9, Sign: true, Wide: true}},
	{0xb980002a, "ldrsw x10, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 10, Sign: true, Wide: true}},
	{0xf9400021, "ldr x1, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 1, Wide: true}},
	{0xf940003d, "ldr x29, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 29, Wide: true}},
	{0xf940003e, "ldr x30, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 30, Wide: true}},
	{0xf940003f, "ldr xzr, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 31, Wide: true}},
	{0xb940003f, "ldr wzr, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 31}},
	{0x3940003f, "ldrb wzr, [x1]", 0, aarch64.DataAbort{Size: 1, Reg: 31}},
	{0xb980003f, "ldrsw xzr, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 31, Sign: true, Wide: true}},
	{0xf9400c20, "ldr x0, [x1,#24]", 0x18, aarch64.DataAbort{Size: 8, Wide: true}},
	{0x39401c20, "ldrb w0, [x1,#7]", 7, aarch64.DataAbort{Size: 1}},
	{0xb85fc020, "ldur w0, [x1,#-4]", ^uint64(3), aarch64.DataAbort{Size: 4}},
	{0x389fd020, "ldursb x0, [x1,#-3]", ^uint64(2), aarch64.DataAbort{Size: 1, Sign: true, Wide: true}},
	{0xf8626820, "ldr x0, [x1,x2]", 8, aarch64.DataAbort{Size: 8, Wide: true}},
	{0xf8627820, "ldr x0, [x1,x2,lsl #3]", 64, aarch64.DataAbort{Size: 8, Wide: true}},
	{0x78624820, "ldrh w0, [x1,w2,uxtw]", 8, aarch64.DataAbort{Size: 2}},
	{0xb862d820, "ldr w0, [x1,w2,sxtw #2]", 32, aarch64.DataAbort{Size: 4}},
	{0xf94003e0, "ldr x0, [sp]", 0, aarch64.DataAbort{Size: 8, Wide: true}},
	{0x394027e0, "ldrb w0, [sp,#9]", 9, aarch64.DataAbort{Size: 1}},
	{0xf94007ff, "ldr xzr, [sp,#8]", 8, aarch64.DataAbort{Size: 8, Reg: 31, Wide: true}},
	{0xc8dffc20, "ldar x0, [x1]", 0, aarch64.DataAbort{Size: 8, Wide: true, AR: true}},
	{0x88dffc2b, "ldar w11, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 11, AR: true}},
	{0x48dffc20, "ldarh w0, [x1]", 0, aarch64.DataAbort{Size: 2, AR: true}},
	{0x08dffc3f, "ldarb wzr, [x1]", 0, aarch64.DataAbort{Size: 1, Reg: 31, AR: true}},
	{0xc8dfffe0, "ldar x0, [sp]", 0, aarch64.DataAbort{Size: 8, Wide: true, AR: true}},
}

var stores = []access{
	{0x39000020, "strb w0, [x1]", 0, aarch64.DataAbort{Size: 1}},
	{0x79000023, "strh w3, [x1]", 0, aarch64.DataAbort{Size: 2, Reg: 3}},
	{0xb9000024, "str w4, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 4}},
	{0xf9000025, "str x5, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 5, Wide: true}},
	{0xf9000021, "str x1, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 1, Wide: true}},
	{0xf900003e, "str x30, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 30, Wide: true}},
	{0x3900003f, "strb wzr, [x1]", 0, aarch64.DataAbort{Size: 1, Reg: 31}},
	{0x7900003f, "strh wzr, [x1]", 0, aarch64.DataAbort{Size: 2, Reg: 31}},
	{0xb900003f, "str wzr, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 31}},
	{0xf900003f, "str xzr, [x1]", 0, aarch64.DataAbort{Size: 8, Reg: 31, Wide: true}},
	{0xb90ffc20, "str w0, [x1,#4092]", 0xffc, aarch64.DataAbort{Size: 4}},
	{0xf81f8020, "stur x0, [x1,#-8]", ^uint64(7), aarch64.DataAbort{Size: 8, Wide: true}},
	{0x38226820, "strb w0, [x1,x2]", 8, aarch64.DataAbort{Size: 1}},
	{0xb8227820, "str w0, [x1,x2,lsl #2]", 32, aarch64.DataAbort{Size: 4}},
	{0x78225820, "strh w0, [x1,w2,uxtw #1]", 16, aarch64.DataAbort{Size: 2}},
	{0xb90007e0, "str w0, [sp,#4]", 4, aarch64.DataAbort{Size: 4}},
	{0xf90003ff, "str xzr, [sp]", 0, aarch64.DataAbort{Size: 8, Reg: 31, Wide: true}},
	{0xc89ffc20, "stlr x0, [x1]", 0, aarch64.DataAbort{Size: 8, Wide: true, AR: true}},
	{0x889ffc3f, "stlr wzr, [x1]", 0, aarch64.DataAbort{Size: 4, Reg: 31, AR: true}},
	{0x489ffc20, "stlrh w0, [x1]", 0, aarch64.DataAbort{Size: 2, AR: true}},
	{0x089ffc2c, "stlrb w12, [x1]", 0, aarch64.DataAbort{Size: 1, Reg: 12, AR: true}},
}

// unprivileged are accesses with the rights of EL0, which the guest's stage 1 would
// refuse.
var unprivileged = []access{
	{0xf8400820, "ldtr x0, [x1]", 0, aarch64.DataAbort{Size: 8, Wide: true, ISV: true, FSC: aarch64.FSCTranslation}},
	{0x38c03820, "ldtrsb w0, [x1,#3]", 3, aarch64.DataAbort{Size: 1, Sign: true, ISV: true, FSC: aarch64.FSCTranslation}},
	{0xb8000820, "sttr w0, [x1]", 0, aarch64.DataAbort{Size: 4, Write: true, ISV: true, FSC: aarch64.FSCTranslation}},
}

// accesses returns all loads and stores, with ISV, WnR and FSC filled in.
func accesses() []access {
	var all []access
	for _, a := range loads {
		a.ISV, a.FSC = true, aarch64.FSCTranslation
		all = append(all, a)
	}
	for _, a := range stores {
		a.ISV, a.Write, a.FSC = true, true, aarch64.FSCTranslation
		all = append(all, a)
	}
	return all
}

// putAll places each instruction with an hvc #1 behind it.
func (g *guest) putAll(as []access) []uint64 {
	at := make([]uint64, len(as))
	for i, a := range as {
		at[i] = g.put(program{{a.word, a.text}, hvc1[0]})
	}
	return at
}

// device is an unmapped address, where a guest would find a device's registers.
const device = nowhere + 0x2_1000

// checkLoadStore: each access exits with a syndrome that describes it fully. It
// has had no effect yet, so it exits again. Once it is emulated the guest goes on.
func checkLoadStore(g *guest) {
	as := accesses()
	at := g.putAll(as)
	for i, a := range as {
		g.cpu.setAddresses(aliasVA + device)
		what := fmt.Sprintf("%s, X1 and SP 0x%x", a.text, uint64(aliasVA+device))
		want := abort{a.DataAbort, at[i], aliasVA + device + a.off, device + a.off}
		before := g.cpu.x()
		g.cpu.wantDataAbort(what, g.cpu.runAt(at[i]), want)
		g.cpu.wantDataAbort(what+", run again", g.cpu.run(), want)
		if after := g.cpu.x(); after != before {
			g.cpu.fatalf("%s: registers changed from %x to %x", what, before, after)
		}
		g.cpu.emulate(what, a)
	}
}

// setAddresses fills the registers: X1 and SP with the address, X2 with 8, the
// others with patterns.
func (c *cpu) setAddresses(va uint64) {
	for x := hv.RegX0; x <= hv.RegX30; x++ {
		c.set(x, 0x0101_0101_0101_0101*uint64(x))
	}
	c.set(hv.RegX1, va)
	c.set(hv.RegX2, 8)
	c.setSys(aarch64.SP_EL1, va)
}

// emulate does what a VMM does for a, then checks the guest's registers.
func (c *cpu) emulate(what string, a access) {
	const bus = 0x8182_8384_8586_8788
	want := c.x()
	if !a.Write && a.Reg != 31 {
		want[a.Reg] = a.Extend(bus)
		c.set(hv.Reg(a.Reg), want[a.Reg])
	}
	c.wantHVC(what+", emulated", c.runAt(c.pc()+4), 1)
	if got := c.x(); got != want {
		c.fatalf("%s, emulated: registers %x, want %x", what, got, want)
	}
}

// checkAbortMMUOff: with the MMU off FAR and IPA are the same.
func checkAbortMMUOff(g *guest) {
	as := append(accesses(), unprivileged...)
	at := g.putAll(as)
	g.cpu.mmuOff()
	for i, a := range as {
		g.cpu.setAddresses(device)
		want := abort{a.DataAbort, at[i], device + a.off, device + a.off}
		g.cpu.wantDataAbort(a.text+", MMU off", g.cpu.runAt(at[i]), want)
	}
}

// noSyndrome are accesses whose syndrome only says whether they read or write:
// those of several registers or SIMD registers, those with write-back, and
// exclusive ones.
var noSyndrome = []access{
	{0xa9401023, "ldp x3, x4, [x1]", 0, aarch64.DataAbort{}},
	{0x29411023, "ldp w3, w4, [x1,#8]", 8, aarch64.DataAbort{}},
	{0x69401023, "ldpsw x3, x4, [x1]", 0, aarch64.DataAbort{}},
	{0xa8401023, "ldnp x3, x4, [x1]", 0, aarch64.DataAbort{}},
	{0xa8c11023, "ldp x3, x4, [x1],#16", 0, aarch64.DataAbort{}},
	{0xa9c113e3, "ldp x3, x4, [sp,#16]!", 16, aarch64.DataAbort{}},
	{0xa9001023, "stp x3, x4, [x1]", 0, aarch64.DataAbort{Write: true}},
	{0x293f7c3f, "stp wzr, wzr, [x1,#-8]", ^uint64(7), aarch64.DataAbort{Write: true}},
	{0xa9bf13e3, "stp x3, x4, [sp,#-16]!", ^uint64(15), aarch64.DataAbort{Write: true}},
	{0xf8408423, "ldr x3, [x1],#8", 0, aarch64.DataAbort{}},
	{0xf8408c23, "ldr x3, [x1,#8]!", 8, aarch64.DataAbort{}},
	{0x38401423, "ldrb w3, [x1],#1", 0, aarch64.DataAbort{}},
	{0x78dfec23, "ldrsh w3, [x1,#-2]!", ^uint64(1), aarch64.DataAbort{}},
	{0xb8004423, "str w3, [x1],#4", 0, aarch64.DataAbort{Write: true}},
	{0xf81f8c23, "str x3, [x1,#-8]!", ^uint64(7), aarch64.DataAbort{Write: true}},
	{0x38001c23, "strb w3, [x1,#1]!", 1, aarch64.DataAbort{Write: true}},
	{0x3d400023, "ldr b3, [x1]", 0, aarch64.DataAbort{}},
	{0xfd400023, "ldr d3, [x1]", 0, aarch64.DataAbort{}},
	{0x3dc00423, "ldr q3, [x1,#16]", 16, aarch64.DataAbort{}},
	{0xbd000023, "str s3, [x1]", 0, aarch64.DataAbort{Write: true}},
	{0x3d800023, "str q3, [x1]", 0, aarch64.DataAbort{Write: true}},
	{0xad401023, "ldp q3, q4, [x1]", 0, aarch64.DataAbort{}},
	{0x6d001023, "stp d3, d4, [x1]", 0, aarch64.DataAbort{Write: true}},
	{0x4c407023, "ld1 {v3.16b}, [x1]", 0, aarch64.DataAbort{}},
	{0x4c00a023, "st1 {v3.16b, v4.16b}, [x1]", 0, aarch64.DataAbort{Write: true}},
	{0x0d409023, "ld1 {v3.s}[1], [x1]", 0, aarch64.DataAbort{}},
	{0xc85f7c23, "ldxr x3, [x1]", 0, aarch64.DataAbort{}},
	{0x085ffc23, "ldaxrb w3, [x1]", 0, aarch64.DataAbort{}},
	{0xc87f1023, "ldxp x3, x4, [x1]", 0, aarch64.DataAbort{}},
	{0xd50b7421, "dc zva, x1", 0, aarch64.DataAbort{Write: true}},
}

// atomics are the instructions of FEAT_LSE. A read of the location would fault
// too, so they fault as reads.
var atomics = []access{
	{0xf8230024, "ldadd x3, x4, [x1]", 0, aarch64.DataAbort{}},
	{0xb8e30024, "ldaddal w3, w4, [x1]", 0, aarch64.DataAbort{}},
	{0xf823003f, "stadd x3, [x1]", 0, aarch64.DataAbort{}},
	{0x38233024, "ldsetb w3, w4, [x1]", 0, aarch64.DataAbort{}},
	{0x78231024, "ldclrh w3, w4, [x1]", 0, aarch64.DataAbort{}},
	{0xf8238024, "swp x3, x4, [x1]", 0, aarch64.DataAbort{}},
	{0xb8a383e4, "swpa w3, w4, [sp]", 0, aarch64.DataAbort{}},
	{0xc8a37c24, "cas x3, x4, [x1]", 0, aarch64.DataAbort{}},
	{0x08e3fc24, "casalb w3, w4, [x1]", 0, aarch64.DataAbort{}},
	{0x48247c26, "casp x4, x5, x6, x7, [x1]", 0, aarch64.DataAbort{}},
}

// hasLSE says whether the guest has FEAT_LSE.
func (c *cpu) hasLSE() bool { return c.sys(aarch64.ID_AA64ISAR0_EL1)>>20&0xf >= 2 }

// checkNoSyndrome: the address is right, and the instruction has had no effect:
// no register is written back.
func checkNoSyndrome(g *guest) {
	as := noSyndrome
	if g.cpu.hasLSE() {
		as = append(as[:len(as):len(as)], atomics...)
	}
	at := g.putAll(as)
	for i, a := range as {
		a.FSC = aarch64.FSCTranslation
		g.cpu.setAddresses(aliasVA + device)
		before := g.cpu.x()
		what := fmt.Sprintf("%s, X1 and SP 0x%x", a.text, uint64(aliasVA+device))
		want := abort{a.DataAbort, at[i], aliasVA + device + a.off, device + a.off}
		g.cpu.wantDataAbort(what, g.cpu.runAt(at[i]), want)
		if after := g.cpu.x(); after != before {
			g.cpu.errorf("%s: registers changed from %x to %x", what, before, after)
		}
		if sp := g.cpu.sys(aarch64.SP_EL1); sp != aliasVA+device {
			g.cpu.errorf("%s: SP changed to 0x%x", what, sp)
		}
		g.cpu.wantHVC(what+", skipped", g.cpu.runAt(at[i]+4), 1)
	}
}

// checkCacheMaintenance: DC by address, of an unmapped address, exits with CM, as
// a write.
func checkCacheMaintenance(g *guest) {
	as := []access{
		{0xd50b7e21, "dc civac, x1", 0, aarch64.DataAbort{CM: true, Write: true, FSC: aarch64.FSCTranslation}},
		{0xd50b7a21, "dc cvac, x1", 0, aarch64.DataAbort{CM: true, Write: true, FSC: aarch64.FSCTranslation}},
		{0xd5087621, "dc ivac, x1", 0, aarch64.DataAbort{CM: true, Write: true, FSC: aarch64.FSCTranslation}},
	}
	at := g.putAll(as)
	for i, a := range as {
		g.cpu.setAddresses(aliasVA + device)
		g.cpu.wantDataAbort(a.text, g.cpu.runAt(at[i]), abort{a.DataAbort, at[i], aliasVA + device, device})
		g.cpu.wantHVC(a.text+", skipped", g.cpu.runAt(at[i]+4), 1)
		g.cpu.setAddresses(aliasVA + data)
		g.cpu.wantHVC(a.text+" of RAM", g.cpu.runAt(at[i]), 1)
	}
}

// checkPageCrossing: an access that begins in RAM and ends behind it reports
// the first byte that faults, and has not written.
func checkPageCrossing(g *guest) {
	as := []access{
		{0xf9400023, "ldr x3, [x1]", 4, aarch64.DataAbort{}},
		{0xb9400023, "ldr w3, [x1]", 2, aarch64.DataAbort{}},
		{0x79400023, "ldrh w3, [x1]", 1, aarch64.DataAbort{}},
		{0xf9000023, "str x3, [x1]", 4, aarch64.DataAbort{Write: true}},
		{0xb9000023, "str w3, [x1]", 2, aarch64.DataAbort{Write: true}},
		{0xa9401023, "ldp x3, x4, [x1]", 8, aarch64.DataAbort{}},
		{0xa9401023, "ldp x3, x4, [x1]", 4, aarch64.DataAbort{}},
		{0x3dc00023, "ldr q3, [x1]", 8, aarch64.DataAbort{}},
	}
	at := g.putAll(as)
	const end = ramBase + ramSize
	for i, a := range as {
		va := aliasVA + end - a.off
		g.cpu.setAddresses(va)
		g.cpu.setSys(aarch64.SP_EL1, data)
		before := g.cpu.x()
		e := g.cpu.runAt(at[i])
		g.cpu.skipDecoded(e)
		d := e.ESR.DataAbort()
		if e.Reason != hv.ExitException || e.ESR.EC() != aarch64.ECDataAbortLower || d.Write != a.Write || !d.FSC.Translation() ||
			e.FAR != aliasVA+end || e.IPA != end || g.cpu.pc() != at[i] {
			g.cpu.fatalf("%s of 0x%x, with RAM up to 0x%x: %s %+v; want FAR 0x%x, IPA 0x%x",
				a.text, va, uint64(aliasVA+end), g.cpu.describe(e), d, uint64(aliasVA+end), uint64(end))
		}
		if after := g.cpu.x(); after != before {
			g.cpu.errorf("%s of 0x%x: registers changed from %x to %x", a.text, va, before, after)
		}
	}
}

// checkTableWalk: a walk to a table of the guest's at an unmapped address exits
// with S1PTW and the table's address.
func checkTableWalk(g *guest) {
	const va = pagedVA + 5<<30
	g.write(level1+8*(va>>30), nowhere+0x3000|descTable)
	at := g.put(program{
		{0xf9400020, "ldr x0, [x1]"},
		{0xf9000020, "str x0, [x1]"},
	})
	c := g.cpu
	c.setX(0, va+0x123450)
	for i := range uint64(2) {
		e := c.runAt(at + 4*i)
		d := e.ESR.DataAbort()
		if e.Reason != hv.ExitException || e.ESR.EC() != aarch64.ECDataAbortLower || !d.S1PTW || !d.FSC.Translation() ||
			e.FAR != va+0x123450 || e.IPA&^0xfff != nowhere+0x3000 || c.pc() != at+4*i {
			c.errorf("a walk to a table at 0x%x, for 0x%x: %s %+v; want S1PTW, IPA of the table's page", nowhere+0x3000, uint64(va+0x123450), c.describe(e), d)
		}
	}
}

// checkPrefetch: a prefetch of an unmapped address does nothing.
func checkPrefetch(g *guest) {
	at := g.put(program{
		{0xf9800020, "prfm pldl1keep, [x1]"},
		{0xf9800030, "prfm pstl1keep, [x1]"},
		{0xd4000022, "hvc #0x1"},
	})
	g.cpu.setX(0, aliasVA+device)
	g.cpu.wantHVC("prfm of nothing", g.cpu.runAt(at), 1)
}
