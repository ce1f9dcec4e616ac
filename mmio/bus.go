package mmio

import (
	"fmt"
	"sort"
)

// Region is a range of guest physical addresses, in bytes.
type Region struct {
	Name string // for messages: "pl011", "virtio0"
	Base uint64
	Size uint64
}

// Last is the region's last address.
func (r Region) Last() uint64 { return r.Base + r.Size - 1 }

func (r Region) String() string {
	return fmt.Sprintf("%s [0x%x-0x%x]", r.Name, r.Base, r.Last())
}

// Bus finds the device behind a guest physical address. Map everything before a
// vCPU runs: from then on the bus must not change, and so it needs no lock.
type Bus struct {
	slots []slot // sorted by base, never overlapping
}

type slot struct {
	Region
	dev Device
}

// Map puts d at r. It refuses a region that is empty, wraps round the end of the
// address space, or overlaps an earlier region.
func (b *Bus) Map(r Region, d Device) error {
	if d == nil {
		return fmt.Errorf("mmio: map %s at 0x%x: no device given", r.Name, r.Base)
	}
	if r.Size == 0 {
		return fmt.Errorf("mmio: map %s at 0x%x: size is 0, give the region's bytes", r.Name, r.Base)
	}
	if r.Last() < r.Base {
		return fmt.Errorf("mmio: map %s at 0x%x: size 0x%x wraps round the address space", r.Name, r.Base, r.Size)
	}
	i := sort.Search(len(b.slots), func(i int) bool { return b.slots[i].Last() >= r.Base })
	if i < len(b.slots) && b.slots[i].Base <= r.Last() {
		return fmt.Errorf("mmio: map %s overlaps %s, move one of them", r, b.slots[i].Region)
	}
	b.slots = append(b.slots, slot{})
	copy(b.slots[i+1:], b.slots[i:])
	b.slots[i] = slot{r, d}
	return nil
}

// Regions lists what is mapped, lowest address first.
func (b *Bus) Regions() []Region {
	rs := make([]Region, len(b.slots))
	for i, s := range b.slots {
		rs[i] = s.Region
	}
	return rs
}

// Read reads size bytes at addr for a vCPU. ok is false if no device is mapped
// there, or if the access runs past the device's end.
func (b *Bus) Read(cpu int, addr uint64, size int) (v uint64, ok bool) {
	s := b.find(addr, size)
	if s == nil {
		return 0, false
	}
	return s.dev.Read(Access{cpu, addr - s.Base, size}) & Mask(size), true
}

// Write writes the low size bytes of v at addr; ok is as for Read.
func (b *Bus) Write(cpu int, addr uint64, size int, v uint64) (ok bool) {
	s := b.find(addr, size)
	if s == nil {
		return false
	}
	s.dev.Write(Access{cpu, addr - s.Base, size}, v&Mask(size))
	return true
}

// find returns the slot that holds all size bytes from addr, or nil.
func (b *Bus) find(addr uint64, size int) *slot {
	lo, hi := 0, len(b.slots)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if b.slots[mid].Last() < addr {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(b.slots) {
		return nil
	}
	s := &b.slots[lo]
	if addr < s.Base || uint64(size) > s.Size || addr-s.Base > s.Size-uint64(size) {
		return nil
	}
	return s
}
