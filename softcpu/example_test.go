package softcpu_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// The processor is a backend like any other. vmm.Config.Hypervisor takes it, and it
// follows the rules of the contract.
func Example() {
	backend := softcpu.New(softcpu.Config{})
	broken := 0
	cases := hvtest.Cases()[:3]
	for _, c := range cases {
		if c.Check(backend) != nil {
			broken++
		}
	}
	fmt.Println(broken, "rules broken of", len(cases))
	// Output: 0 rules broken of 3
}
