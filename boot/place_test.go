package boot

import (
	"math/rand/v2"
	"strings"
	"testing"
)

const mib = 1 << 20

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		name        string
		base, size  uint64
		dtb, initrd uint64 // sizes
		ram         uint64
		dtbAt       uint64
		initrdAt    uint64
	}{
		{"no initrd", 2 * mib, 30 * mib, 4096, 0, 256 * mib, 254 * mib, 0},
		{"initrd at the end, blob below", 2 * mib, 30 * mib, 4096, 10 * mib, 256 * mib, 244 * mib, 246 * mib},
		{"initrd of odd size", 2 * mib, 30 * mib, 4096, 10*mib - 1, 256 * mib, 244 * mib, 246 * mib},
		{"blob in reach of an old kernel", 2*mib + 0x8_0000, 30 * mib, 4096, 10 * mib, 1024 * mib, 512 * mib, 1014 * mib},
		{"blob of 2 MiB", 2 * mib, 30 * mib, 2 * mib, 0, 256 * mib, 254 * mib, 0},
		{"large initrd pushes the blob down", 2 * mib, 30 * mib, 4096, 900 * mib, 1024 * mib, 122 * mib, 124 * mib},
		{"just enough", 2 * mib, 2 * mib, 4096, 2*mib - 65536, 6 * mib, 4 * mib, 4*mib + 65536},
	} {
		got, err := place(&kernel{base: tt.base, size: tt.size}, tt.dtb, tt.initrd, tt.ram)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := places{Range{tt.base, tt.size}, Range{tt.dtbAt, tt.dtb}, Range{tt.initrdAt, tt.initrd}}
		if got != want {
			t.Errorf("%s:\n got %x\nwant %x", tt.name, got, want)
		}
	}
}

func TestNoRoom(t *testing.T) {
	for _, tt := range []struct {
		name         string
		kernel       uint64
		initrd, ram  uint64
		want, advice string
	}{
		{"kernel", 62 * mib, 0, 32 * mib, "kernel (0x3e00000 bytes from 0x200000)", "need 66 MiB to be loaded, there are 32 MiB: give 98 MiB"},
		{"initrd", 30 * mib, 100 * mib, 64 * mib, "initrd (0x6400000 bytes)", "need 134 MiB to be loaded, there are 64 MiB: give 250 MiB"},
		{"blob", 30 * mib, 0, 32 * mib, "devicetree blob", "need 34 MiB to be loaded, there are 32 MiB: give 50 MiB"},
		{"more than the low bank", 30 * mib, 1000 * mib, 1024 * mib, "no room", "never larger than 1024 MiB: give a smaller initrd"},
	} {
		_, err := place(&kernel{base: 2 * mib, size: tt.kernel}, 4096, tt.initrd, tt.ram)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.advice) {
			t.Errorf("%s: error %v, want one with %q and %q", tt.name, err, tt.want, tt.advice)
		}
	}
}

// TestPlaceRules checks any placement against booting.rst, and checks that the memory that
// an error asks for is enough.
func TestPlaceRules(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		k := &kernel{base: kernelBase + r.Uint64N(alignKernel)&^0xfff, size: 1 + r.Uint64N(200*mib)}
		dtb := 1 + r.Uint64N(2*mib)
		initrd := r.Uint64N(2) * r.Uint64N(900*mib)
		ram := 2 * mib * (1 + r.Uint64N(512))

		need := memoryNeeded(k, dtb, initrd)
		p, ok := tryPlace(k, dtb, initrd, ram)
		if ok != (ram >= need) {
			t.Fatalf("kernel %x+%x, blob %x, initrd %x: in 0x%x bytes placed: %t, but needed are 0x%x", k.base, k.size, dtb, initrd, ram, ok, need)
		}
		if !ok {
			continue
		}
		switch {
		case p.dtb.Base%8 != 0 || p.dtb.Base/alignDTB != (p.dtb.End()-1)/alignDTB:
			t.Fatalf("blob %x is not in one 2 MiB block", p.dtb)
		case p.dtb.End() > kernelBase+dtbReach:
			t.Fatalf("blob %x is out of reach of a kernel before 4.2", p.dtb)
		case p.dtb.Base < k.base+k.size:
			t.Fatalf("blob %x is in the kernel %x", p.dtb, p.kernel)
		case initrd > 0 && p.initrd.Base < p.dtb.End():
			t.Fatalf("initrd %x is in the blob %x or below", p.initrd, p.dtb)
		case p.initrd.End() > ram:
			t.Fatalf("initrd %x is outside the low bank of 0x%x bytes", p.initrd, ram)
		}
	}
}
