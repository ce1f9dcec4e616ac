package softcpu

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/aarch64"
)

const (
	block = aarch64.DescValid
	page  = aarch64.DescValid | aarch64.DescTable
	full  = aarch64.DescAF | aarch64.DescAP1 // accessible at both ELs, writable
)

// rwx returns the accesses to va that a regime may make, as "r-x".
func rwx(g *guest, va uint64, r regime) string {
	s := []byte("---")
	for acc, name := range "rwx" {
		if _, f := g.translate(va, access(acc), r); !f.some {
			s[acc] = byte(name)
		}
	}
	return string(s)
}

// TestTranslate: the walk's result for each regime, and its faults.
func TestTranslate(t *testing.T) {
	const va = 0x5000
	rows := []struct {
		attrs            uint64
		el0, el1, el1pan string
	}{
		{aarch64.DescAF, "--x", "rwx", "rwx"},
		{aarch64.DescAF | aarch64.DescAP1, "rwx", "rw-", "---"},
		{aarch64.DescAF | aarch64.DescAP2 | aarch64.DescPXN | aarch64.DescUXN, "---", "r--", "r--"},
	}
	for _, r := range rows {
		g := newGuest(t)
		g.build(space{grain: 12, bits: 48}, va, 3, r.attrs|page)
		got := []string{rwx(g, va, regimeEL0), rwx(g, va, regimeEL1), rwx(g, va, regimeEL1PAN)}
		if d := cmp.Diff([]string{r.el0, r.el1, r.el1pan}, got); d != "" {
			t.Errorf("attributes 0x%x: EL0, EL1, EL1 with PAN (-want +got):\n%s", r.attrs, d)
		}
	}
	g := newGuest(t)
	g.build(space{grain: 12, bits: 48}, va, 2, 0x25_4000_0000|aarch64.DescNG|full|block)
	want := mapping{pa: 0x25_4000_5678, size: 2 << 20, read: true, write: true, nonGlobal: true}
	if m, f := g.translate(0x5678, accessRead, regimeEL1); m != want || f.some {
		t.Errorf("a block: %+v, %+v, want %+v", m, f, want)
	}
	if _, f := g.translate(0x5678, accessFetch, regimeEL1); f != fsc(aarch64.FSCPermission, 2) {
		t.Errorf("fetch from it: fault %+v, want a permission fault of level 2", f)
	}
	if _, f := g.translate(1<<30, accessRead, regimeEL1); f != fsc(aarch64.FSCTranslation, 1) {
		t.Errorf("beside it: fault %+v, want a translation fault of level 1", f)
	}
	const hole = 1 << 36
	g.set(aarch64.TTBR0_EL1, hole)
	stage2 := fault{fsc: 7, s1ptw: true, stage2: true, ipa: hole + 8, some: true}
	if _, f := g.translate(1<<39, accessRead, regimeEL1); f != stage2 {
		t.Errorf("table where nothing is mapped: fault %+v, want %+v", f, stage2)
	}
}

func fsc(base aarch64.FSC, level uint) fault {
	return fault{fsc: uint8(base) + uint8(level), some: true}
}

func TestMemoryTypes(t *testing.T) {
	for index, device := range []bool{false, true, false} {
		g := newGuest(t)
		g.build(space{grain: 12, bits: 48}, 0, 3, uint64(index)<<aarch64.DescAttrIndx|full|page)
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
		{0x5a00_0000_0000_1000, accessRead, aarch64.TCR_TBI0, mapping{pa: 0x1000, device: true}, fault{}},
		{0x5a80_0000_0000_1000, accessRead, aarch64.TCR_TBI0 | aarch64.TCR_TBI1, mapping{}, fsc(aarch64.FSCAddressSize, 0)},
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

// BenchmarkTranslate measures the translation of a TLB miss: a walk of four levels,
// and the permissions.
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
	const inner, outer = 3 << aarch64.DescSH, 2 << aarch64.DescSH
	rows := []struct {
		name  string
		op    aarch64.SysReg
		attrs uint64
		par   uint64
	}{
		{"S1E1R normal", aarch64.AT_S1E1R, full | inner, 0xff<<56 | 3<<7 | 1<<11 | 0x7000},
		{"S1E1R outer shareable", aarch64.AT_S1E1R, full | outer, 0xff<<56 | 2<<7 | 1<<11 | 0x7000},
		{"S1E1R device", aarch64.AT_S1E1R, full | inner | 1<<aarch64.DescAttrIndx, 0x04<<56 | 2<<7 | 1<<11 | 0x7000},
		{"S1E1R non-cacheable", aarch64.AT_S1E1R, full | 2<<aarch64.DescAttrIndx, 0x44<<56 | 2<<7 | 1<<11 | 0x7000},
		{"S1E1W read-only", aarch64.AT_S1E1W, full | aarch64.DescAP2, 0x0f<<1 | 1<<11 | 1},
		{"S1E1W", aarch64.AT_S1E1W, full, 0xff<<56 | 1<<11 | 0x7000},
		{"S1E0R kernel page", aarch64.AT_S1E0R, aarch64.DescAF, 0x0f<<1 | 1<<11 | 1},
		{"S1E0R", aarch64.AT_S1E0R, full | aarch64.DescAP2, 0xff<<56 | 1<<11 | 0x7000},
		{"S1E0W read-only", aarch64.AT_S1E0W, full | aarch64.DescAP2, 0x0f<<1 | 1<<11 | 1},
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
