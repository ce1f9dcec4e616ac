package aarch64

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	block = DescValid
	page  = DescValid | DescTable
	full  = DescAF | DescAP1 // accessible at both ELs, writable
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

func TestWalkLeaf(t *testing.T) {
	for _, l := range leaves {
		for _, bits := range []uint{48, 47, 42, 39, 36, 33, 31, 25} {
			for _, upper := range []bool{false, true} {
				s := space{grain: l.grain, bits: bits, upper: upper}
				if l.level < s.startLevel() {
					continue
				}
				t.Run(fmt.Sprintf("granule %d, %d bits, level %d, upper %v", 1<<l.grain, bits, l.level, upper), func(t *testing.T) {
					g := newTables()
					va := s.base() + 0x1234567&(1<<bits-1) | 0xabc
					out := uint64(0x25_4000_0000) &^ (l.size - 1)
					g.build(s, va, l.level, out|DescNG|full|leafType(l.level))
					m, f := g.translate(va, 'r', atEL1)
					want := Leaf{PA: out + va&(l.size-1), Size: l.size, Desc: out | DescNG | full | leafType(l.level), Level: uint8(l.level)}
					if m != want || f.Some {
						t.Errorf("translate(0x%x) = %+v, %+v; want %+v", va, m, f, want)
					}
				})
			}
		}
	}
}

func fsc(kind FSC, level uint) Fault { return FaultAt(kind, uint8(level)) }

// TestWalkLevelFaults puts one wrong descriptor at each level of each
// granule.
func TestWalkLevelFaults(t *testing.T) {
	const far = 1 << 45 // beyond 40 bits
	for _, grain := range []uint{12, 14, 16} {
		s := space{grain: grain, bits: 48}
		for level := s.startLevel(); level <= 3; level++ {
			leaf := level == 3 || level == 2 || level == 1 && grain == 12
			badBlock := fsc(FSCTranslation, level)
			if leaf && level != 3 {
				badBlock = Fault{}
			}
			rows := []struct {
				name string
				desc uint64
				acc  access
				want Fault
				is   bool // does such a descriptor exist at this level?
			}{
				{"invalid", 0, 'r', fsc(FSCTranslation, level), true},
				{"invalid with bit 1", full | DescTable, 'r', fsc(FSCTranslation, level), true},
				{"block", full | block, 'r', badBlock, true},
				{"table too far", far | page, 'r', fsc(FSCAddressSize, level), level != 3},
				{"leaf too far", far | full | leafType(level), 'r', fsc(FSCAddressSize, level), leaf},
				{"leaf too far, no AF", far | leafType(level), 'r', fsc(FSCAddressSize, level), leaf},
				{"no AF", DescAP1 | leafType(level), 'r', fsc(FSCAccessFlag, level), leaf},
				{"no AF, read-only", DescAP2 | leafType(level), 'w', fsc(FSCAccessFlag, level), leaf},
				{"read-only", DescAF | DescAP2 | leafType(level), 'w', fsc(FSCPermission, level), leaf},
				{"PXN", DescAF | DescPXN | leafType(level), 'x', fsc(FSCPermission, level), leaf},
			}
			for _, r := range rows {
				if !r.is {
					continue
				}
				t.Run(fmt.Sprintf("granule %d, level %d, %s", 1<<grain, level, r.name), func(t *testing.T) {
					g := newTables()
					const va = 0x4321_8765_4321
					g.build(s, va, level, r.desc)
					if _, f := g.translate(va, r.acc, atEL1); f != r.want {
						t.Errorf("fault %+v, want %+v", f, r.want)
					}
				})
			}
		}
	}
}

