package boot

import (
	"slices"
	"testing"
)

// TestLayout holds the derived bases against the documented memory map.
func TestLayout(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want uint64
	}{
		{"GIC distributor", GICDBase, 0x4000_0000},
		{"GICv2 CPU interface", GICCBase, 0x4001_0000},
		{"PL011", UARTBase, 0x4002_0000},
		{"virtio-mmio slot 0", VirtioSlotBase(0), 0x4003_0000},
		{"virtio-mmio slot 31", VirtioSlotBase(31), 0x4004_f000},
		{"PL031", RTCBase, 0x4005_0000},
		{"PL061", GPIOBase, 0x4006_0000},
		{"GICv3 redistributors", GICRBase, 0x5000_0000},
		{"GICv3 redistributors' end", GICRBase + GICRSize, 0x6000_0000},
		{"RAM, high bank", HighBase, 0x8000_0000},
		{"kernel", kernelBase, 0x0020_0000},
		{"virtio-mmio slot 31's interrupt", uint64(VirtioSlotIRQ(31)), 79},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: 0x%x, want 0x%x", tt.name, tt.got, tt.want)
		}
	}
}

func TestAffinity(t *testing.T) {
	for cpu, want := range map[int]uint64{0: 0, 7: 7, 15: 15, 16: 0x100, 33: 0x201} {
		if got := Affinity(cpu); got != want {
			t.Errorf("Affinity(%d) = 0x%x, want 0x%x", cpu, got, want)
		}
	}
}

func TestRAM(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		size uint64
		want []Range // nil: an error
	}{
		{0, nil},
		{mib, nil},
		{2 * mib, []Range{{0, 2 * mib}}},
		{1024 * mib, []Range{{0, 1024 * mib}}},
		{1026 * mib, []Range{{0, 1024 * mib}, {0x8000_0000, 2 * mib}}},
		{3072 * mib, []Range{{0, 1024 * mib}, {0x8000_0000, 2048 * mib}}},
		{maxAddress - HighBase + LowSize, []Range{{0, LowSize}, {HighBase, maxAddress - HighBase}}},
		{maxAddress - HighBase + LowSize + 2*mib, nil},
		{1<<64 - 2*mib, nil},
	} {
		got, err := RAM(tt.size)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
			t.Errorf("RAM(0x%x) = %x, %v, want %x", tt.size, got, err, tt.want)
		}
	}
}
