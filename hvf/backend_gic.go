package hvf

import (
	"errors"
	"fmt"
	"sync"

	"github.com/miniboot-vmm/miniboot/hv"
)

// gic implements hv.GIC with the framework's own GIC.
type gic struct {
	vm *vm

	mu     sync.RWMutex // guards closed, so that no line is driven in a later VM
	closed bool
}

// Sizes in bytes of a GICv3's frames, as hv.GICLayout states them, and the first
// INTID of the SPIs.
const (
	distributorSize   = 0x1_0000
	redistributorSize = 0x2_0000
	firstSPI          = 32
)

// errGICClosed is what a device gets that outlives its machine.
var errGICClosed = errors.New("hvf: drive an interrupt line: the vm is closed")

// NewGIC makes the framework's GIC.
func (m *vm) NewGIC(l hv.GICLayout) (hv.GIC, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return nil, errors.New("hvf: new gic: the vm is closed")
	case m.gic != nil:
		return nil, errors.New("hvf: new gic: the vm has a gic already, make one only")
	case m.populated:
		return nil, errors.New("hvf: new gic: the vm has vcpus, make the gic before them")
	}
	if err := m.fw.checkGIC(l); err != nil {
		return nil, fmt.Errorf("hvf: new gic: %w", err)
	}
	if err := m.fw.createGIC(l); err != nil {
		return nil, fmt.Errorf("hvf: new gic: distributor at 0x%x, redistributors at 0x%x: %w",
			l.Distributor, l.Redistributors, err)
	}
	m.gic = &gic{vm: m}
	return m.gic, nil
}

// checkGIC checks that the framework's GIC fits the machine's memory map.
func (fw *Framework) checkGIC(l hv.GICLayout) error {
	for _, c := range []struct {
		what string
		get  func() (uint64, error)
		ok   func(v uint64) bool
	}{
		{"distributor size", fw.GICGetDistributorSize, func(v uint64) bool { return v <= distributorSize }},
		{"distributor alignment", fw.GICGetDistributorBaseAlignment, func(v uint64) bool { return v != 0 && l.Distributor%v == 0 }},
		{"redistributor size", fw.GICGetRedistributorSize, func(v uint64) bool { return v == redistributorSize }},
		{"redistributor alignment", fw.GICGetRedistributorBaseAlignment, func(v uint64) bool { return v != 0 && l.Redistributors%v == 0 }},
		{"redistributor region size", fw.GICGetRedistributorRegionSize, func(v uint64) bool {
			return l.RedistributorSpace == 0 || v <= l.RedistributorSpace
		}},
	} {
		v, err := c.get()
		if err != nil {
			return err
		}
		if !c.ok(v) {
			return fmt.Errorf("the framework's %s of 0x%x does not fit this machine's memory map", c.what, v)
		}
	}
	base, count, err := fw.GICGetSPIInterruptRange()
	if err == nil && (base > firstSPI || uint64(base)+uint64(count) < firstSPI+uint64(l.SPIs)) {
		err = fmt.Errorf("the framework has %d SPIs from %d on, want %d from %d", count, base, l.SPIs, firstSPI)
	}
	return err
}

func (fw *Framework) createGIC(l hv.GICLayout) error {
	cfg, err := fw.GICConfigCreate()
	if err != nil {
		return err
	}
	defer fw.OSRelease(cfg)
	if err := fw.GICConfigSetDistributorBase(cfg, l.Distributor); err != nil {
		return err
	}
	if err := fw.GICConfigSetRedistributorBase(cfg, l.Redistributors); err != nil {
		return err
	}
	return fw.GICCreate(cfg)
}

// SetSPI implements GIC.
func (g *gic) SetSPI(intid uint32, high bool) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return errGICClosed
	}
	return g.vm.fw.GICSetSPI(intid, high)
}

// close makes every later SetSPI fail.
func (g *gic) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
}

// PendPPI implements GIC.
func (g *gic) PendPPI(cpu int, intid uint32, pending bool) error {
	v, err := g.vm.cpu(cpu)
	if err != nil {
		return err
	}
	if intid < 16 || intid > 31 {
		return fmt.Errorf("hvf: make interrupt %d pending: give a private interrupt, 16 to 31", intid)
	}
	return v.pendPPI(intid, pending)
}

// Reset implements GIC.
func (g *gic) Reset() error { return g.vm.fw.GICReset() }

// iccReset has the reset values of the CPU interface (IHI 0069, chapter 12). The
// bits in mask become want. hv_gic_reset does not change these registers.
var iccReset = []struct {
	reg        ICCReg
	mask, want uint64
}{
	{ICCRegSRE_EL1, 1, 1}, // system registers: there is no other interface
	{ICCRegIGRPEN0_EL1, 1, 0},
	{ICCRegIGRPEN1_EL1, 1, 0},
	{ICCRegPMR_EL1, 0xff, 0},
	{ICCRegCTLR_EL1, 3, 0}, // CBPR, EOImode
	{ICCRegBPR0_EL1, 7, 0},
	{ICCRegBPR1_EL1, 7, 0},
	{ICCRegAP0R0_EL1, 0xffff_ffff, 0},
	{ICCRegAP1R0_EL1, 0xffff_ffff, 0},
}

// ResetCPU implements GIC.
func (g *gic) ResetCPU(cpu int) error {
	v, err := g.vm.cpu(cpu)
	if err != nil {
		return err
	}
	for _, r := range iccReset {
		old, err := v.raw.GICGetICCReg(r.reg)
		if err == nil && old&r.mask != r.want {
			err = v.raw.GICSetICCReg(r.reg, old&^r.mask|r.want)
		}
		if err != nil && !errors.Is(err, ReturnDenied) && !absentRegister(err) { // the guest cannot use a register that the framework does not offer
			return fmt.Errorf("hvf: reset ICC register 0x%x of vcpu %d: %w", uint16(r.reg), cpu, err)
		}
	}
	return nil
}