// TestWalkInput: faults that come before any table is read have level 0.
func TestWalkInput(t *testing.T) {
	level0 := fsc(FSCTranslation, 0)
	rows := []struct {
		name  string
		s     space
		tcr   uint64 // changed bits
		va    uint64 // built for and looked up
		probe uint64 // if not zero, looked up instead
		want  Fault
	}{
		{"lower", space{grain: 12, bits: 39}, 0, 0x1000, 0, Fault{}},
		{"beyond T0SZ", space{grain: 12, bits: 39}, 0, 0x1000, 1<<39 + 0x1000, level0},
		{"EPD0", space{grain: 12, bits: 39}, TCR_EPD0, 0x1000, 0, level0},
		{"upper", space{grain: 12, bits: 39, upper: true}, 0, 0xffffff80_00001000, 0, Fault{}},
		{"below T1SZ", space{grain: 12, bits: 39, upper: true}, 0, 0xffffff80_00001000, 0xffffff00_00001000, level0},
		{"EPD1", space{grain: 12, bits: 39, upper: true}, TCR_EPD1, 0xffffff80_00001000, 0, level0},
		{"lower, tag, no TBI", space{grain: 12, bits: 48}, 0, 0x1000, 0x0100_0000_0000_1000, level0},
		{"lower, tag, TBI0", space{grain: 12, bits: 48}, TCR_TBI0, 0x1000, 0xff00_0000_0000_1000, Fault{}},
		{"lower, bits 55:48, TBI0", space{grain: 12, bits: 48}, TCR_TBI0, 0x1000, 0x0001_0000_0000_1000, level0},
		{"upper, tag, no TBI", space{grain: 12, bits: 48, upper: true}, 0, 0xffff_0000_0000_1000, 0x00ff_0000_0000_1000, level0},
		{"upper, tag, TBI1", space{grain: 12, bits: 48, upper: true}, TCR_TBI1, 0xffff_0000_0000_1000, 0x00ff_0000_0000_1000, Fault{}},
		{"TBI0 is not TBI1", space{grain: 12, bits: 48, upper: true}, TCR_TBI0, 0xffff_0000_0000_1000, 0x00ff_0000_0000_1000, level0},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			g := newTables()
			g.build(r.s, r.va, 3, 0x7000|full|page)
			g.TCR = g.TCR ^ r.tcr
			va := r.va
			if r.probe != 0 {
				va = r.probe
			}
			m, f := g.translate(va, 'r', atEL1)
			if f != r.want || !f.Some && m.PA != 0x7000 {
				t.Errorf("translate(0x%x) = %+v, %+v; want Fault %+v or 0x7000", va, m, f, r.want)
			}
		})
	}
}

func TestWalkTableBase(t *testing.T) {
	g := newTables()
	g.build(space{grain: 12, bits: 48}, 0, 3, 0x7000|full|page)
	root := g.TTBR0
	g.TTBR0 = root | 1<<41
	if _, f := g.translate(0, 'r', atEL1); f != fsc(FSCAddressSize, 0) {
		t.Errorf("table base of 42 bits: fault %+v, want address size, level 0", f)
	}
	g.TTBR0 = root | 0xffff<<48 | 1
	if m, f := g.translate(0, 'r', atEL1); f.Some || m.PA != 0x7000 {
		t.Errorf("ASID and CnP in the base: %+v, %+v; want 0x7000", m, f)
	}
	const hole = 1 << 36
	g.TTBR0 = hole
	want := Fault{Some: true, Hole: true, Slot: hole + 8}
	if _, f := g.translate(1<<39, 'r', atEL1); f != want {
		t.Errorf("table where nothing is mapped: fault %+v, want %+v", f, want)
	}
}

// TestOutputSize: TCR_EL1.IPS and the processor's own width limit output
// addresses.
func TestOutputSize(t *testing.T) {
	for ips, bits := range []uint{32, 36, 40, 40, 40, 40, 40, 40} {
		g := newTables()
		slot := g.build(space{grain: 12, bits: 48}, 0, 3, 0)
		g.TCR = g.TCR&^(7<<TCR_IPS) | uint64(ips)<<TCR_IPS
		g.desc[slot] = 1<<(bits-1) | full | page
		if m, f := g.translate(0, 'r', atEL1); f.Some || m.PA != 1<<(bits-1) {
			t.Errorf("IPS %d: bit %d: %+v, %+v; want no fault", ips, bits-1, m, f)
		}
		g.desc[slot] = 1<<bits | full | page
		if _, f := g.translate(0, 'r', atEL1); f != fsc(FSCAddressSize, 3) {
			t.Errorf("IPS %d: bit %d: fault %+v, want address size, level 3", ips, bits, f)
		}
	}
}

