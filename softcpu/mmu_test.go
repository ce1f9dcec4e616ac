package softcpu

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/aarch64"
)

const (
	block = descValid
	page  = descValid | descTable
	full  = descAF | descAP1 // accessible at both ELs, writable
)

func leafType(level uint) uint64 {
	if level == 3 {
		return page
	}
	return block
}

// granules and the levels at which they have leaves (DDI 0487 D8.2).
var leaves = []struct {
	grain, level uint
	size         uint64
}{
	{12, 1, 1 << 30}, {12, 2, 2 << 20}, {12, 3, 4 << 10},
	{14, 2, 32 << 20}, {14, 3, 16 << 10},
	{16, 2, 512 << 20}, {16, 3, 64 << 10},
}

func TestTranslateLeaf(t *testing.T) {
	for _, l := range leaves {
		for _, bits := range []uint{48, 47, 42, 39, 36, 33, 31, 25} {
			for _, upper := range []bool{false, true} {
				s := space{grain: l.grain, bits: bits, upper: upper}
				if l.level < s.startLevel() {
					continue
				}
				t.Run(fmt.Sprintf("granule %d, %d bits, level %d, upper %v", 1<<l.grain, bits, l.level, upper), func(t *testing.T) {
					g := newGuest(t)
					va := s.base() + 0x1234567&(1<<bits-1) | 0xabc
					out := uint64(0x25_4000_0000) &^ (l.size - 1)
					g.build(s, va, l.level, out|descNG|full|leafType(l.level))
					m, f := g.translate(va, accessRead, regimeEL1)
					want := mapping{pa: out + va&(l.size-1), size: l.size, read: true, write: true, nonGlobal: true}
					if m != want || f.some {
						t.Errorf("translate(0x%x) = %+v, %+v; want %+v", va, m, f, want)
					}
				})
			}
		}
	}
}

func fsc(base aarch64.FSC, level uint) fault {
	return fault{fsc: uint8(base) + uint8(level), some: true}
}

// TestTranslateLevelFaults puts one wrong descriptor at each level of each
// granule.
func TestTranslateLevelFaults(t *testing.T) {
	const far = 1 << 45 // beyond 40 bits
	for _, grain := range []uint{12, 14, 16} {
		s := space{grain: grain, bits: 48}
		for level := s.startLevel(); level <= 3; level++ {
			leaf := level == 3 || level == 2 || level == 1 && grain == 12
			badBlock := fsc(aarch64.FSCTranslation, level)
			if leaf && level != 3 {
				badBlock = fault{}
			}
			rows := []struct {
				name string
				desc uint64
				acc  access
				want fault
				is   bool // does such a descriptor exist at this level?
			}{
				{"invalid", 0, accessRead, fsc(aarch64.FSCTranslation, level), true},
				{"invalid with bit 1", full | descTable, accessRead, fsc(aarch64.FSCTranslation, level), true},
				{"block", full | block, accessRead, badBlock, true},
				{"table too far", far | page, accessRead, fsc(aarch64.FSCAddressSize, level), level != 3},
				{"leaf too far", far | full | leafType(level), accessRead, fsc(aarch64.FSCAddressSize, level), leaf},
				{"leaf too far, no AF", far | leafType(level), accessRead, fsc(aarch64.FSCAddressSize, level), leaf},
				{"no AF", descAP1 | leafType(level), accessRead, fsc(aarch64.FSCAccessFlag, level), leaf},
				{"no AF, read-only", descAP2 | leafType(level), accessWrite, fsc(aarch64.FSCAccessFlag, level), leaf},
				{"read-only", descAF | descAP2 | leafType(level), accessWrite, fsc(aarch64.FSCPermission, level), leaf},
				{"PXN", descAF | descPXN | leafType(level), accessFetch, fsc(aarch64.FSCPermission, level), leaf},
			}
			for _, r := range rows {
				if !r.is {
					continue
				}
				t.Run(fmt.Sprintf("granule %d, level %d, %s", 1<<grain, level, r.name), func(t *testing.T) {
					g := newGuest(t)
					const va = 0x4321_8765_4321
					g.build(s, va, level, r.desc)
					if _, f := g.translate(va, r.acc, regimeEL1); f != r.want {
						t.Errorf("fault %+v, want %+v", f, r.want)
					}
				})
			}
		}
	}
}

