package softcpu

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestSYSAccess tries all 2^14 encodings of system instructions: at EL0 with the
// permissions of SCTLR_EL1 off and on, and at EL1.
func TestSYSAccess(t *testing.T) {
	type access struct {
		el0 uint64 // the SCTLR_EL1 bit that allows it at EL0
		el1 bool
	}
	known := map[aarch64.SysReg]access{
		aarch64.IC_IVAU: {aarch64.SCTLR_UCI, true}, aarch64.DC_CVAC: {aarch64.SCTLR_UCI, true}, aarch64.DC_CVAU: {aarch64.SCTLR_UCI, true}, aarch64.DC_CIVAC: {aarch64.SCTLR_UCI, true}, aarch64.DC_ZVA: {aarch64.SCTLR_DZE, true},
	}
	for _, op := range []aarch64.SysReg{
		aarch64.IC_IALLUIS, aarch64.IC_IALLU, aarch64.DC_IVAC, aarch64.DC_ISW, aarch64.DC_CSW, aarch64.DC_CISW, aarch64.AT_S1E1R, aarch64.AT_S1E1W, aarch64.AT_S1E0R, aarch64.AT_S1E0W,
		aarch64.TLBI_VMALLE1IS, aarch64.TLBI_VAE1IS, aarch64.TLBI_ASIDE1IS, aarch64.TLBI_VAAE1IS, aarch64.TLBI_VALE1IS, aarch64.TLBI_VAALE1IS,
		aarch64.TLBI_VMALLE1, aarch64.TLBI_VAE1, aarch64.TLBI_ASIDE1, aarch64.TLBI_VAAE1, aarch64.TLBI_VALE1, aarch64.TLBI_VAALE1,
	} {
		known[op] = access{el1: true}
	}
	g := newGuest(t)
	undef := outcome{EC: aarch64.ECUnknown, PC: testPC}
	check := func(what string, op aarch64.SysReg, want outcome) {
		t.Helper()
		if o, _ := g.try(func() bool { return g.sysInstr(op, 0x1000) }); o != want {
			t.Fatalf("%v %s: %+v, want %+v", op, what, o, want)
		}
	}
	for op := aarch64.SysReg(0x4000); op < 0x8000; op++ {
		k := known[op]
		iss := aarch64.SysRegTrap{Reg: op, Rt: 3}.ISS()
		trap := outcome{EC: aarch64.ECSysReg, ISS: iss, PC: testPC}

		g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset&^k.el0|(aarch64.SCTLR_UCI|aarch64.SCTLR_DZE)&^k.el0)
		g.at(aarch64.PSTATE_EL0t)
		if k.el0 != 0 {
			check("at EL0, not allowed", op, trap)
		} else {
			check("at EL0", op, undef)
		}
		if k.el0 != 0 {
			g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|k.el0)
			g.at(aarch64.PSTATE_EL0t)
			check("at EL0, allowed", op, outcome{})
		}

		g.at(aarch64.PSTATE_EL1h)
		crn := op >> 7 & 15
		switch {
		case k.el1:
			check("at EL1", op, outcome{})
		case crn == 11 || crn == 15:
			trap.Exit = true
			check("at EL1, implementation defined", op, trap)
		default:
			check("at EL1", op, undef)
		}
	}
}

func TestSYSL(t *testing.T) {
	g := newGuest(t)
	sysl := func(name aarch64.SysReg) func() bool {
		return func() bool { return execSYSL(g.cpu, &a64.Op{Rd: 3, Aux: uint16(name)}) }
	}
	if o, _ := g.try(sysl(aarch64.IC_IVAU)); o != (outcome{EC: aarch64.ECUnknown, PC: testPC}) {
		t.Errorf("SYSL of IC IVAU: %+v, want UNDEFINED", o)
	}
	g.at(aarch64.PSTATE_EL1h)
	impdef := aarch64.SysRegOf(1, 0, 15, 0, 0)
	want := outcome{Exit: true, EC: aarch64.ECSysReg, ISS: aarch64.SysRegTrap{Reg: impdef, Rt: 3, Read: true}.ISS(), PC: testPC}
	if o, _ := g.try(sysl(impdef)); o != want {
		t.Errorf("implementation defined SYSL: %+v, want %+v", o, want)
	}
}

