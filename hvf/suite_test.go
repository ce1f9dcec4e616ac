package hvftest

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/hvftest/signed"
)

func TestMain(m *testing.M) { signed.Main(m) }

// TestFramework holds Hypervisor.framework itself against the contract.
func TestFramework(t *testing.T) {
	h, err := hvf.New()
	if err != nil {
		t.Skip(err)
	}
	Run(t, func(*testing.T) hvf.Hypervisor { return h })
}