// TestTranslateInput: faults that come before any table is read are of level 0.
func TestTranslateInput(t *testing.T) {
	level0 := fsc(aarch64.FSCTranslation, 0)
	rows := []struct {
		name  string
		s     space
		tcr   uint64 // changed bits
		va    uint64 // built for and looked up
		probe uint64 // if not zero, looked up instead
		want  fault
	}{
		{"lower", space{grain: 12, bits: 39}, 0, 0x1000, 0, fault{}},
		{"beyond T0SZ", space{grain: 12, bits: 39}, 0, 0x1000, 1<<39 + 0x1000, level0},
		{"EPD0", space{grain: 12, bits: 39}, tcrEPD0, 0x1000, 0, level0},
		{"upper", space{grain: 12, bits: 39, upper: true}, 0, 0xffffff80_00001000, 0, fault{}},
		{"below T1SZ", space{grain: 12, bits: 39, upper: true}, 0, 0xffffff80_00001000, 0xffffff00_00001000, level0},
		{"EPD1", space{grain: 12, bits: 39, upper: true}, tcrEPD1, 0xffffff80_00001000, 0, level0},
		{"lower, tag, no TBI", space{grain: 12, bits: 48}, 0, 0x1000, 0x0100_0000_0000_1000, level0},
		{"lower, tag, TBI0", space{grain: 12, bits: 48}, tcrTBI0, 0x1000, 0xff00_0000_0000_1000, fault{}},
		{"lower, bits 55:48, TBI0", space{grain: 12, bits: 48}, tcrTBI0, 0x1000, 0x0001_0000_0000_1000, level0},
		{"upper, tag, no TBI", space{grain: 12, bits: 48, upper: true}, 0, 0xffff_0000_0000_1000, 0x00ff_0000_0000_1000, level0},
		{"upper, tag, TBI1", space{grain: 12, bits: 48, upper: true}, tcrTBI1, 0xffff_0000_0000_1000, 0x00ff_0000_0000_1000, fault{}},
		{"TBI0 is not TBI1", space{grain: 12, bits: 48, upper: true}, tcrTBI0, 0xffff_0000_0000_1000, 0x00ff_0000_0000_1000, level0},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			g := newGuest(t)
			g.build(r.s, r.va, 3, 0x7000|full|page)
			g.set(aarch64.TCR_EL1, g.get(aarch64.TCR_EL1)^r.tcr)
			va := r.va
			if r.probe != 0 {
				va = r.probe
			}
			m, f := g.translate(va, accessRead, regimeEL1)
			if f != r.want || !f.some && m.pa != 0x7000 {
				t.Errorf("translate(0x%x) = %+v, %+v; want fault %+v or 0x7000", va, m, f, r.want)
			}
		})
	}
}

func TestTranslateTableBase(t *testing.T) {
	g := newGuest(t)
	g.build(space{grain: 12, bits: 48}, 0, 3, 0x7000|full|page)
	root := g.get(aarch64.TTBR0_EL1)
	g.set(aarch64.TTBR0_EL1, root|1<<41)
	if _, f := g.translate(0, accessRead, regimeEL1); f != fsc(aarch64.FSCAddressSize, 0) {
		t.Errorf("table base of 42 bits: fault %+v, want address size, level 0", f)
	}
	g.set(aarch64.TTBR0_EL1, root|0xffff<<48|1)
	if m, f := g.translate(0, accessRead, regimeEL1); f.some || m.pa != 0x7000 {
		t.Errorf("ASID and CnP in the base: %+v, %+v; want 0x7000", m, f)
	}
	const hole = 1 << 36
	g.set(aarch64.TTBR0_EL1, hole)
	want := fault{fsc: 7, s1ptw: true, stage2: true, ipa: hole + 8, some: true}
	if _, f := g.translate(1<<39, accessRead, regimeEL1); f != want {
		t.Errorf("table where nothing is mapped: fault %+v, want %+v", f, want)
	}
}

// TestOutputSize: TCR_EL1.IPS limits output addresses, up to what the CPU has.
func TestOutputSize(t *testing.T) {
	for ips, bits := range []uint{32, 36, 40, 40, 40, 40, 40, 40} {
		g := newGuest(t)
		slot := g.build(space{grain: 12, bits: 48}, 0, 3, 0)
		g.set(aarch64.TCR_EL1, g.get(aarch64.TCR_EL1)&^(7<<tcrIPS)|uint64(ips)<<tcrIPS)
		g.put64(slot, 1<<(bits-1)|full|page)
		if m, f := g.translate(0, accessRead, regimeEL1); f.some || m.pa != 1<<(bits-1) {
			t.Errorf("IPS %d: bit %d: %+v, %+v; want no fault", ips, bits-1, m, f)
		}
		g.put64(slot, 1<<bits|full|page)
		if _, f := g.translate(0, accessRead, regimeEL1); f != fsc(aarch64.FSCAddressSize, 3) {
			t.Errorf("IPS %d: bit %d: fault %+v, want address size, level 3", ips, bits, f)
		}
	}
}