// TestCacheFaults: the permissions that cache maintenance by address needs, and the
// fault if they are missing.
func TestCacheFaults(t *testing.T) {
	const ro, el0 = aarch64.DescAP2, aarch64.DescAP1
	none := outcome{}
	abort := func(fsc uint32) outcome {
		return outcome{EC: aarch64.ECDataAbortLower, ISS: aarch64.AbortCM | aarch64.AbortWnR | fsc, PC: testPC}
	}
	same := func(fsc uint32) outcome {
		return outcome{EC: aarch64.ECDataAbortSame, ISS: aarch64.AbortCM | aarch64.AbortWnR | fsc, PC: testPC}
	}
	rows := []struct {
		name  string
		op    aarch64.SysReg
		mode  uint64
		attrs uint64
		want  outcome
	}{
		{"DC CVAC", aarch64.DC_CVAC, aarch64.PSTATE_EL1h, aarch64.DescAF | ro, none},
		{"DC CVAC, invalid", aarch64.DC_CVAC, aarch64.PSTATE_EL1h, 0, same(0x07)},
		{"DC CVAC, no AF", aarch64.DC_CVAC, aarch64.PSTATE_EL1h, ro, same(0x0b)},
		{"DC CVAC, user page under PAN", aarch64.DC_CVAC, aarch64.PSTATE_PAN | aarch64.PSTATE_EL1h, aarch64.DescAF | el0, none},
		{"DC IVAC", aarch64.DC_IVAC, aarch64.PSTATE_EL1h, aarch64.DescAF, none},
		{"DC IVAC, read-only", aarch64.DC_IVAC, aarch64.PSTATE_EL1h, aarch64.DescAF | ro, same(0x0f)},
		{"DC CIVAC at EL0", aarch64.DC_CIVAC, aarch64.PSTATE_EL0t, aarch64.DescAF | el0 | ro, none},
		{"DC CIVAC at EL0, kernel page", aarch64.DC_CIVAC, aarch64.PSTATE_EL0t, aarch64.DescAF, abort(0x0f)},
		{"DC CVAU at EL0, invalid", aarch64.DC_CVAU, aarch64.PSTATE_EL0t, 0, abort(0x07)},
		{"IC IVAU", aarch64.IC_IVAU, aarch64.PSTATE_EL1h, aarch64.DescAF | ro, none},
		{"IC IVAU, invalid", aarch64.IC_IVAU, aarch64.PSTATE_EL1h, 0, same(0x07)},
		{"IC IVAU at EL0", aarch64.IC_IVAU, aarch64.PSTATE_EL0t, aarch64.DescAF | el0 | ro, none},
		{"IC IVAU at EL0, kernel page", aarch64.IC_IVAU, aarch64.PSTATE_EL0t, aarch64.DescAF, abort(0x0f)},
	}
	for _, r := range rows {
		g := newGuest(t)
		desc := r.attrs | 0x7000 | page
		if r.attrs == 0 {
			desc = 0
		}
		g.build(space{grain: 12, bits: 48}, 0x5000, 3, desc)
		g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|aarch64.SCTLR_M|aarch64.SCTLR_UCI)
		g.at(r.mode)
		o, _ := g.try(func() bool { return g.sysInstr(r.op, 0x5123) })
		if o != r.want || r.want != none && g.sys.far != 0x5123 {
			t.Errorf("%s: %+v, FAR 0x%x; want %+v, 0x5123", r.name, o, g.sys.far, r.want)
		}
	}
}

