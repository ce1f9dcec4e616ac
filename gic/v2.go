package gic

import "github.com/miniboot-vmm/miniboot/mmio"

const maxCPUsV2 = 8

// V2 is a GICv2: Distributor and CPU interfaces, both memory-mapped. For a banked
// register, mmio.Access.CPU selects the copy that an access reaches.
type V2 struct {
	controller
	ifaces []interfaceV2 // one for each of cpus
}

// interfaceV2 is the state of a CPU that only GICv2 has.
type interfaceV2 struct {
	ctlr    uint32    // GICC_CTLR
	sources [16]uint8 // CPUs that each pending SGI came from, one bit each
}

// NewV2 returns a GICv2 in its reset state.
func NewV2(cfg Config) (*V2, error) {
	g := &V2{}
	if err := g.init(cfg, maxCPUsV2, "GICv2"); err != nil {
		return nil, err
	}
	g.ifaces = make([]interfaceV2, cfg.CPUs)
	g.Reset()
	return g, nil
}

// Reset sets all registers to their reset values. Inputs keep the levels that
// devices drive.
func (g *V2) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resetLocked()
	for i := range g.cpus {
		p := &g.cpus[i]
		p.fiqGroup0 = false
		p.private.enabled = p.private.sgi // SGIs cannot be disabled
		g.ifaces[i] = interfaceV2{}
	}
	if g.uniprocessor() {
		for n, b := range g.spis {
			g.cpus[0].targets[n] = b.valid
		}
	}
	g.updateAll()
}

// uniprocessor reports whether all interrupts go to the one CPU, and
// GICD_ITARGETSR is RAZ/WI (IHI 0048, 4.3.12).
func (g *V2) uniprocessor() bool { return len(g.cpus) == 1 }

// Distributor returns the GICD registers: 4 KiB. The rest of a larger window is
// RAZ/WI.
func (g *V2) Distributor() mmio.Device { return v2Distributor{g} }

// CPUInterface returns the GICC registers: 8 KiB.
func (g *V2) CPUInterface() mmio.Device { return v2CPUInterface{g} }
