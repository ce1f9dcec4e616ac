// Package mmiotest is the machine's side of a device, for tests: an interrupt
// line that remembers, and the guest of a PrimeCell, which makes every access
// that there is.
package mmiotest

import "github.com/miniboot-vmm/miniboot/mmio"

// Pin is an interrupt line that remembers its level and how often it rose. It
// is for one goroutine.
type Pin struct {
	High  bool
	Rises int
}

// Set implements mmio.Line.
func (p *Pin) Set(high bool) {
	if high && !p.High {
		p.Rises++
	}
	p.High = high
}

// Device is a device that counts accesses to what is no register.
type Device interface {
	mmio.Device
	BadAccesses() uint64
}