func TestDCZVA(t *testing.T) {
	const pan = aarch64.PSTATE_PAN | aarch64.PSTATE_EL1h
	rows := []struct {
		name  string
		mode  uint64
		attrs uint64
		want  outcome
	}{
		{"EL1", aarch64.PSTATE_EL1h, aarch64.DescAF, outcome{}},
		{"EL1, read-only", aarch64.PSTATE_EL1h, aarch64.DescAF | aarch64.DescAP2, outcome{EC: aarch64.ECDataAbortSame, ISS: aarch64.AbortWnR | 0x0f, PC: testPC}},
		{"EL1, user page under PAN", pan, aarch64.DescAF | aarch64.DescAP1, outcome{EC: aarch64.ECDataAbortSame, ISS: aarch64.AbortWnR | 0x0f, PC: testPC}},
		{"EL0", aarch64.PSTATE_EL0t, aarch64.DescAF | aarch64.DescAP1, outcome{}},
		{"EL0, kernel page", aarch64.PSTATE_EL0t, aarch64.DescAF, outcome{EC: aarch64.ECDataAbortLower, ISS: aarch64.AbortWnR | 0x0f, PC: testPC}},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.build(space{grain: 12, bits: 48}, 0x5000, 3, 0x7000|r.attrs|page)
		g.set(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|aarch64.SCTLR_M|aarch64.SCTLR_DZE)
		g.at(r.mode)
		for i := range g.ram[0x7000:0x8000] {
			g.ram[0x7000+i] = 0xff
		}
		o, _ := g.try(func() bool { return g.sysInstr(aarch64.DC_ZVA, 0x5067) })
		if o != r.want || o != (outcome{}) && g.sys.far != 0x5067 {
			t.Errorf("%s: %+v, FAR 0x%x; want %+v, 0x5067", r.name, o, g.sys.far, r.want)
		}
		zeroed := bytes.Count(g.ram[0x7000:0x8000], []byte{0})
		lineZero := bytes.Count(g.ram[0x7040:0x7080], []byte{0})
		if done := r.want == (outcome{}); done && (zeroed != 64 || lineZero != 64) || !done && zeroed != 0 {
			t.Errorf("%s: %d bytes are zero, %d of them in the block", r.name, zeroed, lineZero)
		}
	}
}

func TestTLBIOperands(t *testing.T) {
	const operand = 0xbeef<<48 | 0xf_8000_1234_5 // ASID, and bits 55:12 of an address
	g := newGuest(t)
	g.set(aarch64.TCR_EL1, aarch64.TCR_AS)
	rows := []struct {
		op    aarch64.SysReg
		want  maintenance
		inner bool
	}{
		{aarch64.TLBI_VMALLE1, maintenance{kind: tlbAll}, false},
		{aarch64.TLBI_VMALLE1IS, maintenance{kind: tlbAll}, true},
		{aarch64.TLBI_ASIDE1, maintenance{kind: tlbASID, asid: 0xbeef}, false},
		{aarch64.TLBI_ASIDE1IS, maintenance{kind: tlbASID, asid: 0xbeef}, true},
		{aarch64.TLBI_VAE1, maintenance{kind: tlbVA, asid: 0xbeef, va: 0xf_8000_1234_5 << 12}, false},
		{aarch64.TLBI_VALE1IS, maintenance{kind: tlbVA, asid: 0xbeef, va: 0xf_8000_1234_5 << 12}, true},
		{aarch64.TLBI_VAAE1, maintenance{kind: tlbVAAny, va: 0xf_8000_1234_5 << 12}, false},
		{aarch64.TLBI_VAALE1IS, maintenance{kind: tlbVAAny, va: 0xf_8000_1234_5 << 12}, true},
	}
	for _, r := range rows {
		m, inner, ok := g.tlbi(r.op, operand)
		if m != r.want || inner != r.inner || !ok {
			t.Errorf("%v: %+v, inner %v, %v; want %+v, %v", aarch64.SysReg(r.op), m, inner, ok, r.want, r.inner)
		}
	}
	if m, _, _ := g.tlbi(aarch64.TLBI_VAE1, 0xfff_ffff_ffff); m.va != 0xffff_ffff_ffff_f000 {
		t.Errorf("highest page: 0x%x, want it sign-extended", m.va)
	}
	g.set(aarch64.TCR_EL1, 0)
	if m, _, _ := g.tlbi(aarch64.TLBI_ASIDE1, operand); m.asid != 0xef {
		t.Errorf("8-bit ASIDs: 0x%x, want 0xef", m.asid)
	}
}

