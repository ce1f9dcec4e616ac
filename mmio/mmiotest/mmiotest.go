// Package mmiotest is the machine's side of a device, for tests of devices
// that sit on an mmio.Bus: an interrupt line that remembers, and an access at
// every offset.
package mmiotest

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
)

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

// EveryAccess writes and reads d, which has size bytes of registers, at every
// offset with every size, aligned or not. What reaches no register has to read
// as zero and be counted, what reaches one has not to be. After each step
// comes check, with the step's name.
func EveryAccess(t *testing.T, d Device, size uint64, reaches func(mmio.Access) bool, check func(step string)) {
	t.Helper()
	bad := d.BadAccesses()
	for _, v := range []uint64{^uint64(0), 0, 0x0123456789abcdef} {
		for _, n := range []int{1, 2, 4, 8} {
			for off := range size {
				a := mmio.Access{Off: off, Size: n}
				d.Write(a, v)
				got := d.Read(a)
				if !reaches(a) {
					bad += 2
					if got != 0 {
						t.Fatalf("read of %d at 0x%03x: got 0x%x, want 0", n, off, got)
					}
				}
				check(fmt.Sprintf("%d bytes at 0x%03x", n, off))
			}
		}
	}
	if got := d.BadAccesses(); got != bad {
		t.Errorf("bad accesses: got %d, want %d", got, bad)
	}
}
