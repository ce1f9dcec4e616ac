package gic

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// input is an interrupt's input signal: the mmio.Line that a device is given.
type input struct {
	c   *controller
	b   *bank
	bit uint32
	n   int  // index of the bank of an SPI
	cpu *cpu // the CPU that a PPI belongs to; nil for an SPI
}

// Set drives the signal. A level-sensitive interrupt is pending while it is
// high; an edge-triggered one becomes pending when it rises.
func (in *input) Set(high bool) {
	in.c.mu.Lock()
	defer in.c.mu.Unlock()
	switch {
	case !in.b.setLine(in.bit, high):
	case in.cpu != nil:
		in.c.update(in.cpu)
	default:
		in.c.updateTargets(in.n, in.bit, nil)
	}
}

// SPI returns the input of shared peripheral interrupt n, from 0: INTID 32+n.
// It panics unless n is below Config.SPIs.
func (c *controller) SPI(n int) mmio.Line {
	if n < 0 || n >= c.spiCount {
		panic(fmt.Sprintf("gic: there is no SPI %d, raise Config.SPIs", n))
	}
	return &input{c: c, b: &c.spis[n/32], bit: 1 << (n % 32), n: n / 32}
}

// PPI returns the input of a CPU's private peripheral interrupt n, 0 to 15:
// INTID 16+n. It panics if there is no such CPU or interrupt.
func (c *controller) PPI(cpu, n int) mmio.Line {
	if cpu < 0 || cpu >= len(c.cpus) || n < 0 || n > 15 {
		panic(fmt.Sprintf("gic: there is no PPI %d of CPU %d, PPIs are 0 to 15, CPUs below %d", n, cpu, len(c.cpus)))
	}
	p := &c.cpus[cpu]
	return &input{c: c, b: &p.private, bit: 1 << (16 + n), cpu: p}
}
