package softcpu

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// tables is a three-level translation table (4 KiB granule, 39-bit addresses)
// in the test's memory, for the lower half of the address space.
type tables struct {
	c   *cpu
	mem []byte
}

const (
	tableL1 = testRAM + 0xf0000
	tableL2 = testRAM + 0xf1000
	tableL3 = testRAM + 0xf2000

	pageDesc  = 3 | 1<<10 | 3<<8 // page, AF, inner shareable
	blockDesc = 1 | 1<<10 | 3<<8
	tableDesc = 3
)

func newTables(t *testing.T) *tables {
	c, mem := newTestCPU(t)
	s := &tables{c, mem}
	s.set(tableL1, 0, tableL2|tableDesc)
	s.set(tableL2, 0, tableL3|tableDesc)
	for _, r := range []struct {
		reg aarch64.SysReg
		v   uint64
	}{
		{aarch64.MAIR_EL1, 0xff},
		{aarch64.TCR_EL1, 25 | 1<<23 | 1<<36 | 5<<32}, // T0SZ 25, EPD1, 16-bit ASID
		{aarch64.TTBR0_EL1, tableL1 | 1<<48},
		{aarch64.SCTLR_EL1, 0x30d0_0801},
	} {
		if err := c.SetSysReg(r.reg, r.v); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// set writes entry i of the table at pa.
func (s *tables) set(pa, i, desc uint64) {
	binary.LittleEndian.PutUint64(s.mem[pa-testRAM+8*i:], desc)
}

// mark writes a value at a physical address.
func (s *tables) mark(pa, v uint64) { binary.LittleEndian.PutUint64(s.mem[pa-testRAM:], v) }

// read is a load by the guest.
func (s *tables) read(t *testing.T, va uint64) uint64 {
	t.Helper()
	v, ok := s.c.load(va, 8, s.c.regime(), 8)
	if !ok {
		t.Fatalf("load from 0x%x faults: ESR 0x%x", va, s.c.sys.esr)
	}
	return v
}

// Pages that the tests map, with a mark in each.
const (
	pageA = testRAM + 0x10000
	pageB = testRAM + 0x11000
)

func TestTLBIByAddress(t *testing.T) {
	for _, kind := range []maintKind{tlbVA, tlbVAAny, tlbAll} {
		s := newTables(t)
		s.mark(pageA, 'A')
		s.mark(pageB, 'B')
		s.set(tableL3, 5, pageA|pageDesc)
		s.set(tableL3, 6, pageA|pageDesc)
		if a, b := s.read(t, 0x5000), s.read(t, 0x6000); a != 'A' || b != 'A' {
			t.Fatalf("read %c %c, want A A", rune(a), rune(b))
		}
		s.set(tableL3, 5, pageB|pageDesc)
		s.set(tableL3, 6, pageB|pageDesc)
		s.c.maintain(maintenance{kind: kind, va: 0x5000, asid: 1}, false)
		if v := s.read(t, 0x5000); v != 'B' {
			t.Errorf("kind %d: the page that was named reads %c, want B", kind, rune(v))
		}
		if v := s.read(t, 0x6000); kind != tlbAll && v != 'A' {
			t.Errorf("kind %d: another page reads %c, though its entry should have been kept", kind, rune(v))
		}
	}
}

// A block enters the software TLB page by page. Maintenance of any address in the block
// must reach all its pages.
func TestTLBIOfBlock(t *testing.T) {
	s := newTables(t)
	s.set(tableL2, 1, (testRAM&^(2<<20-1))|blockDesc)
	s.mark(testRAM+0x10000, 'A')
	s.mark(testRAM+0x20000, 'B')
	if a, b := s.read(t, 2<<20+0x10000), s.read(t, 2<<20+0x20000); a != 'A' || b != 'B' {
		t.Fatalf("read %c %c, want A B", rune(a), rune(b))
	}
	s.set(tableL2, 1, 0)
	s.c.maintain(maintenance{kind: tlbVA, va: 2<<20 + 0x30000, asid: 1}, false)
	for _, va := range []uint64{2<<20 + 0x10000, 2<<20 + 0x20000} {
		if _, ok := s.c.load(va, 8, s.c.regime(), 8); ok {
			t.Errorf("0x%x can still be read after the block is gone", va)
		}
	}
}

// A change of ASID hides non-global entries and keeps global ones.
func TestASIDSwitch(t *testing.T) {
	s := newTables(t)
	const nonGlobal = 1 << 11
	s.mark(pageA, 'A')
	s.mark(pageB, 'B')
	s.set(tableL3, 5, pageA|pageDesc|nonGlobal)
	s.set(tableL3, 6, pageA|pageDesc)
	s.read(t, 0x5000)
	s.read(t, 0x6000)
	s.set(tableL3, 5, pageB|pageDesc|nonGlobal)
	s.set(tableL3, 6, pageB|pageDesc)
	s.c.setTTBR(&s.c.sys.ttbr0, tableL1|1<<48)
	if v := s.read(t, 0x5000); v != 'A' {
		t.Errorf("the same ASID written again: read %c, want the entry that was there, A", rune(v))
	}
	s.c.setTTBR(&s.c.sys.ttbr0, tableL1|2<<48)
	if v := s.read(t, 0x5000); v != 'B' {
		t.Errorf("under another ASID the page reads %c, want B", rune(v))
	}
	if v := s.read(t, 0x6000); v != 'A' {
		t.Errorf("a global entry reads %c after a change of ASID, want A", rune(v))
	}
}

// Executed code follows the same rules. TLBI drops its translations and IC its words.
func TestExecutedCodeMaintenance(t *testing.T) {
	s := newTables(t)
	c := s.c
	word := func(pa uint64, w uint32) { binary.LittleEndian.PutUint32(s.mem[pa-testRAM:], w) }
	const movX0, hvc = 0xd2800000, 0xd4000002 // mov x0, #imm<<5; hvc #0
	for _, p := range []struct{ pa, v uint64 }{{pageA, 1}, {pageB, 2}} {
		word(p.pa, movX0|uint32(p.v)<<5)
		word(p.pa+4, hvc)
	}
	run := func() uint64 {
		t.Helper()
		c.PC = 0x5000
		if exit, err := c.Run(); err != nil || exit.ESR.EC() != aarch64.ECHVC64 {
			t.Fatalf("exit %v, error %v at 0x%x", exit.ESR, err, c.PC)
		}
		return c.X[0]
	}
	s.set(tableL3, 5, pageA|pageDesc)
	if v := run(); v != 1 {
		t.Fatalf("x0 is %d, want 1", v)
	}
	s.set(tableL3, 5, pageB|pageDesc)
	if v := run(); v != 1 {
		t.Errorf("x0 is %d before the TLBI, want the old page's 1", v)
	}
	c.maintain(maintenance{kind: tlbVA, va: 0x5000, asid: 1}, false)
	if v := run(); v != 2 {
		t.Errorf("x0 is %d after the TLBI, want the new page's 2", v)
	}
	word(pageB, movX0|3<<5)
	if v := run(); v != 2 {
		t.Errorf("x0 is %d before the IC, want the predecoded 2", v)
	}
	c.maintain(maintenance{kind: codeLine, pa: pageB + 64}, false)
	if v := run(); v != 2 {
		t.Errorf("x0 is %d after an IC of the next line, want the predecoded 2", v)
	}
	c.maintain(maintenance{kind: codeLine, pa: pageB}, false)
	if v := run(); v != 3 {
		t.Errorf("x0 is %d after the IC, want 3", v)
	}
	word(pageB, movX0|4<<5)
	c.maintain(maintenance{kind: codeAll}, false)
	if v := run(); v != 4 {
		t.Errorf("x0 is %d after an IC of everything, want 4", v)
	}
}

// A store that crosses into a faulting page writes nothing. FAR is the first byte of
// that page.
func TestCrossingStore(t *testing.T) {
	s := newTables(t)
	s.mark(pageA+0xff8, 0x1111111111111111)
	s.set(tableL3, 5, pageA|pageDesc)
	if s.c.store(0x5ffc, 8, 0x2222222222222222, s.c.regime(), 8) {
		t.Fatal("a store into an unmapped page succeeds")
	}
	if s.c.sys.far != 0x6000 {
		t.Errorf("FAR 0x%x, want 0x6000", s.c.sys.far)
	}
	if v := binary.LittleEndian.Uint64(s.mem[pageA+0xff8-testRAM:]); v != 0x1111111111111111 {
		t.Errorf("memory is 0x%x: the part before the fault was written", v)
	}
	s.set(tableL3, 6, pageB|pageDesc)
	if !s.c.store(0x5ffc, 8, 0x3333333344444444, s.c.regime(), 8) {
		t.Fatalf("a store across two mapped pages faults: ESR 0x%x", s.c.sys.esr)
	}
	if v, ok := s.c.load(0x5ffc, 8, s.c.regime(), 8); !ok || v != 0x3333333344444444 {
		t.Errorf("read back 0x%x, %v", v, ok)
	}
}
