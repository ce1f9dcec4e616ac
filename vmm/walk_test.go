package vmm

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/vmm/internal/hostmem"
)

// tables writes translation tables into memory.
type tables struct {
	t   *testing.T
	ram hostmem.RAM
}

func (tb tables) put(table, index, desc uint64) {
	tb.t.Helper()
	b, ok := tb.ram.Slice(table+8*index, 8)
	if !ok {
		tb.t.Fatalf("no memory at 0x%x", table+8*index)
	}
	binary.LittleEndian.PutUint64(b, desc)
}

func newTables(t *testing.T) tables {
	return tables{t, hostmem.RAM{{Base: 0x10_0000, Mem: make([]byte, 1<<20)}}}
}

// Descriptors: a table, a block, a page; AF and AP.
const (
	tTable = 3
	tBlock = 1
	tPage  = 3
	tAF    = 1 << 10
	tRO    = 1 << 7
	tEL0   = 1 << 6
)

// The same shape in each granule: from the highest level of a 48-bit address
// to a page and to a block.
func TestWalkGranules(t *testing.T) {
	const l0, l1, l2, l3 = 0x11_0000, 0x12_0000, 0x13_0000, 0x14_0000
	for _, c := range []struct {
		name     string
		tg0, tg1 uint64
		bits     uint // log2 of the granule
		va       uint64
		index    []uint64 // of va into the tables, from the top
	}{
		{"4 KiB", 0, 2, 12, 0x1234_5678_9abc, []uint64{0x24, 0xd1, 0xb3, 0x189}},
		{"16 KiB", 2, 1, 14, 0x9234_5678_9abc, []uint64{1, 0x123, 0x22b, 0x1e2}},
		{"64 KiB", 1, 3, 16, 0x1234_5678_9abc, []uint64{0x4, 0x11a2, 0x1678}},
	} {
		stride := c.bits - 3
		levels := len(c.index)
		for i, got := range c.index { // VA[shift+stride-1:shift]
			shift := c.bits + uint(levels-1-i)*stride
			if want := c.va >> shift & (1<<min(stride, 48-shift) - 1); got != want {
				t.Errorf("%s: index %d of 0x%x is 0x%x", c.name, i, c.va, want)
			}
		}
		tb := newTables(t)
		at := []uint64{l0, l1, l2, l3}[4-levels:]
		for i := range levels - 1 {
			tb.put(at[i], c.index[i], at[i+1]|tTable)
		}
		page := uint64(0x7654_3210_0000)
		tb.put(at[levels-1], c.index[levels-1], page|tAF|tPage)
		blockIndex := c.index[levels-2] ^ 1
		base := uint64(3) << 30
		tb.put(at[levels-2], blockIndex, base|tAF|tBlock)
		block := c.va ^ 1<<(c.bits+stride)
		within := uint64(1)<<(c.bits+stride) - 1

		for _, upper := range []bool{false, true} {
			w := walker{ram: tb.ram, mmu: true, tcr: 16 | 16<<16 | c.tg0<<14 | c.tg1<<30, ttbr0: at[0] | 1, ttbr1: 0x1000}
			va := c.va &^ (1 << 55)
			high := uint64(0)
			if upper {
				w.ttbr0, w.ttbr1, high = 0x1000, at[0]|7<<48, 0xffff<<48
			}
			check := func(what string, va uint64, want uint64, ok bool) {
				t.Helper()
				got, gotOK := w.translate(va, false)
				if gotOK != ok || ok && got != want {
					t.Errorf("%s, upper half %v, %s: 0x%x is at 0x%x, %v, want 0x%x, %v", c.name, upper, what, va, got, gotOK, want, ok)
				}
			}
			check("page", va|high, page|va&(1<<c.bits-1), true)
			check("block", block|high, base|block&within, true)
			check("next page", va+1<<c.bits|high, 0, false)
			check("other half", va|^high&(0xffff<<48), 0, false)
			check("tag without TBI", va|high^1<<60, 0, false)
			w.tcr |= 3 << 37
			check("tag with TBI", va|high^1<<60, page|va&(1<<c.bits-1), true)
			check("bits 54:48 with TBI", va|high^1<<50, 0, false)
			w.tcr |= 1<<7 | 1<<23
			check("EPD", va|high, 0, false)
		}
	}
}

// Where the walk begins depends on the size of the input address.
func TestWalkStartLevel(t *testing.T) {
	const root = 0x11_1000
	for _, c := range []struct {
		name  string
		tsz   uint64
		level int // of the first table
		ok    bool
	}{
		{"T0SZ 33: 31 bits start at level 1", 33, 1, true},
		{"T0SZ 25: 39 bits start at level 1", 25, 1, true},
		{"T0SZ 39: 25 bits start at level 2", 39, 2, true},
		{"T0SZ 34: 30 bits start at level 2", 34, 2, true},
		{"T0SZ 63 acts as 39", 63, 2, true},
		{"T0SZ 16: level 0 has no blocks", 16, 0, false},
		{"T0SZ 0 acts as 16", 0, 0, false},
	} {
		tb := newTables(t)
		tb.put(root, 0, 0x4000_0000|tAF|tBlock)
		w := walker{ram: tb.ram, mmu: true, tcr: c.tsz, ttbr0: root}
		va := uint64(0x12_3456)
		got, ok := w.translate(va, false)
		if want := 0x4000_0000 | va; ok != c.ok || ok && got != want {
			t.Errorf("%s: 0x%x, %v, want 0x%x, %v", c.name, got, ok, want, c.ok)
		}
	}
}

