package softcpu

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
)

// TestSuite checks the software CPU against the contract.
func TestSuite(t *testing.T) {
	hvtest.Run(t, func(*testing.T) hv.Hypervisor { return New(Config{Engine: engine}) })
}
