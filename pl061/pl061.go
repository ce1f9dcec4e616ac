package pl061

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// PowerKey is the pin that is the machine's power button, active high, as the
// devicetree's gpio-keys node says.
const PowerKey = 3

// KeyTime is how long a key press should last: Linux's gpio-keys looks at the
// pin some milliseconds after the edge, to let a real key settle.
const KeyTime = 100 * time.Millisecond

// GPIO is a PL061. Its methods may be called from any goroutine.
type GPIO struct {
	intr mmio.Line
	bad  atomic.Uint64

	mu sync.Mutex // before the interrupt controller's
	m  machine
}

var _ mmio.Device = (*GPIO)(nil)

// New returns a GPIO in reset with all pins low. Its interrupt is line,
// GPIOINTR; nil leaves that unconnected.
func New(line mmio.Line) *GPIO {
	if line == nil {
		line = mmio.LineFunc(func(bool) {})
	}
	return &GPIO{intr: line}
}

// Reset puts every register to its reset value. The pins stay as the host
// drives them.
func (g *GPIO) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.m.reset()
	g.intr.Set(g.m.pending())
}

// Read implements mmio.Device.
func (g *GPIO) Read(a mmio.Access) uint64 {
	r := find(a)
	if r == nil {
		g.bad.Add(1)
		return 0
	}
	if a.Off >= 0xfe0 {
		return r.Reset
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return uint64(g.m.read(a.Off)) & r.Read
}

// Write implements mmio.Device.
func (g *GPIO) Write(a mmio.Access, v uint64) {
	r := find(a)
	if r == nil {
		g.bad.Add(1)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.m.write(a.Off, uint8(v&r.Write))
	g.intr.Set(g.m.pending())
}

// BadAccesses is how many accesses reached no register.
func (g *GPIO) BadAccesses() uint64 { return g.bad.Load() }

// SetPin drives a pin, 0 to 7, high or low; there are no others, and driving
// one has no effect. The guest does not see it while the pin is an output.
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

// Press drives a pin high for d, usually KeyTime, and then low; it returns
// after that. When ctx is done it lets go at once.
func (g *GPIO) Press(ctx context.Context, pin uint, d time.Duration) {
	g.SetPin(pin, true)
	defer g.SetPin(pin, false)
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