// TestPermissions is the table of DDI 0487 D8.4.1, and PAN and WXN.
func TestPermissions(t *testing.T) {
	const (
		ro, el0  = DescAP2, DescAP1
		uxn, pxn = DescUXN, DescPXN
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
		g := newTables()
		g.build(space{grain: 12, bits: 48}, 0x5000, 3, r.attrs|DescAF|page)
		if r.wxn {
			g.SCTLR = g.SCTLR | SCTLR_WXN
		}
		got := []string{rwx(g, 0x5000, atEL0), rwx(g, 0x5000, atEL1), rwx(g, 0x5000, atEL1PAN)}
		if d := cmp.Diff([]string{r.el0, r.el1, r.el1pan}, got); d != "" {
			t.Errorf("attributes 0x%x, WXN %v: EL0, EL1, EL1 with PAN (-want +got):\n%s", r.attrs, r.wxn, d)
		}
	}
}

// TestTableAttributes: what a table descriptor forbids is forbidden for all pages
// below it.
func TestTableAttributes(t *testing.T) {
	rows := []struct {
		name     string
		table    uint64
		el0, el1 string
	}{
		{"none", 0, "rw-", "rw-"},
		{"APTable[0]", DescAPTable0, "--x", "rwx"},
		{"APTable[1]", DescAPTable1, "r-x", "r-x"},
		{"APTable[1:0]", DescAPTable0 | DescAPTable1, "--x", "r-x"},
		{"UXNTable", DescUXNTable | DescAPTable1, "r--", "r-x"},
		{"PXNTable", DescPXNTable | DescAPTable1, "r-x", "r--"},
		{"NSTable, ignored", 1 << 63, "rw-", "rw-"},
	}
	for _, r := range rows {
		g := newTables()
		leaf := uint64(DescAF | DescAP1 | page)
		if r.table == 0 || r.table == 1<<63 {
			leaf |= DescUXN
		}
		g.build(space{grain: 12, bits: 48, tableAttrs: r.table}, 0x5000, 3, leaf)
		if el0, el1 := rwx(g, 0x5000, atEL0), rwx(g, 0x5000, atEL1); el0 != r.el0 || el1 != r.el1 {
			t.Errorf("%s: EL0 %s, EL1 %s; want %s, %s", r.name, el0, el1, r.el0, r.el1)
		}
	}
}

// TestTableAttributesAdd: a lower table does not allow what the first one forbids.
func TestTableAttributesAdd(t *testing.T) {
	g := newTables()
	g.build(space{grain: 12, bits: 48}, 0, 3, full|page)
	g.desc[g.TTBR0] |= DescAPTable1
	if got := rwx(g, 0, atEL0); got != "r-x" {
		t.Errorf("APTable[1] in the first table only: EL0 %s, want r-x", got)
	}
}

