package vmm

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// Accelerator returns a backend by name: "hvf" is Hypervisor.framework, "soft"
// the software CPU, and "auto" the first where it works and else the second.
func Accelerator(name string) (hv.Hypervisor, error) {
	switch name {
	case "soft":
		return softcpu.New(), nil
	case "hvf":
		return hvf.New()
	case "auto":
		if h, err := hvf.New(); err == nil {
			return h, nil
		}
		return softcpu.New(), nil
	}
	return nil, fmt.Errorf("vmm: accelerator %q: give auto, hvf or soft", name)
}
