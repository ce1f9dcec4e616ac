package vmm

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
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

// walker has 39-bit addresses, translated by a table of level 1.
func (tb tables) walker(root uint64) walker {
	return walker{ram: tb.ram, Stage1: aarch64.Stage1{SCTLR: aarch64.SCTLR_M, TCR: 25, TTBR0: root, PABits: 48}}
}

// Descriptors: a table, a block; AF and AP.
const (
	tTable = aarch64.DescValid | aarch64.DescTable
	tBlock = aarch64.DescValid
	tAF    = aarch64.DescAF
	tRO    = aarch64.DescAP2
	tEL0   = aarch64.DescAP1
)

// Outside of RAM there are no tables.
func TestWalkHole(t *testing.T) {
	tb := newTables(t)
	tb.put(0x11_0000, 0, 0x7000_0000|tTable)
	w := tb.walker(0x11_0000)
	if ipa, ok := w.translate(0, false); ok {
		t.Errorf("a table at 0x70000000 leads to 0x%x, where no memory is", ipa)
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
		{"APTable 01", aarch64.DescAPTable0, tEL0, may{true, true}, may{true, true}, may{}},
		{"APTable 10", aarch64.DescAPTable1, tEL0, may{true, false}, may{}, may{true, false}},
	} {
		tb := newTables(t)
		tb.put(root, 0, next|tTable|c.table)
		tb.put(next, 0, tAF|tBlock|c.block)
		for _, as := range []struct {
			name     string
			el0, pan bool
			want     may
		}{{"EL1", false, false, c.el1}, {"EL1 with PAN", false, true, c.el1PAN}, {"EL0", true, false, c.user}} {
			w := tb.walker(root)
			w.el0, w.pan = as.el0, as.pan
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
	w := walker{Stage1: aarch64.Stage1{PABits: 48}}
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
		w := walker{ram: hostmem.RAM{{Base: 0x11_0000, Mem: mem}}, Stage1: aarch64.Stage1{SCTLR: aarch64.SCTLR_M, TCR: tcr, TTBR0: ttbr0, TTBR1: ttbr1, PABits: 48}}
		for _, write := range []bool{false, true} {
			if ipa, ok := w.translate(va, write); ok && ipa>>48 != 0 {
				t.Errorf("0x%x translates to 0x%x", va, ipa)
			}
		}
	})
}
