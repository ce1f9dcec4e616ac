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

// Memory is the guest's RAM, and all that a device can reach.
type Memory struct {
	regions []Region

	// Release gives the host's storage for the whole pages in a part of the
	// guest's RAM back to the host. Afterwards the part reads as zeros or as
	// before. It is nil if the host cannot do that. It is set before the memory
	// is used, and devices may call it on any goroutine.
	Release func(part []byte) error
	// Granule is the size of the units that Release frees, a power of two. Whatever
	// part of a unit Release gets, it frees the unit only as a whole. 0 is 4096. It is
	// set before the memory is used.
	Granule uint64
}

// regionAlign divides the addresses and sizes of regions. It makes sure that the
// aligned word around any part of a ring is in the ring's region.
const regionAlign = 4096

// NewMemory returns the memory made of regions. They must not overlap, and their
// bases and sizes must be multiples of 4 KiB.
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

// End returns the address behind the highest region.
func (m *Memory) End() (end uint64) {
	for i := range m.regions {
		end = max(end, m.regions[i].Base+uint64(len(m.regions[i].Bytes)))
	}
	return end
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
