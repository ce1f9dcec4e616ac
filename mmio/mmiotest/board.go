package mmiotest

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// Board is a PrimeCell and its interrupt line, as a guest sees them. V is as wide
// as the PrimeCell's registers. Only one goroutine may use a Board.
type Board[V uint8 | uint16 | uint32] struct {
	Device Device
	Pin    *Pin // the device's line

	// Raw and Mask are the offsets of the registers that decide about the line:
	// it is high while any bit is set in both.
	Raw, Mask uint64
}

// Get reads a register.
func (b Board[V]) Get(off uint64) V { return V(b.Device.Read(mmio.Access{Off: off, Size: 4})) }

// Set writes a register.
func (b Board[V]) Set(off uint64, v V) { b.Device.Write(mmio.Access{Off: off, Size: 4}, uint64(v)) }

// Check compares a register with the value that a step should lead to, and the
// line with the registers.
func (b Board[V]) Check(t *testing.T, step string, off uint64, want V) {
	t.Helper()
	if got := b.Get(off); got != want {
		t.Errorf("%s: register 0x%03x: got 0x%x, want 0x%x", step, off, got, want)
	}
	b.CheckLine(t, step)
}

// CheckLine compares the line with the registers.
func (b Board[V]) CheckLine(t *testing.T, step string) {
	t.Helper()
	raw, mask := b.Get(b.Raw), b.Get(b.Mask)
	if want := raw&mask != 0; b.Pin.High != want {
		t.Errorf("%s: line is %v, want %v: raw 0x%x, mask 0x%x", step, b.Pin.High, want, raw, mask)
	}
}

// CheckReset compares every register with its value after reset.
func (b Board[V]) CheckReset(t *testing.T, step string, table mmio.RegisterTable) {
	t.Helper()
	for _, r := range table {
		b.Check(t, step+" "+r.Name, r.Off, V(r.Reset))
	}
}

// CheckEveryAccess writes and reads at every offset with every size, aligned or
// not. An access that reaches no register of the table must read as zero and be
// counted; an access that reaches one must not be counted. The line is checked
// after each step.
func (b Board[V]) CheckEveryAccess(t *testing.T, table mmio.RegisterTable) {
	t.Helper()
	bad := b.Device.BadAccesses()
	for _, v := range []uint64{^uint64(0), 0, 0x0123456789abcdef} {
		for _, size := range []int{1, 2, 4, 8} {
			for off := range uint64(mmio.PrimeCellSize) {
				a := mmio.Access{Off: off, Size: size}
				step := fmt.Sprintf("%d bytes at 0x%03x", size, off)
				b.Device.Write(a, v)
				got := b.Device.Read(a)
				if table.Find(a) == nil {
					bad += 2
					if got != 0 {
						t.Fatalf("%s: read 0x%x, want 0", step, got)
					}
				}
				b.CheckLine(t, step)
			}
		}
	}
	if got := b.Device.BadAccesses(); got != bad {
		t.Errorf("bad accesses: got %d, want %d", got, bad)
	}
}

// CheckAllocations fails if writing and reading a register allocates.
func (b Board[V]) CheckAllocations(t *testing.T, table mmio.RegisterTable) {
	t.Helper()
	for _, r := range table {
		for _, v := range []V{0, ^V(0)} {
			if n := testing.AllocsPerRun(10, func() { b.Set(r.Off, v); b.Get(r.Off) }); n != 0 {
				t.Errorf("%s: %v allocations", r.Name, n)
			}
		}
	}
}
