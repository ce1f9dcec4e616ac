package vmm_test

import (
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestRNG has the guest's driver read entropy, before and after a reset.
func TestRNG(t *testing.T) {
	cfg := defaultGuest(t)
	cfg.Virtio = []virtio.Device{rng.New(nil)}
	g := vmtest.Start(t, cfg)
	var sums [2]string
	for i := range sums {
		g.Expect(guest.Prompt)
		if out := g.MustRun("cat /sys/class/misc/hw_random/rng_current"); !strings.HasPrefix(out, "virtio_rng") {
			t.Errorf("the generator in use is %q", out)
		}
		out := g.MustRun("head -c 100000 /dev/hwrng > /r && stat /r && sha256sum /r")
		if !strings.Contains(out, "100000") {
			t.Errorf("read from /dev/hwrng: %q", out)
		}
		sums[i] = out
		if i == 0 {
			g.Send("reboot\n")
			g.Expect("Booting Linux")
		}
	}
	if sums[0] == sums[1] {
		t.Errorf("the same bytes twice: %q", sums[0])
	}
	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
}
