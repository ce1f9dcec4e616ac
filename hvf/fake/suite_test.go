package fake

import (
	"os"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// TestSuite checks the bindings, over the fake, against the contract.
func TestSuite(t *testing.T) {
	for _, c := range []struct {
		name  string
		short bool // in short mode too: the oldest, and the hardest
		full  bool // only if MINIBOOT_FULL is set: what the others have, undisturbed
		opt   Options
	}{
		{"macOS 11", true, false, Options{MacOS: hvf.MacOS{Major: 11}}},
		{"macOS 27", false, true, Options{MacOS: hvf.MacOS{Major: 27}}},
		{"macOS 27, with rarities", false, false, Options{MacOS: hvf.MacOS{Major: 27}, UnknownPerMille: 300, UnknownMasks: true, DropRacedCancels: true, BusyAfterDestroy: 2}},
		{"both, with rarities", true, false, Options{VTimer: VTimerOnlyExits, UnknownPerMille: 300, UnknownMasks: true, UnknownKeepsInputs: true, IDsDiffer: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && !c.short {
				t.Skip("skipped: not in short mode, which has the oldest macOS and the hardest")
			}
			if c.full && os.Getenv("MINIBOOT_FULL") == "" {
				t.Skip("skipped: only with MINIBOOT_FULL=1")
			}
			hvtest.Run(t, func(t *testing.T) hv.Hypervisor { return New(t, c.opt).Hypervisor() })
		})
	}
}

// TestSuiteOfGIC checks the rules of the framework's GIC, with timers that matter for
// a machine that has it alone.
func TestSuiteOfGIC(t *testing.T) {
	for name, opt := range map[string]Options{
		"a timer that exits beside the GIC": {VTimer: VTimerAlsoExits},
		"a timer that exits for the GIC":    {VTimer: VTimerOnlyExits, PhysicalTimerTraps: true},
	} {
		t.Run(name, func(t *testing.T) {
			checked := 0
			for _, c := range hvtest.Cases() {
				if !strings.HasPrefix(c.Name, "gic/") {
					continue
				}
				checked++
				t.Run(c.Name, func(t *testing.T) {
					if err := c.Check(New(t, opt).Hypervisor()); err != nil {
						t.Error(err)
					}
				})
			}
			if checked < 10 {
				t.Errorf("%d rules of the GIC, want 10 at least", checked)
			}
		})
	}
}
