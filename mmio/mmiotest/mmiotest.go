// Package mmiotest is the machine's side of a device, for tests. A Pin is an
// interrupt line that remembers its level. A Board is a PrimeCell (a device of
// DDI 0183, 0190 or 0224, say) with such a line; it makes every access that a
// guest can make and compares the results with the device's register table.
//
// Missing: devices that are no PrimeCell, whose registers differ per CPU or are
// wider than 32 bits.
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

// Device is a device that counts the accesses that reach no register.
type Device interface {
	mmio.Device
	BadAccesses() uint64
}