// rwx returns what a regime may do, asking for each access.
func rwx(g *guest, va uint64, r regime) string {
	s := []byte("---")
	for acc, name := range "rwx" {
		if _, f := g.translate(va, access(acc), r); !f.some {
			s[acc] = byte(name)
		}
	}
	return string(s)
}

// TestPermissions is the table of DDI 0487 D8.4.1, and PAN and WXN.
func TestPermissions(t *testing.T) {
	const (
		ro, el0  = descAP2, descAP1
		uxn, pxn = descUXN, descPXN
		wxn      = true
	)
	rows := []struct {
		attrs            uint64
		wxn              bool
		el0, el1, el1pan string
	}{
		{0, false, "--x", "rwx", "rwx"},
		{uxn, false, "---", "rwx", "rwx"},
		{pxn, false, "--x", "rw-", "rw-"},
		{uxn | pxn, false, "---", "rw-", "rw-"},
		{el0, false, "rwx", "rw-", "---"},
		{el0 | uxn, false, "rw-", "rw-", "---"},
		{el0 | pxn, false, "rwx", "rw-", "---"},
		{el0 | uxn | pxn, false, "rw-", "rw-", "---"},
		{ro, false, "--x", "r-x", "r-x"},
		{ro | uxn, false, "---", "r-x", "r-x"},
		{ro | pxn, false, "--x", "r--", "r--"},
		{ro | uxn | pxn, false, "---", "r--", "r--"},
		{ro | el0, false, "r-x", "r-x", "--x"},
		{ro | el0 | uxn, false, "r--", "r-x", "--x"},
		{ro | el0 | pxn, false, "r-x", "r--", "---"},
		{ro | el0 | uxn | pxn, false, "r--", "r--", "---"},
		{0, wxn, "--x", "rw-", "rw-"},
		{el0, wxn, "rw-", "rw-", "---"},
		{ro, wxn, "--x", "r-x", "r-x"},
		{ro | el0, wxn, "r-x", "r-x", "--x"},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.build(space{grain: 12, bits: 48}, 0x5000, 3, r.attrs|descAF|page)
		if r.wxn {
			g.set(aarch64.SCTLR_EL1, g.get(aarch64.SCTLR_EL1)|sctlrWXN)
		}
		got := []string{rwx(g, 0x5000, regimeEL0), rwx(g, 0x5000, regimeEL1), rwx(g, 0x5000, regimeEL1PAN)}
		if d := cmp.Diff([]string{r.el0, r.el1, r.el1pan}, got); d != "" {
			t.Errorf("attributes 0x%x, WXN %v: EL0, EL1, EL1 with PAN (-want +got):\n%s", r.attrs, r.wxn, d)
		}
	}
}

// TestTableAttributes: what a table descriptor forbids is forbidden below it.
func TestTableAttributes(t *testing.T) {
	rows := []struct {
		name     string
		table    uint64
		el0, el1 string
	}{
		{"none", 0, "rw-", "rw-"},
		{"APTable[0]", descAPTable0, "--x", "rwx"},
		{"APTable[1]", descAPTable1, "r-x", "r-x"},
		{"APTable[1:0]", descAPTable0 | descAPTable1, "--x", "r-x"},
		{"UXNTable", descUXNTable | descAPTable1, "r--", "r-x"},
		{"PXNTable", descPXNTable | descAPTable1, "r-x", "r--"},
		{"NSTable, ignored", 1 << 63, "rw-", "rw-"},
	}
	for _, r := range rows {
		g := newGuest(t)
		leaf := uint64(descAF | descAP1 | page)
		if r.table == 0 || r.table == 1<<63 {
			leaf |= descUXN
		}
		g.build(space{grain: 12, bits: 48, tableAttrs: r.table}, 0x5000, 3, leaf)
		if el0, el1 := rwx(g, 0x5000, regimeEL0), rwx(g, 0x5000, regimeEL1); el0 != r.el0 || el1 != r.el1 {
			t.Errorf("%s: EL0 %s, EL1 %s; want %s, %s", r.name, el0, el1, r.el0, r.el1)
		}
	}
}

func TestMemoryTypes(t *testing.T) {
	for index, device := range []bool{false, true, false} {
		g := newGuest(t)
		g.build(space{grain: 12, bits: 48}, 0, 3, uint64(index)<<descAttrIndx|full|page)
		if m, f := g.translate(0, accessRead, regimeEL1); m.device != device || f.some {
			t.Errorf("AttrIndx %d: device %v, %+v; want %v", index, m.device, f, device)
		}
	}
}

