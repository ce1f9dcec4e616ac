package vmm

import (
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
)

// SetNewRAM replaces what makes the memory of guests, until restore is called.
func SetNewRAM(f func(ranges []boot.Range) (hostmem.RAM, error)) (restore func()) {
	old := newRAM
	newRAM = f
	return func() { newRAM = old }
}
