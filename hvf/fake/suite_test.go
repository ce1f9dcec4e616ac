package fake

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// TestSuite checks the bindings, over the fake, against the contract.
func TestSuite(t *testing.T) {
	for name, opt := range map[string]Options{
		"macOS 11":                          {MacOS: hvf.MacOS{Major: 11}},
		"macOS 27":                          {MacOS: hvf.MacOS{Major: 27}},
		"rarities":                          {UnknownPerMille: 300, UnknownMasks: true, DropRacedCancels: true, BusyAfterDestroy: 2},
		"a timer that exits beside the GIC": {VTimer: VTimerAlsoExits},
		"a timer that exits for the GIC":    {VTimer: VTimerOnlyExits, PhysicalTimerTraps: true},
		"both, with rarities":               {VTimer: VTimerOnlyExits, UnknownPerMille: 300, UnknownMasks: true, UnknownKeepsInputs: true},
	} {
		t.Run(name, func(t *testing.T) {
			hvtest.Run(t, func(t *testing.T) hv.Hypervisor { return New(t, opt).Hypervisor() })
		})
	}
}
