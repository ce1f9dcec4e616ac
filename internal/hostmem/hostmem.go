package hostmem

import "fmt"

// Range is a part of the guest physical address space.
type Range struct {
	Base uint64
	Size uint64 // bytes
}

// RAM is a guest's memory: one bank for each range.
type RAM []Bank

// Bank is a contiguous range of guest physical memory.
type Bank struct {
	Base uint64
	Mem  []byte // shared with the guest; not to be used after Free

	reserved []byte // what Mem was cut from; nil unless New made the bank
}

// New reserves memory for each range. It reads as zero until it is written. On the
// host each bank begins at a multiple of align, which is a power of two from the
// host's page size to 64 KiB. The caller frees the memory.
func New(align uint64, ranges ...Range) (RAM, error) {
	var ram RAM
	for _, r := range ranges {
		reserved, mem, err := reserve(r.Size, align)
		if err != nil {
			ram.Free()
			return nil, fmt.Errorf("hostmem: reserve 0x%x bytes: %w: give the guest less memory", r.Size, err)
		}
		ram = append(ram, Bank{r.Base, mem, reserved})
	}
	return ram, nil
}

// Slice returns size bytes of memory at a guest physical address, shared with
// the guest. ok is false unless all of them lie in one bank.
func (r RAM) Slice(gpa, size uint64) (b []byte, ok bool) {
	for _, bank := range r {
		off, n := gpa-bank.Base, uint64(len(bank.Mem))
		if off < n && size <= n-off {
			return bank.Mem[off : off+size : off+size], true
		}
	}
	return nil, false
}

// Zero makes all memory read as zero again, and frees the host's pages. No guest has
// the memory mapped. If it fails, the memory must not be used any more.
func (r RAM) Zero() error {
	for _, b := range r {
		if err := zero(b.Mem); err != nil {
			return fmt.Errorf("hostmem: clear 0x%x bytes of guest memory at 0x%x: %w", len(b.Mem), b.Base, err)
		}
	}
	return nil
}

// Free returns the memory to the host. It must not be used afterwards: an access
// would crash the process.
func (r RAM) Free() {
	for _, b := range r {
		if b.reserved != nil {
			release(b.reserved)
		}
	}
}
