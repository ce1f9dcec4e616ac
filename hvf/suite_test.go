package hvf_test

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/signed"
)

func TestMain(m *testing.M) { signed.Main(m) }

// TestSuite checks Hypervisor.framework itself against the contract.
func TestSuite(t *testing.T) {
	h, err := hvf.New()
	if err != nil {
		t.Skip(err)
	}
	hvtest.Run(t, func(*testing.T) hv.Hypervisor { return h })
}