// TestTLBMaintenance: reads use a changed descriptor after the TLBI, and after a
// change of ASID if the page is not global.
func TestTLBMaintenance(t *testing.T) {
	const va = 0x5000
	rows := []struct {
		name  string
		desc  uint64
		flush func(g *guest)
		seen  bool
	}{
		{"nothing", 0, func(g *guest) {}, false},
		{"TLBI VAE1", 0, func(g *guest) { g.sysInstr(aarch64.TLBI_VAE1, va>>12) }, true},
		{"TLBI VAE1 of another page", 0, func(g *guest) { g.sysInstr(aarch64.TLBI_VAE1, va>>12+1) }, false},
		{"TLBI VAALE1IS", 0, func(g *guest) { g.sysInstr(aarch64.TLBI_VAALE1IS, va>>12) }, true},
		{"TLBI VMALLE1", 0, func(g *guest) { g.sysInstr(aarch64.TLBI_VMALLE1, 0) }, true},
		{"TLBI ASIDE1, not global", aarch64.DescNG, func(g *guest) { g.sysInstr(aarch64.TLBI_ASIDE1, 1<<48) }, true},
		{"TLBI ASIDE1 of another ASID", aarch64.DescNG, func(g *guest) { g.sysInstr(aarch64.TLBI_ASIDE1, 2<<48) }, false},
		{"TLBI ASIDE1, global", 0, func(g *guest) { g.sysInstr(aarch64.TLBI_ASIDE1, 1<<48) }, false},
		{"new ASID, not global", aarch64.DescNG, func(g *guest) { g.msr(aarch64.TTBR0_EL1, g.sys.ttbr0^3<<48) }, true},
		{"new ASID, global", 0, func(g *guest) { g.msr(aarch64.TTBR0_EL1, g.sys.ttbr0^3<<48) }, false},
		{"the same TTBR0", aarch64.DescNG, func(g *guest) { g.msr(aarch64.TTBR0_EL1, g.sys.ttbr0) }, false},
		{"MMU off and on", 0, func(g *guest) {
			g.msr(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset)
			g.msr(aarch64.SCTLR_EL1, aarch64.SCTLR_Reset|aarch64.SCTLR_M)
		}, true},
		{"other MAIR", 0, func(g *guest) { g.msr(aarch64.MAIR_EL1, 0xff) }, true},
	}
	for _, r := range rows {
		g := newGuest(t)
		slot := g.build(space{grain: 12, bits: 48}, va, 3, 0x7000|r.desc|aarch64.DescAF|page)
		g.set(aarch64.TTBR0_EL1, g.sys.ttbr0|1<<48)
		g.put64(0x7000, 7)
		g.put64(0x9000, 9)
		if v, ok := g.load(va, 8, regimeEL1, 8); v != 7 || !ok {
			t.Fatalf("%s: first read 0x%x, %v", r.name, v, ok)
		}
		g.put64(slot, 0x9000|r.desc|aarch64.DescAF|page)
		r.flush(g)
		if v, _ := g.load(va, 8, regimeEL1, 8); (v == 9) != r.seen {
			t.Errorf("%s: read %d, change seen %v, want %v", r.name, v, v == 9, r.seen)
		}
	}
}

// TestCodeMaintenance: changed instructions execute after IC IVAU or IC IALLU.
func TestCodeMaintenance(t *testing.T) {
	const movz1, movz2 = 0xd2800020, 0xd2800040 // movz x0, #1 and #2
	for _, op := range []aarch64.SysReg{aarch64.IC_IVAU, aarch64.IC_IALLU, aarch64.IC_IALLUIS} {
		t.Run(fmt.Sprint(op), func(t *testing.T) {
			g := newGuest(t)
			g.program(testPC, movz1, insBRK)
			g.PC = testPC
			if g.runToVector(); g.X[0] != 1 {
				t.Fatalf("X0 = %d, want 1", g.X[0])
			}
			g.put32(testPC, movz2)
			g.sysInstr(op, testPC+60)
			g.PC = testPC
			if g.runToVector(); g.X[0] != 2 {
				t.Errorf("after the operation X0 = %d, want 2", g.X[0])
			}
		})
	}
}

// TestStage2OnWalk: a walk to an unmapped table exits to the host, for maintenance and
// AT too.
func TestStage2OnWalk(t *testing.T) {
	for _, op := range []aarch64.SysReg{aarch64.DC_CVAC, aarch64.IC_IVAU, aarch64.AT_S1E1R} {
		g := newGuest(t)
		g.build(space{grain: 12, bits: 48}, 0x5000, 3, 0)
		g.set(aarch64.TTBR0_EL1, 1<<36)
		o, _ := g.try(func() bool { return g.sysInstr(op, 0x5000) })
		want := outcome{Exit: true, EC: aarch64.ECDataAbortLower, ISS: 0x1c7, PC: testPC}
		if o != want || g.exit.IPA != 1<<36 || g.exit.FAR != 0x5000 {
			t.Errorf("%v: %+v, IPA 0x%x, FAR 0x%x; want %+v, 0x1000000000, 0x5000", op, o, g.exit.IPA, g.exit.FAR, want)
		}
	}
}
