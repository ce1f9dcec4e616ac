package pl061

import (
	"sync"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// GPIO is a PL061. Its methods may be called from any goroutine.
type GPIO struct {
	*mmio.Bank
	intr mmio.Line

	mu sync.Mutex // before the interrupt controller's
	m  machine
}

var _ mmio.Device = (*GPIO)(nil)

// Config says what a GPIO is connected to.
type Config struct {
	Line mmio.Line // GPIOINTR; nil leaves it unconnected
}

// New returns a GPIO in reset with all pins low.
func New(c Config) *GPIO {
	g := &GPIO{intr: mmio.Connected(c.Line)}
	g.Bank = mmio.NewBank(table, g.read, g.write)
	return g
}

// Reset sets every register to its reset value. The pins stay as the host drives
// them.
func (g *GPIO) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.m.reset()
	g.intr.Set(g.m.pending())
}

// read reads a register, for the bank.
func (g *GPIO) read(off uint64) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return uint64(g.m.read(off))
}

// write writes a register, for the bank.
func (g *GPIO) write(off, v uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.m.write(off, uint8(v))
	g.intr.Set(g.m.pending())
}

// SetPin drives pin 0 to 7 high or low; any other number has no effect. The guest
// does not see the level while the pin is an output.
func (g *GPIO) SetPin(pin uint, high bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	pins := g.m.pins &^ (1 << pin)
	if high {
		pins |= 1 << pin
	}
	g.m.setPins(pins)
	g.intr.Set(g.m.pending())
}
