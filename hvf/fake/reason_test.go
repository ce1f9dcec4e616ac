package fake

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// TestUnknownReasons: an exit reason of a later framework is an error. It must not be
// taken for one of package hv's own reasons, whose numbers follow the framework's.
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
