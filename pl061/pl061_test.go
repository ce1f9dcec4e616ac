package pl061

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/mmio/mmiotest"
)

type board struct {
	*GPIO
	mmiotest.Board[uint8]
}

func newBoard() board {
	p := &mmiotest.Pin{}
	g := New(Config{Line: p})
	return board{g, mmiotest.Board[uint8]{Device: g, Pin: p, Raw: gpioRIS, Mask: gpioIE}}
}

func TestResetValues(t *testing.T) {
	fresh, used := newBoard(), newBoard()
	for _, r := range table {
		used.Set(r.Off, 0xff)
	}
	used.SetPin(0, true)
	used.SetPin(0, false)
	used.Reset()
	fresh.CheckReset(t, "fresh", table)
	used.CheckReset(t, "used", table)
}

func TestEveryAccess(t *testing.T) { newBoard().CheckEveryAccess(t, table) }

// DDI 0190, 3.3.1: bits 9:2 of the address choose the pins.
func TestData(t *testing.T) {
	b := newBoard()
	for i := range 8 {
		b.SetPin(uint(i), i%2 == 0) // 0x55
	}
	b.Check(t, "all inputs", 0x3fc, 0x55)
	b.Check(t, "mask 0x0f", 0x0f<<2, 0x05)
	b.Check(t, "mask 0x00", 0, 0)
	b.Set(gpioDIR, 0xf0)
	b.Check(t, "upper half is output", 0x3fc, 0x05)
	b.Set(0x3fc, 0xff)
	b.Check(t, "inputs are not written", 0x3fc, 0xf5)
	b.Set(0x20<<2, 0x00)
	b.Check(t, "one pin is written", 0x3fc, 0xd5)
	b.Set(gpioDIR, 0)
	b.Check(t, "inputs again", 0x3fc, 0x55)
	b.Set(gpioDIR, 0xff)
	b.Check(t, "the outputs were kept, the inputs never written", 0x3fc, 0xd0)
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
		b.Set(gpioIS, tc.is)
		b.Set(gpioIBE, tc.ibe)
		b.Set(gpioIEV, tc.iev)
		step := func(i int, what string) {
			b.Set(gpioIE, 0)
			b.Check(t, tc.name+", masked, "+what, gpioMIS, 0)
			b.Set(gpioIE, bit)
			b.Check(t, tc.name+", "+what, gpioRIS, tc.want[i])
			b.Check(t, tc.name+", "+what, gpioMIS, tc.want[i])
		}
		b.SetPin(pin, true)
		step(0, "high")
		b.Set(gpioIC, bit)
		step(1, "high, cleared")
		b.SetPin(pin, false)
		step(2, "low")
		b.Set(gpioIC, bit)
		step(3, "low, cleared")
	}
}

func TestOutputsDoNotInterrupt(t *testing.T) {
	b := newBoard()
	b.Set(gpioDIR, 0xff)
	b.Set(gpioIBE, 0x0f)
	b.Set(gpioIS, 0xf0)
	b.Set(gpioIEV, 0xf0)
	b.Set(gpioIE, 0xff)
	for i := range 8 {
		b.SetPin(uint(i), true)
	}
	b.Check(t, "outputs", gpioRIS, 0)
}

// A remembered edge goes when the pin is made to interrupt by level.
func TestEdgeForgotten(t *testing.T) {
	b := newBoard()
	b.Set(gpioIEV, 1)
	b.SetPin(0, true)
	b.SetPin(0, false)
	b.Check(t, "edge", gpioRIS, 1)
	b.Set(gpioIS, 1)
	b.Check(t, "level", gpioRIS, 0)
	b.Set(gpioIS, 0)
	b.Check(t, "edge again", gpioRIS, 0)
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
				b.Set(0x400|off, v)
			case 1:
				b.SetPin(uint(off%16), v&1 != 0)
			case 2:
				b.Set(off<<2, v)
			case 3:
				b.Read(mmio.Access{Off: off<<4 | uint64(v), Size: 1 << (v & 3)})
			}
			b.CheckLine(t, fmt.Sprint(ops[:3]))
			if b.Get(0x3fc) != b.m.pins&^b.m.dir|b.m.data&b.m.dir {
				t.Fatalf("GPIODATA 0x%02x: %+v", b.Get(0x3fc), b.m)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	g := newBoard()
	b.ReportAllocs()
	for b.Loop() {
		g.Set(gpioIE, 0xff)
	}
}

func TestAccessDoesNotAllocate(t *testing.T) { newBoard().CheckAllocations(t, table) }
