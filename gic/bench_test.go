package gic

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// quiet makes a controller of either version with all 988 SPIs and 4 CPUs.
func quiet(tb testing.TB, three bool) rig {
	var r rig
	_, lines := wires(4)
	cfg := Config{CPUs: 4, SPIs: 988, IRQ: lines}
	if three {
		g, err := NewV3(cfg)
		if err != nil {
			tb.Fatal(err)
		}
		r = &rigV3{V3: g}
	} else {
		g, err := NewV2(cfg)
		if err != nil {
			tb.Fatal(err)
		}
		r = &rigV2{V2: g}
	}
	prepare(r, 4)
	for cpu := range 4 {
		setUp(r, cpu, 1, group1, 0x80)
		setUp(r, cpu, 27, group1, 0x80)
	}
	return r
}

// interruptPaths are what runs between a guest's exit and its re-entry.
func interruptPaths(tb testing.TB, three bool) map[string]func() {
	r := quiet(tb, three)
	c, _, _ := r.device()
	setUp(r, 0, 1000, group1, 0x80)
	spi, ppi := c.SPI(1000-32), c.PPI(0, 27-16)
	serve := func(in mmio.Line) func() {
		return func() {
			in.Set(true)
			id := r.ack(0, group1)
			in.Set(false)
			r.eoi(0, group1, id)
		}
	}
	return map[string]func(){
		"SPI":      serve(spi),
		"PPI":      serve(ppi),
		"SameLine": func() { spi.Set(false) },
		"SGI": func() {
			r.sgi(1, 0, 1)
			r.eoi(0, group1, r.ack(0, group1))
		},
		"MaskAndUnmask": func() {
			r.bank(0, 1000, offICENABLER, 1, 1)
			r.bank(0, 1000, offISENABLER, 1, 1)
		},
	}
}

func TestInterruptPathsAllocateNothing(t *testing.T) {
	for _, three := range []bool{false, true} {
		for name, path := range interruptPaths(t, three) {
			if n := testing.AllocsPerRun(100, path); n != 0 {
				t.Errorf("GICv3 %v, %s: %v allocations", three, name, n)
			}
		}
	}
}

func benchmark(b *testing.B, name string) {
	for v, three := range map[string]bool{"v2": false, "v3": true} {
		path := interruptPaths(b, three)[name]
		b.Run(v, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				path()
			}
		})
	}
}

// A line raised, acknowledged, lowered, ended; 988 SPIs configured.
func BenchmarkSPI(b *testing.B) { benchmark(b, "SPI") }

// The same for a timer's PPI.
func BenchmarkPPI(b *testing.B) { benchmark(b, "PPI") }

// An SGI sent, acknowledged, ended.
func BenchmarkSGI(b *testing.B) { benchmark(b, "SGI") }

// A device stating the level that its line has already.
func BenchmarkSameLine(b *testing.B) { benchmark(b, "SameLine") }

// ICENABLER and ISENABLER of one interrupt.
func BenchmarkMaskAndUnmask(b *testing.B) { benchmark(b, "MaskAndUnmask") }
