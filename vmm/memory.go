package vmm

import (
	"errors"
	"fmt"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
)

// newRAM is reserveRAM. Tests put something around the memory.
var newRAM = reserveRAM

// reserveRAM reserves the guest's memory, aligned as every backend can map it.
func reserveRAM(ranges []boot.Range) (hostmem.RAM, error) {
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

// protRAM is what a guest may do with its memory.
const protRAM = hv.ProtRead | hv.ProtWrite | hv.ProtExec

func (m *Machine) mapRAM() error {
	for _, b := range m.ram {
		if err := m.vm.Map(b.Base, b.Mem, protRAM); err != nil {
			return fmt.Errorf("vmm: give the guest its memory: %w", err)
		}
	}
	return nil
}

// release returns what gives memory back that the guest does not use, and its unit.
func (m *Machine) release() (f func(part []byte) error, granule uint64) {
	w, ok := m.vm.(hv.Withdrawer)
	if !ok {
		return hostmem.GiveBack, 0
	}
	return func(part []byte) error { return m.withdraw(w, part) }, hv.PageSize
}

// withdraw gives memory back to a host that does not take what the guest has mapped.
func (m *Machine) withdraw(w hv.Withdrawer, part []byte) error {
	part = hostmem.Whole(part, hv.PageSize)
	gpa, ok := m.ram.Address(part)
	if len(part) == 0 || !ok {
		return nil
	}
	err := w.Withdraw(gpa, part, protRAM, func() error { return hostmem.GiveBack(part) })
	switch {
	case errors.Is(err, hv.ErrLost):
		m.fail(fmt.Errorf("vmm: give back 0x%x bytes at 0x%x: %w", len(part), gpa, err))
	case err != nil:
		m.kept.Do(func() {
			m.cfg.Log.Warn("vmm: memory that the guest does not use stays with this process", "address", fmt.Sprintf("0x%x", gpa), "error", err)
		})
	}
	return err
}

// fail ends the run with an error, unless it ends with another one. It does not wait.
func (m *Machine) fail(err error) {
	select {
	case m.errs <- err:
	default:
	}
}

func (m *Machine) unmapRAM() error {
	for _, b := range m.ram {
		if err := m.vm.Unmap(b.Base, uint64(len(b.Mem))); err != nil {
			return fmt.Errorf("vmm: take the guest's memory away: %w", err)
		}
	}
	return nil
}
