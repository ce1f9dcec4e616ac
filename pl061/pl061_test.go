package pl061

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/mmio/mmiotest"
)

type board struct {
	*GPIO
	pin *mmiotest.Pin
}

func newBoard() board {
	p := &mmiotest.Pin{}
	return board{New(p), p}
}

func (b board) get(off uint64) uint8    { return uint8(b.Read(mmio.Access{Off: off, Size: 4})) }
func (b board) set(off uint64, v uint8) { b.Write(mmio.Access{Off: off, Size: 1}, uint64(v)) }

func (b board) check(t *testing.T, step string, off uint64, want uint8) {
	t.Helper()
	if got := b.get(off); got != want {
		t.Errorf("%s: register 0x%03x: got 0x%02x, want 0x%02x", step, off, got, want)
	}
	b.checkLine(t, step)
}

func (b board) checkLine(t *testing.T, step string) {
	t.Helper()
	if want := b.get(gpioRIS)&b.get(gpioIE) != 0; b.pin.High != want {
		t.Errorf("%s: line is %v, want %v: %+v", step, b.pin.High, want, b.m)
	}
}

func TestResetValues(t *testing.T) {
	fresh, used := newBoard(), newBoard()
	for _, r := range table {
		used.set(r.Off, 0xff)
	}
	used.SetPin(0, true)
	used.SetPin(0, false)
	used.Reset()
	for _, r := range table {
		for _, b := range []board{fresh, used} {
			if got := b.get(r.Off); uint64(got) != r.Reset {
				t.Errorf("%s at 0x%03x: got 0x%x, want 0x%x", r.Name, r.Off, got, r.Reset)
			}
			b.checkLine(t, r.Name)
		}
	}
}

func TestEveryAccess(t *testing.T) {
	b := newBoard()
	mmiotest.EveryAccess(t, b, mmio.PrimeCellSize,
		func(a mmio.Access) bool { return table.Find(a) != nil },
		func(step string) { b.checkLine(t, step) })
}

// DDI 0190, 3.3.1: bits 9:2 of the address choose the pins.
func TestData(t *testing.T) {
	b := newBoard()
	for i := range 8 {
		b.SetPin(uint(i), i%2 == 0) // 0x55
	}
	b.check(t, "all inputs", 0x3fc, 0x55)
	b.check(t, "mask 0x0f", 0x0f<<2, 0x05)
	b.check(t, "mask 0x00", 0, 0)
	b.set(gpioDIR, 0xf0)
	b.check(t, "upper half is output", 0x3fc, 0x05)
	b.set(0x3fc, 0xff)
	b.check(t, "inputs are not written", 0x3fc, 0xf5)
	b.set(0x20<<2, 0x00)
	b.check(t, "one pin is written", 0x3fc, 0xd5)
	b.set(gpioDIR, 0)
	b.check(t, "inputs again", 0x3fc, 0x55)
	b.set(gpioDIR, 0xff)
	b.check(t, "the outputs were kept, the inputs never written", 0x3fc, 0xd0)
}

func TestInterrupts(t *testing.T) {
	const pin, bit = 3, 1 << 3
	for _, tc := range []struct {
		name         string
		is, ibe, iev uint8
		// GPIORIS after: the pin high; cleared; low; cleared
		want [4]uint8
	}{
		{"rising edge", 0, 0, bit, [4]uint8{bit, 0, 0, 0}},
		{"falling edge", 0, 0, 0, [4]uint8{0, 0, bit, 0}},
		{"both edges", 0, bit, 0, [4]uint8{bit, 0, bit, 0}},
		{"both edges, event bit set", 0, bit, bit, [4]uint8{bit, 0, bit, 0}},
		{"high level", bit, 0, bit, [4]uint8{bit, bit, 0, 0}},
		{"low level", bit, 0, 0, [4]uint8{0, 0, bit, bit}},
	} {
		b := newBoard()
		b.set(gpioIS, tc.is)
		b.set(gpioIBE, tc.ibe)
		b.set(gpioIEV, tc.iev)
		step := func(i int, what string) {
			b.set(gpioIE, 0)
			b.check(t, tc.name+", masked, "+what, gpioMIS, 0)
			b.set(gpioIE, bit)
			b.check(t, tc.name+", "+what, gpioRIS, tc.want[i])
			b.check(t, tc.name+", "+what, gpioMIS, tc.want[i])
		}
		b.SetPin(pin, true)
		step(0, "high")
		b.set(gpioIC, bit)
		step(1, "high, cleared")
		b.SetPin(pin, false)
		step(2, "low")
		b.set(gpioIC, bit)
		step(3, "low, cleared")
	}
}

func TestOutputsDoNotInterrupt(t *testing.T) {
	b := newBoard()
	b.set(gpioDIR, 0xff)
	b.set(gpioIBE, 0x0f)
	b.set(gpioIS, 0xf0)
	b.set(gpioIEV, 0xf0)
	b.set(gpioIE, 0xff)
	for i := range 8 {
		b.SetPin(uint(i), true)
	}
	b.check(t, "outputs", gpioRIS, 0)
}

// A remembered edge goes when the pin is made to interrupt by level.
func TestEdgeForgotten(t *testing.T) {
	b := newBoard()
	b.set(gpioIEV, 1)
	b.SetPin(0, true)
	b.SetPin(0, false)
	b.check(t, "edge", gpioRIS, 1)
	b.set(gpioIS, 1)
	b.check(t, "level", gpioRIS, 0)
	b.set(gpioIS, 0)
	b.check(t, "edge again", gpioRIS, 0)
}

// FuzzGPIO runs a sequence of operations, three bytes each, and checks after
// each that the line is what the registers say.
func FuzzGPIO(f *testing.F) {
	f.Add([]byte{0, 0x08, 1, 0, 0x10, 1, 1, 0, 1, 0, 0x1c, 1})
	f.Fuzz(func(t *testing.T, ops []byte) {
		b := newBoard()
		for ops = ops[:min(len(ops), 3000)]; len(ops) >= 3; ops = ops[3:] {
			switch off, v := uint64(ops[1]), ops[2]; ops[0] % 4 {
			case 0:
				b.set(0x400|off, v)
			case 1:
				b.SetPin(uint(off%16), v&1 != 0)
			case 2:
				b.set(off<<2, v)
			case 3:
				b.Read(mmio.Access{Off: off<<4 | uint64(v), Size: 1 << (v & 3)})
			}
			b.checkLine(t, fmt.Sprint(ops[:3]))
			if b.get(0x3fc) != b.m.pins&^b.m.dir|b.m.data&b.m.dir {
				t.Fatalf("GPIODATA 0x%02x: %+v", b.get(0x3fc), b.m)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	g := newBoard()
	b.ReportAllocs()
	for b.Loop() {
		g.set(gpioIE, 0xff)
	}
}

func TestAccessDoesNotAllocate(t *testing.T) {
	b := newBoard()
	for _, r := range table {
		if n := testing.AllocsPerRun(10, func() { b.set(r.Off, 0xff); b.get(r.Off) }); n != 0 {
			t.Errorf("%s: %v allocations", r.Name, n)
		}
	}
}
