package hvf

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// Withdraw takes memory away from the guest while f runs: macOS ignores advice to free
// pages that the guest's stage 2 maps.
func (m *vm) Withdraw(gpa uint64, mem []byte, p hv.Prot, f func() error) error {
	size := uint64(len(mem))
	if err := m.check("withdraw", gpa, size); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.mapped.Load().contain(gpa, size) {
		return fmt.Errorf("hvf: withdraw 0x%x bytes at 0x%x: a part of the range is not mapped, map it first", size, gpa)
	}
	if err := m.fw.VMUnmap(gpa, size); err != nil {
		return fmt.Errorf("hvf: withdraw 0x%x bytes at 0x%x: %w", size, gpa, err)
	}
	failed := f()
	if err := m.fw.VMMap(mem, gpa, p); err != nil {
		m.change(func(r *ranges) { r.remove(gpa, size) })
		return fmt.Errorf("hvf: map 0x%x bytes at 0x%x again: %w: %w", size, gpa, err, hv.ErrLost)
	}
	return failed
}

// awaitMemory says whether an exit is an access to memory that the guest has. Then a
// Withdraw has met the access, and awaitMemory waits for its end. Most exits are
// accesses to devices, so it takes the lock only for others.
func (m *vm) awaitMemory(x *VCPUExitException) bool {
	if !stage2Translation(x.Syndrome) || !m.mapped.Load().overlap(x.PhysicalAddress, 1) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mapped.Load().overlap(x.PhysicalAddress, 1)
}

// stage2Translation says whether a syndrome is of an access to an address that is not
// mapped.
func stage2Translation(s aarch64.ESR) bool {
	ec := s.EC()
	return (ec == aarch64.ECDataAbortLower || ec == aarch64.ECInstrAbortLower) && s.DataAbort().FSC.Translation() // IFSC is in the same bits
}
