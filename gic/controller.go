package gic

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/mmio"
)

const maxSPIs = intidLimit - 32

// Config is what a machine decides about its interrupt controller.
type Config struct {
	CPUs int // 1 to 8 for GICv2, 1 to 512 for GICv3
	SPIs int // 0 to 988

	// IRQ and FIQ have one Line for each CPU, or are empty. Set is called when
	// the level changes, with the controller locked: it must return quickly and
	// must not call the controller. A nil Line is not connected. All lines start
	// low.
	IRQ, FIQ []mmio.Line

	// Affinity has the affinity fields of each CPU's MPIDR_EL1 (GICv3 only). If
	// it is empty, CPU i has Aff0 i%16 and Aff1 i/16.
	Affinity []uint64
}

// controller is what both versions of the architecture share: the state of all
// interrupts, and the choice of the one that each CPU is offered.
type controller struct {
	spiCount int // never changes

	// mu is taken after a device's lock, and before nothing but atomics.
	mu      sync.Mutex
	cpus    []cpu
	spis    []bank  // spis[n] has INTID 32(n+1) and on
	enabled [2]bool // GICD_CTLR.EnableGrp0/1

	bad atomic.Uint64
}

func (c *controller) init(cfg Config, maxCPUs int, version string) error {
	if cfg.CPUs < 1 || cfg.CPUs > maxCPUs {
		return fmt.Errorf("gic: %d CPUs, %s takes 1 to %d", cfg.CPUs, version, maxCPUs)
	}
	if cfg.SPIs < 0 || cfg.SPIs > maxSPIs {
		return fmt.Errorf("gic: %d SPIs, ask for 0 to %d", cfg.SPIs, maxSPIs)
	}
	if n := len(cfg.IRQ); n != 0 && n != cfg.CPUs {
		return fmt.Errorf("gic: %d IRQ lines for %d CPUs, give one each or none", n, cfg.CPUs)
	}
	if n := len(cfg.FIQ); n != 0 && n != cfg.CPUs {
		return fmt.Errorf("gic: %d FIQ lines for %d CPUs, give one each or none", n, cfg.CPUs)
	}
	c.spiCount = cfg.SPIs
	c.spis = make([]bank, (cfg.SPIs+31)/32)
	for i := range cfg.SPIs {
		c.spis[i/32].valid |= 1 << (i % 32)
	}
	c.cpus = make([]cpu, cfg.CPUs)
	for i := range c.cpus {
		p := &c.cpus[i]
		p.private.valid, p.private.sgi = ^uint32(0), 0xFFFF
		p.targets = make([]uint32, len(c.spis))
		if cfg.IRQ != nil {
			p.irq.line = cfg.IRQ[i]
		}
		if cfg.FIQ != nil {
			p.fiq.line = cfg.FIQ[i]
		}
	}
	return nil
}

// resetLocked is what Reset of both versions has in common. The caller sets
// the targets, and then calls updateAll.
func (c *controller) resetLocked() {
	c.enabled = [2]bool{}
	for i := range c.spis {
		c.spis[i].reset()
	}
	for i := range c.cpus {
		p := &c.cpus[i]
		p.private.reset()
		p.resetInterface()
		clear(p.targets)
	}
}

// BadAccesses returns how many accesses have reached no register, or had a wrong
// size, alignment or direction.
func (c *controller) BadAccesses() uint64 { return c.bad.Load() }

// find returns the bank of an interrupt as CPU p sees it, and the interrupt's bit
// in it. It returns nil if the interrupt does not exist.
func (c *controller) find(p *cpu, intid uint32) (b *bank, bit uint32) {
	n := int(intid / 32)
	switch {
	case n == 0:
		b = &p.private
	case n <= len(c.spis):
		b = &c.spis[n-1]
	default:
		return nil, 0
	}
	bit = 1 << (intid % 32)
	if b.valid&bit == 0 {
		return nil, 0
	}
	return b, bit
}

// update finds a CPU's highest priority pending interrupt again and drives its
// outputs. It must be called after each change of anything that it reads.
func (c *controller) update(p *cpu) {
	p.hppi = c.highest(p)
	p.drive()
}

func (c *controller) updateAll() {
	for i := range c.cpus {
		c.update(&c.cpus[i])
	}
}

// updateTargets updates the CPUs that may take an SPI, and the CPU p that changed
// its state. p is nil if a device did.
func (c *controller) updateTargets(n int, bit uint32, p *cpu) {
	for i := range c.cpus {
		if q := &c.cpus[i]; q == p || q.targets[n]&bit != 0 {
			c.update(q)
		}
	}
}

// changed updates the CPUs that an interrupt's state matters to, after p has
// changed it.
func (c *controller) changed(p *cpu, intid uint32) {
	if intid < 32 {
		c.update(p)
		return
	}
	c.updateTargets(int(intid/32)-1, 1<<(intid%32), p)
}

// highest returns the pending interrupt with the lowest priority value; among
// equals, the one with the lowest INTID. Interrupts of a group that is disabled,
// in the Distributor or at the CPU interface, are passed over.
func (c *controller) highest(p *cpu) interrupt {
	var enabled [2]uint32 // all ones for an enabled group
	for g := range enabled {
		if c.enabled[g] && p.enabled[g] {
			enabled[g] = ^uint32(0)
		}
	}
	h := noInterrupt
	if ready := p.private.ready(); ready != 0 {
		h.scan(&p.private, 0, ready, enabled)
	}
	for n := range c.spis {
		b := &c.spis[n]
		if ready := b.ready() & p.targets[n]; ready != 0 {
			h.scan(b, n+1, ready, enabled)
		}
	}
	return h
}

// scan replaces h if something more urgent is ready in the n-th bank.
func (h *interrupt) scan(b *bank, n int, ready uint32, enabled [2]uint32) {
	ready &= enabled[group0]&^b.group | enabled[group1]&b.group
	for ; ready != 0; ready &= ready - 1 {
		i := bits.TrailingZeros32(ready)
		if b.priority[i] < h.priority {
			*h = interrupt{uint32(32*n + i), uint8(b.group >> i & 1), b.priority[i]}
		}
	}
}

// acknowledge makes the highest priority pending interrupt active. The caller
// has checked that it is signalled, and calls changed afterwards.
func (c *controller) acknowledge(p *cpu) {
	b, bit := c.find(p, p.hppi.id)
	b.latched &^= bit
	b.active |= bit
	p.raisePriority(p.hppi)
}

// endOfInterrupt is a write of an EOI register: priority drop, and with EOImode 0
// also deactivation. A write that does not match an acknowledged interrupt of the
// group is UNPREDICTABLE; it is ignored here.
func (c *controller) endOfInterrupt(p *cpu, group uint8, intid uint32) {
	b, bit := c.find(p, intid)
	if b == nil || (b.group&bit != 0) != (group == group1) || !p.dropPriority(group) {
		return
	}
	if !p.eoiMode {
		b.active &^= bit
	}
	c.changed(p, intid)
}

// deactivate is a write of a DIR register. With EOImode 0 such a write is
// UNPREDICTABLE; it is ignored here.
func (c *controller) deactivate(p *cpu, intid uint32) {
	b, bit := c.find(p, intid)
	if b == nil || !p.eoiMode {
		return
	}
	b.active &^= bit
	c.changed(p, intid)
}
