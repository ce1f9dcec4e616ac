package gic

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio"
)

const (
	maxCPUsV3 = 512

	// affinityFields are Aff3 to Aff0, at their places in MPIDR_EL1 and
	// GICD_IROUTER.
	affinityFields = 0xFF_00FF_FFFF
)

// V3 is a GICv3: Distributor, Redistributors and the CPU interfaces' system
// registers.
type V3 struct {
	controller
	redists []redistributor // one for each of cpus
	routes  []uint64        // GICD_IROUTER of each SPI
	status  uint32          // GICD_STATUSR
}

// redistributor is the state of a Redistributor besides the private interrupts.
type redistributor struct {
	affinity uint64 // as in MPIDR_EL1
	asleep   bool   // GICR_WAKER.ProcessorSleep and ChildrenAsleep
	status   uint32 // GICR_STATUSR
}

// NewV3 returns a GICv3 in its reset state.
func NewV3(cfg Config) (*V3, error) {
	g := &V3{}
	if err := g.init(cfg, maxCPUsV3, "GICv3"); err != nil {
		return nil, err
	}
	if n := len(cfg.Affinity); n != 0 && n != cfg.CPUs {
		return nil, fmt.Errorf("gic: %d affinities for %d CPUs, give one each or none", n, cfg.CPUs)
	}
	g.redists = make([]redistributor, cfg.CPUs)
	seen := make(map[uint64]int)
	for i := range g.redists {
		aff := uint64(i%16 | i/16<<8)
		if cfg.Affinity != nil {
			aff = cfg.Affinity[i] & affinityFields
		}
		if j, dup := seen[aff]; dup {
			return nil, fmt.Errorf("gic: CPUs %d and %d both have affinity 0x%x, make them differ", j, i, aff)
		}
		seen[aff] = i
		g.redists[i].affinity = aff
	}
	g.routes = make([]uint64, cfg.SPIs)
	g.Reset()
	return g, nil
}

// Reset sets all registers to their reset values. Inputs keep the levels that
// devices drive.
func (g *V3) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resetLocked()
	g.status = 0
	for i := range g.cpus {
		g.cpus[i].fiqGroup0 = true
		g.redists[i].asleep = true
		g.redists[i].status = 0
	}
	for i := range g.routes {
		g.route(i, 0)
	}
	g.updateAll()
}

// ResetCPU is the warm reset of one CPU, as at power on. The CPU's ICC_* registers
// get their reset values; the Distributor and its Redistributor do not change.
func (g *V3) ResetCPU(cpu int) {
	if cpu < 0 || cpu >= len(g.cpus) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cpus[cpu].resetInterface()
	g.update(&g.cpus[cpu])
}

// Distributor returns the GICD frame: 64 KiB.
func (g *V3) Distributor() mmio.Device { return v3Distributor{g} }

// Redistributors returns the GICR frames, 128 KiB per CPU: RD_base and SGI_base of
// CPU 0, then those of CPU 1 and so on.
func (g *V3) Redistributors() mmio.Device { return v3Redistributors{g} }

// Routing of SPIs, GICD_IROUTER.
const (
	irouterIRM    = 1 << 31 // Interrupt_Routing_Mode: any CPU may take it
	irouterFields = affinityFields | irouterIRM
)

// route sets where SPI i goes. An affinity that no CPU has is no target.
func (g *V3) route(i int, v uint64) {
	g.routes[i] = v & irouterFields
	bit := uint32(1) << (i % 32)
	for j := range g.cpus {
		t := &g.cpus[j].targets[i/32]
		*t &^= bit
		if v&irouterIRM != 0 || v&affinityFields == g.redists[j].affinity {
			*t |= bit
		}
	}
}