// Where the walk begins depends on the size of the input address.
func TestWalkStartLevel(t *testing.T) {
	for _, c := range []struct {
		name string
		tsz  uint64
		want Fault
		size uint64
	}{
		{"T0SZ 33: 31 bits start at level 1", 33, Fault{}, 1 << 30},
		{"T0SZ 25: 39 bits start at level 1", 25, Fault{}, 1 << 30},
		{"T0SZ 39: 25 bits start at level 2", 39, Fault{}, 2 << 20},
		{"T0SZ 34: 30 bits start at level 2", 34, Fault{}, 2 << 20},
		{"T0SZ 63 acts as 39", 63, Fault{}, 2 << 20},
		{"T0SZ 16: level 0 has no blocks", 16, fsc(FSCTranslation, 0), 0},
		{"T0SZ 0 acts as 16", 0, fsc(FSCTranslation, 0), 0},
	} {
		g := newTables()
		g.TTBR0 = g.table(12)
		g.TCR = c.tsz | 5<<TCR_IPS
		g.desc[g.TTBR0] = 0x4000_0000 | full | block
		l, f := g.Walk(0x12_3456, g.read)
		if f != c.want || l.Size != c.size || !f.Some && l.PA != 0x4012_3456 {
			t.Errorf("%s: %+v, %+v, want a leaf of 0x%x bytes or fault %+v", c.name, l, f, c.size, c.want)
		}
		_, f = g.Walk(1<<25|0x12_3456, g.read)
		if c.tsz >= 39 && f != fsc(FSCTranslation, 0) {
			t.Errorf("%s: bit 25 of an address: %+v, want a translation fault of level 0", c.name, f)
		}
	}
}

func TestFlat(t *testing.T) {
	level0 := fsc(FSCAddressSize, 0)
	for _, c := range []struct {
		va, tcr, want uint64
		f             Fault
	}{
		{0x12345, 0, 0x12345, Fault{}},
		{1<<40 - 1, 0, 1<<40 - 1, Fault{}},
		{1 << 40, 0, 0, level0},
		{0x5a00_0000_0000_1000, 0, 0, level0},
		{0x5a00_0000_0000_1000, TCR_TBI0, 0x1000, Fault{}},
		{0x5a80_0000_0000_1000, TCR_TBI0 | TCR_TBI1, 0, level0},
	} {
		s := Stage1{TCR: c.tcr, PABits: 40}
		if pa, f := s.Flat(c.va); pa != c.want || f != c.f {
			t.Errorf("0x%x with TCR 0x%x: 0x%x, %+v, want 0x%x, %+v", c.va, c.tcr, pa, f, c.want, c.f)
		}
	}
}

// AttrIndx chooses a byte of MAIR_EL1.
func TestAttr(t *testing.T) {
	s := Stage1{MAIR: 0x07_06_0c_08_44_04_00_ff}
	for i, want := range []uint8{0xff, 0x00, 0x04, 0x44, 0x08, 0x0c, 0x06, 0x07} {
		l := Leaf{Desc: uint64(i)<<DescAttrIndx | full | page}
		if got := s.Attr(&l); got != want {
			t.Errorf("AttrIndx %d: 0x%02x, want 0x%02x", i, got, want)
		}
	}
	for attr, want := range map[uint8]bool{0x00: true, 0x04: true, 0x0c: true, 0x44: false, 0xbb: false, 0xff: false} {
		if got := IsDevice(attr); got != want {
			t.Errorf("attribute 0x%02x is of Device memory: %v, want %v", attr, got, want)
		}
	}
}

// Whatever the registers and tables hold, a walk ends and reads aligned
// addresses of 48 bits.
func FuzzWalk(f *testing.F) {
	f.Add(uint64(25), uint64(0x11_0000), uint64(0), uint64(0), uint64(0x12_0003))
	f.Add(uint64(16), uint64(0x11_0003), uint64(1)<<63, ^uint64(0), uint64(0x0403))
	f.Fuzz(func(t *testing.T, tcr, ttbr0, ttbr1, va, desc uint64) {
		s := Stage1{SCTLR: SCTLR_M, TCR: tcr, TTBR0: ttbr0, TTBR1: ttbr1, PABits: 48}
		reads := 0
		l, fault := s.Walk(va, func(pa uint64) (uint64, bool) {
			if reads++; reads > 4 || pa&7 != 0 || pa>>48 != 0 {
				t.Fatalf("read %d is of 0x%x", reads, pa)
			}
			return desc, true
		})
		if !fault.Some && (l.PA>>48 != 0 || l.PA&0xfff != va&0xfff) {
			t.Errorf("0x%x translates to 0x%x", va, l.PA)
		}
	})
}
