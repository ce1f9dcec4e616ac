package vmm

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
)

// newRAM reserves the guest's memory, aligned as every backend can map it.
func newRAM(ranges []boot.Range) (hostmem.RAM, error) {
	var banks []hostmem.Range
	for _, r := range ranges {
		banks = append(banks, hostmem.Range(r))
	}
	ram, err := hostmem.New(hv.PageSize, banks...)
	if err != nil {
		return nil, fmt.Errorf("vmm: %w", err)
	}
	return ram, nil
}

// ipaBits is the width of an address that reaches all of RAM, at least 36.
func ipaBits(ranges []boot.Range) int {
	bits := 36
	for _, r := range ranges {
		for r.End() > 1<<bits {
			bits++
		}
	}
	return bits
}

func (m *Machine) mapRAM() error {
	for _, b := range m.ram {
		if err := m.vm.Map(b.Base, b.Mem, hv.ProtRead|hv.ProtWrite|hv.ProtExec); err != nil {
			return fmt.Errorf("vmm: give the guest its memory: %w", err)
		}
	}
	return nil
}

func (m *Machine) unmapRAM() error {
	for _, b := range m.ram {
		if err := m.vm.Unmap(b.Base, uint64(len(b.Mem))); err != nil {
			return fmt.Errorf("vmm: take the guest's memory away: %w", err)
		}
	}
	return nil
}
