package hostmem

import (
	"testing"
)

// align is larger than any host's page, so that no allocation has it by chance.
const align = 64 << 10

// Memory is zero, lies at multiples of what is asked for, and reads as zero
// again after Zero.
func TestNew(t *testing.T) {
	ram, err := New(align, Range{Base: 0, Size: 4 << 20}, Range{Base: 2 << 30, Size: 6 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{4 << 20, 6 << 20} {
		b := ram[i].Mem
		if len(b) != want || cap(b) != want {
			t.Errorf("bank %d: %d bytes, capacity %d, want %d", i, len(b), cap(b), want)
		}
		if !aligned(b, align) {
			t.Errorf("bank %d is not at a multiple of 0x%x", i, align)
		}
		for _, at := range []int{0, 1, want / 2, want - 1} {
			if b[at] != 0 {
				t.Errorf("bank %d is not zero at 0x%x", i, at)
			}
			b[at] = 0xa5
		}
	}
	if err := ram.Zero(); err != nil {
		t.Fatal(err)
	}
	for i := range ram {
		for at, v := range ram[i].Mem {
			if v != 0 {
				t.Fatalf("bank %d is 0x%x at 0x%x after Zero", i, v, at)
			}
		}
	}
	ram.Free()
}

func TestSlice(t *testing.T) {
	ram := RAM{{Base: 0, Mem: make([]byte, 0x1000)}, {Base: 0x8000, Mem: make([]byte, 0x1000)}}
	for _, c := range []struct {
		gpa, size uint64
		ok        bool
	}{
		{0, 0x1000, true},
		{0, 0x1001, false},
		{0xfff, 1, true},
		{0xfff, 2, false},
		{0x1000, 0, false},
		{0x1000, 1, false},
		{0x7fff, 2, false},
		{0x8000, 0x1000, true},
		{0x8fff, 1, true},
		{0x9000, 1, false},
		{^uint64(0), 2, false},
		{^uint64(0) - 7, 8, false},
		{0x10, ^uint64(0), false},
		{0x10, ^uint64(0) - 0xf, false},
	} {
		b, ok := ram.Slice(c.gpa, c.size)
		if ok != c.ok || ok && (uint64(len(b)) != c.size || uint64(cap(b)) != c.size) {
			t.Errorf("0x%x bytes at 0x%x: %d bytes, %v, want %v", c.size, c.gpa, len(b), ok, c.ok)
		}
	}
}
