package vmm

import (
	"runtime"
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu"
)

// Run changes GOMAXPROCS only if it is asked to, and only while it runs.
func TestGOMAXPROCS(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	for _, raise := range []bool{false, true} {
		want := before
		if raise {
			want += 2
		}
		r := runAsIs(t, Config{
			VCPUs: 2, Memory: MinMemory, Hypervisor: softcpu.New(softcpu.Config{}), Kernel: bareImage(guestWFI...), RaiseGOMAXPROCS: raise,
		})
		r.until("the first exit", func() bool { return slices.Max(r.Stats().VCPUs[0].Exits) > 0 })
		during := runtime.GOMAXPROCS(0)
		r.stop()
		if after := runtime.GOMAXPROCS(0); during != want || after != before {
			t.Errorf("raise %v: GOMAXPROCS %d before, %d during and %d after Run, want %d during", raise, before, during, after, want)
		}
	}
}
