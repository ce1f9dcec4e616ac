package gic

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// reference finds a CPU's highest priority pending interrupt and its signals
// the way the manuals' pseudocode does: interrupt by interrupt, from what the
// registers read.
func reference(r rig, cpu int) (h interrupt, irq, fiq bool) {
	c, _, _ := r.device()
	p := &c.cpus[cpu]
	h = noInterrupt
	for intid := range 32 + 32*len(c.spis) {
		group := r.readBank(cpu, intid, offIGROUPR, 1)
		if !c.enabled[group] || !p.enabled[group] || !targets(r, cpu, intid) ||
			r.readBank(cpu, intid, offISENABLER, 1) == 0 ||
			r.readBank(cpu, intid, offISPENDR, 1) == 0 ||
			r.readBank(cpu, intid, offISACTIVER, 1) == 1 {
			continue
		}
		if priority := r.readBank(cpu, intid, offIPRIORITYR, 8); priority < uint64(h.priority) {
			h = interrupt{uint32(intid), uint8(group), uint8(priority)}
		}
	}
	if h == noInterrupt || h.priority >= p.pmr {
		return h, false, false
	}
	// Bits of subpriority, by binary point.
	sub := p.bpr[0] + 1
	if h.group == group1 && !p.cbpr {
		sub = p.bpr[1]
	}
	if uint64(h.priority)>>sub<<sub >= r.running(cpu) {
		return h, false, false
	}
	fiq = h.group == group0 && p.fiqGroup0
	return h, !fiq, fiq
}

// targets reports whether an interrupt may go to a CPU, from what the routing
// registers read.
func targets(r rig, cpu, intid int) bool {
	switch r := r.(type) {
	case *rigV2:
		return r.uniprocessor() || r.gicd(cpu, offITARGETSR+uint64(intid), 1)>>cpu&1 != 0
	case *rigV3:
		route := r.gicd(0x6000+8*uint64(intid), 8)
		return intid < 32 || route&(1<<31) != 0 || route == r.redists[cpu].affinity
	}
	return false
}

// checkInvariants compares every CPU with the reference, and looks for impossible
// state.
func checkInvariants(t testing.TB, r rig) {
	t.Helper()
	c, irqs, fiqs := r.device()
	for i := range c.cpus {
		p := &c.cpus[i]
		h, irq, fiq := reference(r, i)
		if p.hppi != h {
			t.Fatalf("CPU %d: highest priority pending is %+v, want %+v", i, p.hppi, h)
		}
		if irqs[i].high != irq || fiqs[i].high != fiq {
			t.Fatalf("CPU %d: IRQ %v FIQ %v, want %v %v", i, irqs[i].high, fiqs[i].high, irq, fiq)
		}
		checkBank(t, &p.private)
	}
	for n := range c.spis {
		checkBank(t, &c.spis[n])
	}
	if v2, ok := r.(*rigV2); ok {
		for i := range v2.ifaces {
			for sgi, s := range v2.ifaces[i].sources {
				if pending := c.cpus[i].private.latched>>sgi&1 != 0; pending != (s != 0) {
					t.Fatalf("CPU %d: SGI %d pending %v, from CPUs 0x%x", i, sgi, pending, s)
				}
			}
		}
	}
}

func checkBank(t testing.TB, b *bank) {
	t.Helper()
	all := b.group | b.enabled | b.latched | b.active | b.edge | b.line | b.message
	if all&^b.valid != 0 || b.sgi&^b.edge != 0 {
		t.Fatalf("bank with bits of no interrupt, or a level-sensitive SGI: %+v", *b)
	}
	for i, priority := range b.priority {
		if priority&^priorityMask != 0 || b.valid>>i&1 == 0 && priority != 0 {
			t.Fatalf("interrupt %d of a bank has priority 0x%x", i, priority)
		}
	}
}

// checkInputs compares the inputs with what was driven.
func checkInputs(t testing.TB, r rig, driven map[int]bool) {
	t.Helper()
	c, _, _ := r.device()
	for intid, high := range driven {
		b, bit := c.find(&c.cpus[min(1, len(c.cpus)-1)], uint32(intid))
		if got := b.line&bit != 0; got != high {
			t.Fatalf("input of INTID %d is %v, was driven %v", intid, got, high)
		}
	}
}

var _ mmio.Line = (*level)(nil)
