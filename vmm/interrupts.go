package vmm

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/gic"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// interruptController is what the machine needs of a GIC of either version.
type interruptController interface {
	SPI(n int) mmio.Line
	PPI(cpu, n int) mmio.Line
	reset() error
	resetCPU(cpu int) error
	readSysReg(cpu int, reg aarch64.SysReg) (uint64, bool)
	writeSysReg(cpu int, reg aarch64.SysReg, v uint64) bool
	mapOn(b *mmio.Bus) error
}

// spis is how many shared interrupts the machine's GIC has. Those of the UART to
// the last virtio slot are in use.
const spis = 96

// spi returns the line of an interrupt that package boot names by INTID.
func spi(g interruptController, intid int) mmio.Line { return g.SPI(intid - 32) }

// newGIC makes the machine's interrupt controller. The backend's own must exist
// before the first vCPU does.
func (m *Machine) newGIC() (interruptController, error) {
	if m.cfg.BackendGIC {
		return newBackendGIC(m.vm, len(m.vcpus), m.guestLog)
	}
	return newGIC(m.cfg.GIC, m.vcpus)
}

func newGIC(version int, vcpus []*vcpu) (interruptController, error) {
	cfg := gic.Config{CPUs: len(vcpus), SPIs: spis}
	for _, v := range vcpus {
		cfg.IRQ = append(cfg.IRQ, v.irqLine())
		cfg.FIQ = append(cfg.FIQ, v.fiqLine())
		cfg.Affinity = append(cfg.Affinity, boot.Affinity(v.index))
	}
	if version == 2 {
		cfg.Affinity = nil
		g, err := gic.NewV2(cfg)
		return gicV2{g}, err
	}
	g, err := gic.NewV3(cfg)
	return gicV3{g, len(vcpus)}, err
}

type gicV2 struct{ *gic.V2 }

func (g gicV2) reset() error                                  { g.Reset(); return nil }
func (g gicV2) resetCPU(int) error                            { return nil }
func (g gicV2) readSysReg(int, aarch64.SysReg) (uint64, bool) { return 0, false }
func (g gicV2) writeSysReg(int, aarch64.SysReg, uint64) bool  { return false }

func (g gicV2) mapOn(b *mmio.Bus) error {
	if err := b.Map(mmio.Region{Name: "gicd", Base: boot.GICDBase, Size: boot.GICDSize}, g.Distributor()); err != nil {
		return err
	}
	return b.Map(mmio.Region{Name: "gicc", Base: boot.GICCBase, Size: boot.GICCSize}, g.CPUInterface())
}

type gicV3 struct {
	*gic.V3
	cpus int
}

func (g gicV3) reset() error                                          { g.Reset(); return nil }
func (g gicV3) resetCPU(cpu int) error                                { g.ResetCPU(cpu); return nil }
func (g gicV3) readSysReg(cpu int, reg aarch64.SysReg) (uint64, bool) { return g.ReadSysReg(cpu, reg) }
func (g gicV3) writeSysReg(cpu int, reg aarch64.SysReg, v uint64) bool {
	return g.WriteSysReg(cpu, reg, v)
}

func (g gicV3) mapOn(b *mmio.Bus) error {
	if err := b.Map(mmio.Region{Name: "gicd", Base: boot.GICDBase, Size: boot.GICDSize}, g.Distributor()); err != nil {
		return err
	}
	size := uint64(g.cpus) * boot.GICRCPUSize
	return b.Map(mmio.Region{Name: "gicr", Base: boot.GICRBase, Size: size}, g.Redistributors())
}
