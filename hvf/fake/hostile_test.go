package fake_test

import (
	"flag"
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
	"github.com/miniboot-vmm/miniboot/vmm/hostile"
)

var longAttacks = flag.Bool("hostile", false, "let the hostile guest make its attacks in their long form")

// TestHostileGuest: the hostile guest breaks no rule of the framework, and no machine on it.
func TestHostileGuest(t *testing.T) {
	for _, a := range hostile.Attacks(*longAttacks) {
		t.Run(a.Name, func(t *testing.T) {
			a.Run(t, fake.New(t, fake.Options{MacOS: hvf.MacOS{Major: 15}}).Hypervisor())
		})
	}
}
