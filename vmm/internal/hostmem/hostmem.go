package vmm

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
)

// RAM is the guest's memory: one region for each bank. The bytes lie outside
// the Go heap and read as zero until they are written.
type RAM []Bank

// Bank is a contiguous range of guest physical memory.
type Bank struct {
	Base uint64
	Mem  []byte
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

// newRAM allocates the banks.
func newRAM(ranges []boot.Range) (RAM, error) {
	var ram RAM
	for _, r := range ranges {
		mem, err := allocate(r.Size, hv.PageSize)
		if err != nil {
			ram.free()
			return nil, fmt.Errorf("vmm: allocate 0x%x bytes of guest memory: %w, give less with -m", r.Size, err)
		}
		ram = append(ram, Bank{r.Base, mem})
	}
	return ram, nil
}

func (r RAM) free() {
	for _, b := range r {
		release(b.Mem)
	}
}

// zero makes all memory read as zero again and gives the host's back.
func (r RAM) zero() error {
	for _, b := range r {
		if err := discard(b.Mem); err != nil {
			return fmt.Errorf("vmm: clear guest memory at 0x%x: %w", b.Base, err)
		}
	}
	return nil
}
