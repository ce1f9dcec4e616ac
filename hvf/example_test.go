package hvf_test

import (
	"errors"
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// A program takes the framework if the host has it, and else the software CPU.
// Function New of package vmm/accel makes this choice for vmm.Config.Hypervisor.
func ExampleNew() {
	backend, err := hvf.New()
	if errors.Is(err, hv.ErrNotAvailable) {
		backend, err = softcpu.New(softcpu.Config{}), nil
	}
	fmt.Println(backend != nil, err)
	// Output: true <nil>
}