// Blocks exist at level 2 and, with 4 KiB granules, at level 1; a level 3
// descriptor has both low bits.
func TestWalkDescriptors(t *testing.T) {
	const root, next = 0x11_0000, 0x12_0000
	for _, c := range []struct {
		name string
		tcr  uint64
		put  func(tb tables)
		ok   bool
	}{
		{"4 KiB, level 1 block", 25, func(tb tables) { tb.put(root, 0, tAF|tBlock) }, true},
		{"16 KiB, level 1 block", 25 | 2<<14, func(tb tables) { tb.put(root, 0, tAF|tBlock) }, false},
		{"64 KiB, level 1 block", 20 | 1<<14, func(tb tables) { tb.put(root, 0, tAF|tBlock) }, false},
		{"invalid", 25, func(tb tables) { tb.put(root, 0, tAF|2) }, false},
		{"no access flag", 25, func(tb tables) { tb.put(root, 0, tBlock) }, false},
		{"level 3 that looks like a block", 43 | 1<<14, func(tb tables) {
			tb.put(root, 0, next|tTable)
			tb.put(next, 0, tAF|tBlock)
		}, false},
		{"table outside memory", 25, func(tb tables) { tb.put(root, 0, 0x7000_0000|tTable) }, false},
	} {
		tb := newTables(t)
		c.put(tb)
		w := walker{ram: tb.ram, mmu: true, tcr: c.tcr, ttbr0: root}
		if _, ok := w.translate(0, false); ok != c.ok {
			t.Errorf("%s: translates %v, want %v", c.name, ok, c.ok)
		}
	}
}

// What EL1, EL1 with PAN, and EL0 may read and write.
func TestWalkPermissions(t *testing.T) {
	const root, next = 0x11_0000, 0x12_0000
	type may struct{ read, write bool }
	for _, c := range []struct {
		name              string
		table, block      uint64
		el1, el1PAN, user may
	}{
		{"AP 00", 0, 0, may{true, true}, may{true, true}, may{}},
		{"AP 01", 0, tEL0, may{true, true}, may{}, may{true, true}},
		{"AP 10", 0, tRO, may{true, false}, may{true, false}, may{}},
		{"AP 11", 0, tRO | tEL0, may{true, false}, may{}, may{true, false}},
		{"APTable 01", 1 << 61, tEL0, may{true, true}, may{true, true}, may{}},
		{"APTable 10", 1 << 62, tEL0, may{true, false}, may{}, may{true, false}},
	} {
		tb := newTables(t)
		tb.put(root, 0, next|tTable|c.table)
		tb.put(next, 0, tAF|tBlock|c.block)
		for _, as := range []struct {
			name     string
			el0, pan bool
			want     may
		}{{"EL1", false, false, c.el1}, {"EL1 with PAN", false, true, c.el1PAN}, {"EL0", true, false, c.user}} {
			w := walker{ram: tb.ram, mmu: true, tcr: 25, ttbr0: root, el0: as.el0, pan: as.pan}
			var got may
			_, got.read = w.translate(0, false)
			_, got.write = w.translate(0, true)
			if got != as.want {
				t.Errorf("%s at %s: %+v, want %+v", c.name, as.name, got, as.want)
			}
		}
	}
}

func TestWalkMMUOff(t *testing.T) {
	w := walker{}
	if ipa, ok := w.translate(0x1234_5678, true); !ok || ipa != 0x1234_5678 {
		t.Errorf("0x%x, %v, want the address itself", ipa, ok)
	}
}

// Whatever the registers and tables hold, a walk ends and stays in memory.
func FuzzWalk(f *testing.F) {
	f.Add(uint64(25), uint64(0x11_0000), uint64(0), uint64(0), []byte{0x03, 0, 0x12})
	f.Add(uint64(16), uint64(0x11_0003), uint64(1)<<63, ^uint64(0), []byte{0x03, 0x04})
	f.Fuzz(func(t *testing.T, tcr, ttbr0, ttbr1, va uint64, fill []byte) {
		if len(fill) == 0 {
			return
		}
		mem := make([]byte, 1<<16)
		for i := range mem {
			mem[i] = fill[i%len(fill)]
		}
		w := walker{ram: hostmem.RAM{{Base: 0x11_0000, Mem: mem}}, mmu: true, tcr: tcr, ttbr0: ttbr0, ttbr1: ttbr1}
		for _, write := range []bool{false, true} {
			if ipa, ok := w.translate(va, write); ok && ipa>>48 != 0 {
				t.Errorf("0x%x translates to 0x%x", va, ipa)
			}
		}
	})
}
