package vmm

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// buildVirtio puts each virtio device behind a transport in its slot.
func (m *Machine) buildVirtio() error {
	var regions []virtio.Region
	for _, b := range m.ram {
		regions = append(regions, virtio.Region{Base: b.Base, Bytes: b.Mem})
	}
	memory, err := virtio.NewMemory(regions...)
	if err != nil {
		return err
	}
	memory.Release, memory.Granule = m.release()
	for i, dev := range m.cfg.Virtio {
		if clocked, ok := dev.(virtio.Clocked); ok {
			clocked.SetClock(machineClock{m})
		}
		t, err := virtio.NewTransport(virtio.TransportConfig{
			Device: dev, Memory: memory, Line: spi(m.gic, boot.VirtioSlotIRQ(i)), Log: m.guestLog.With("slot", i),
		})
		if err != nil {
			return err
		}
		m.slots = append(m.slots, t)
		region := mmio.Region{Name: fmt.Sprintf("virtio%d", i), Base: boot.VirtioSlotBase(i), Size: boot.VirtioSlotSize}
		if err := m.bus.Map(region, t); err != nil {
			return err
		}
	}
	return nil
}
