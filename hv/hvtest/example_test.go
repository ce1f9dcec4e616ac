package hvtest_test

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// A program that is not a test checks a backend against one rule after the other.
func Example() {
	backend := softcpu.New(softcpu.Config{})
	for _, c := range hvtest.Cases()[:3] {
		fmt.Println(c.Name, c.Check(backend))
	}
	// Output:
	// vm/runs <nil>
	// vm/counter <nil>
	// vm/close <nil>
}
