package virtio

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/virtio/internal/shared"
)

// Region is a contiguous range of guest RAM.
type Region struct {
	Base  uint64 // guest physical address
	Bytes []byte // shared with the guest
}

// Memory is the guest's RAM: all that a device can reach.
type Memory struct {
	regions []Region

	// Release gives the host's storage for a part of the guest's RAM back, or
	// for the whole pages in it; the part keeps its content or reads as zeros
	// from then on. Nil where there is no way. It is set before the memory is
	// used, and called by devices on any goroutine.
	Release func(part []byte) error
}

// regionAlign is what addresses and sizes of regions are multiples of. It lets
// an aligned word that holds a part of a ring lie in the ring's region.
const regionAlign = 4096

// NewMemory returns the memory made of regions that do not overlap, whose
// bases and sizes are multiples of 4 KiB.
func NewMemory(regions ...Region) (*Memory, error) {
	for i, r := range regions {
		size := uint64(len(r.Bytes))
		switch {
		case size == 0 || size%regionAlign != 0 || r.Base%regionAlign != 0:
			return nil, fmt.Errorf("virtio: memory of 0x%x bytes at 0x%x: want multiples of 0x%x", size, r.Base, regionAlign)
		case r.Base+size-1 < r.Base:
			return nil, fmt.Errorf("virtio: memory of 0x%x bytes at 0x%x wraps round the address space", size, r.Base)
		case !shared.Aligned(r.Bytes):
			return nil, fmt.Errorf("virtio: memory for 0x%x is not aligned to 8 bytes on the host", r.Base)
		}
		for _, o := range regions[:i] {
			if r.Base <= o.Base+uint64(len(o.Bytes))-1 && o.Base <= r.Base+size-1 {
				return nil, fmt.Errorf("virtio: memory at 0x%x and 0x%x overlaps", o.Base, r.Base)
			}
		}
	}
	return &Memory{regions: regions}, nil
}

// Slice returns size bytes at a guest physical address. ok is false unless all
// of them lie in one region.
func (m *Memory) Slice(gpa, size uint64) (b []byte, ok bool) {
	for i := range m.regions {
		r := &m.regions[i]
		off, n := gpa-r.Base, uint64(len(r.Bytes))
		if off < n && size <= n-off {
			return r.Bytes[off : off+size : off+size], true
		}
	}
	return nil, false
}