func TestTranslateMMUOff(t *testing.T) {
	rows := []struct {
		va   uint64
		acc  access
		tcr  uint64
		want mapping
		f    fault
	}{
		{0x12345, accessRead, 0, mapping{pa: 0x12345, device: true}, fault{}},
		{0x12345, accessWrite, 0, mapping{pa: 0x12345, device: true}, fault{}},
		{0x12344, accessFetch, 0, mapping{pa: 0x12344}, fault{}},
		{1<<40 - 1, accessRead, 0, mapping{pa: 1<<40 - 1, device: true}, fault{}},
		{1 << 40, accessRead, 0, mapping{}, fsc(aarch64.FSCAddressSize, 0)},
		{0x5a00_0000_0000_1000, accessRead, 0, mapping{}, fsc(aarch64.FSCAddressSize, 0)},
		{0x5a00_0000_0000_1000, accessRead, tcrTBI0, mapping{pa: 0x1000, device: true}, fault{}},
		{0x5a80_0000_0000_1000, accessRead, tcrTBI0 | tcrTBI1, mapping{}, fsc(aarch64.FSCAddressSize, 0)},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.set(aarch64.TCR_EL1, r.tcr)
		if !r.f.some {
			r.want.size, r.want.read, r.want.write, r.want.exec = 4096, true, true, true
		}
		if m, f := g.translate(r.va, r.acc, regimeEL1); m != r.want || f != r.f {
			t.Errorf("translate(0x%x, %d) with TCR 0x%x = %+v, %+v; want %+v, %+v", r.va, r.acc, r.tcr, m, f, r.want, r.f)
		}
	}
}

func TestTranslateAllocatesNothing(t *testing.T) {
	g := newGuest(t)
	g.build(space{grain: 12, bits: 48}, 0x5000, 3, 0x7000|full|page)
	if n := testing.AllocsPerRun(100, func() { g.translate(0x5000, accessRead, regimeEL1) }); n != 0 {
		t.Errorf("a translation allocates %v times, want 0", n)
	}
}

// BenchmarkTranslate is a TLB miss without what follows it: a walk of four
// levels, and the permissions.
func BenchmarkTranslate(b *testing.B) {
	g := newGuest(b)
	g.build(space{grain: 12, bits: 48}, 0x5000, 3, 0x7000|full|page)
	b.ReportAllocs()
	for b.Loop() {
		if _, f := g.translate(0x5008, accessRead, regimeEL1); f.some {
			b.Fatalf("fault %+v", f)
		}
	}
}

func TestAddressTranslate(t *testing.T) {
	const inner, outer = 3 << descSH, 2 << descSH
	rows := []struct {
		name  string
		op    aarch64.SysReg
		attrs uint64
		par   uint64
	}{
		{"S1E1R normal", aarch64.AT_S1E1R, full | inner, 0xff<<56 | 3<<7 | 1<<11 | 0x7000},
		{"S1E1R outer shareable", aarch64.AT_S1E1R, full | outer, 0xff<<56 | 2<<7 | 1<<11 | 0x7000},
		{"S1E1R device", aarch64.AT_S1E1R, full | inner | 1<<descAttrIndx, 0x04<<56 | 2<<7 | 1<<11 | 0x7000},
		{"S1E1R non-cacheable", aarch64.AT_S1E1R, full | 2<<descAttrIndx, 0x44<<56 | 2<<7 | 1<<11 | 0x7000},
		{"S1E1W read-only", aarch64.AT_S1E1W, full | descAP2, 0x0f<<1 | 1<<11 | 1},
		{"S1E1W", aarch64.AT_S1E1W, full, 0xff<<56 | 1<<11 | 0x7000},
		{"S1E0R kernel page", aarch64.AT_S1E0R, descAF, 0x0f<<1 | 1<<11 | 1},
		{"S1E0R", aarch64.AT_S1E0R, full | descAP2, 0xff<<56 | 1<<11 | 0x7000},
		{"S1E0W read-only", aarch64.AT_S1E0W, full | descAP2, 0x0f<<1 | 1<<11 | 1},
		{"S1E0W", aarch64.AT_S1E0W, full, 0xff<<56 | 1<<11 | 0x7000},
		{"no AF", aarch64.AT_S1E1R, 0, 0x0b<<1 | 1<<11 | 1},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.build(space{grain: 12, bits: 48}, 0x5000, 3, 0x7000|r.attrs|page)
		g.setPAN(true) // AT does not look at it
		if _, happened := g.try(func() bool { return g.sysInstr(r.op, 0x5123) }); happened {
			t.Errorf("%s: an exception", r.name)
		}
		if par := g.get(aarch64.PAR_EL1); par != r.par {
			t.Errorf("%s: PAR 0x%x, want 0x%x", r.name, par, r.par)
		}
	}
	g := newGuest(t)
	g.sysInstr(aarch64.AT_S1E1R, 0x12345678)
	if par, want := g.get(aarch64.PAR_EL1), uint64(0x12345000|2<<7|1<<11); par != want {
		t.Errorf("MMU off: PAR 0x%x, want 0x%x", par, want)
	}
}
