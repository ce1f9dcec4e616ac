package vmm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
)

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
