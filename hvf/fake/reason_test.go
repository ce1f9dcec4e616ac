package fake

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// TestUnknownReasons: what a later framework may say is not taken for a reason
// of the contract's own, which have the numbers behind the framework's.
func TestUnknownReasons(t *testing.T) {
	scripted(t, Options{}, func(f *Fake, _ hv.VM, v hv.VCPU) {
		for _, r := range []hv.ExitReason{hv.ExitAccess, hv.ExitPowerOff, hv.ExitReset, 7, ^hv.ExitReason(0)} {
			f.Script(hvf.VCPUExit{Reason: r})
			if e, err := v.Run(); err == nil {
				t.Errorf("reason 0x%x: exit %v, want an error", uint32(r), e.Reason)
			}
		}
	})
}
