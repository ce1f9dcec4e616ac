package hvftest

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/softcpu"
)

func TestSoftCPU(t *testing.T) {
	Run(t, func(*testing.T) hvf.Hypervisor { return softcpu.New() })
}
