package vmm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
)

// Memory is zero, lies at multiples of the granule of the host's map, reads as
// zero again after a reset, and goes back to the host in the end.
func TestRAM(t *testing.T) {
	ram, err := newRAM([]boot.Range{{Base: 0, Size: 4 << 20}, {Base: 2 << 30, Size: 6 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{4 << 20, 6 << 20} {
		b := ram[i].Mem
		if len(b) != want || cap(b) != want {
			t.Errorf("bank %d: %d bytes, capacity %d, want %d", i, len(b), cap(b), want)
		}
		if !aligned(b, hv.PageSize) {
			t.Errorf("bank %d is not at a multiple of 0x%x", i, hv.PageSize)
		}
		for _, at := range []int{0, 1, want / 2, want - 1} {
			if b[at] != 0 {
				t.Errorf("bank %d is not zero at 0x%x", i, at)
			}
			b[at] = 0xa5
		}
	}
	if err := ram.zero(); err != nil {
		t.Fatal(err)
	}
	for i := range ram {
		for at, v := range ram[i].Mem {
			if v != 0 {
				t.Fatalf("bank %d is 0x%x at 0x%x after zero", i, v, at)
			}
		}
	}
	ram.free()
}

func TestRAMSlice(t *testing.T) {
	ram := RAM{{0, make([]byte, 0x1000)}, {0x8000, make([]byte, 0x1000)}}
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

// A machine maps both banks, maps them anew with a reset, and frees them.
func TestMachineMapsRAM(t *testing.T) {
	h := &fakeHypervisor{}
	m := newTestMachine(t, h, Config{Memory: 1<<30 + 4<<20})
	if err := m.reset(); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"map 0x0 0x40000000 rwx", "map 0x80000000 0x400000 rwx",
		"unmap 0x0 0x40000000", "unmap 0x80000000 0x400000",
		"map 0x0 0x40000000 rwx", "map 0x80000000 0x400000 rwx",
		"close",
	}
	if diff := cmp.Diff(want, h.log); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if h.vm.cfg != (hv.Config{IPABits: 36, VCPUs: 1}) {
		t.Errorf("the virtual machine was made with %+v", h.vm.cfg)
	}
}

func TestIPABits(t *testing.T) {
	for _, c := range []struct {
		size uint64
		want int
	}{{16 << 20, 36}, {63 << 30, 36}, {64 << 30, 37}, {600 << 30, 40}} {
		ranges, err := boot.RAM(c.size)
		if err != nil {
			t.Fatal(err)
		}
		if got := ipaBits(ranges); got != c.want {
			t.Errorf("0x%x bytes: %d bits, want %d", c.size, got, c.want)
		}
	}
}
