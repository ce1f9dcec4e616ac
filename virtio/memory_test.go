package virtio_test

import (
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
)

func TestMemory(t *testing.T) {
	low, high := make([]byte, 0x2000), make([]byte, 0x1000)
	m, err := virtio.NewMemory(virtio.Region{Base: 0x1000, Bytes: low}, virtio.Region{Base: 0x8000_0000, Bytes: high})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		gpa, size uint64
		first     *byte
	}{
		{0x1000, 1, &low[0]}, {0x1000, 0x2000, &low[0]}, {0x2fff, 1, &low[0x1fff]}, {0x8000_0800, 0x800, &high[0x800]},
		{0xfff, 1, nil}, {0x1000, 0x2001, nil}, {0x2fff, 2, nil}, {0x3000, 1, nil}, {0, 0x4000, nil},
		{0x8000_0000, 1 << 63, nil}, {0x1001, ^uint64(0), nil}, {^uint64(0), 1, nil}, {^uint64(0), 0x2000, nil},
	} {
		b, ok := m.Slice(tc.gpa, tc.size)
		if ok != (tc.first != nil) || ok && (&b[0] != tc.first || uint64(len(b)) != tc.size || len(b) != cap(b)) {
			t.Errorf("0x%x bytes at 0x%x: %d bytes, ok %v", tc.size, tc.gpa, len(b), ok)
		}
	}
}

func TestNewMemoryRefuses(t *testing.T) {
	page := make([]byte, 0x3000)
	for _, tc := range []struct {
		regions []virtio.Region
		want    string
	}{
		{[]virtio.Region{{Base: 0x1000}}, "multiples"},
		{[]virtio.Region{{Base: 0x1000, Bytes: page[:0x1001]}}, "multiples"},
		{[]virtio.Region{{Base: 0x1004, Bytes: page}}, "multiples"},
		{[]virtio.Region{{Base: 0x1000, Bytes: page[1:0x1001]}}, "aligned"},
		{[]virtio.Region{{Base: 1<<64 - 0x1000, Bytes: page}}, "wraps"},
		{[]virtio.Region{{Base: 0x1000, Bytes: page}, {Base: 0x3000, Bytes: page[:0x1000]}}, "overlaps"},
	} {
		if _, err := virtio.NewMemory(tc.regions...); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%d regions from 0x%x: %v, want %q", len(tc.regions), tc.regions[0].Base, err, tc.want)
		}
	}
}
