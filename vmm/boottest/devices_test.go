package boottest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

const mib = 1 << 20

// deviceGuests are the kernels with which each device is used. The tests of package vmm do much the same with the default
// guest each time.
func deviceGuests() []string {
	if full() {
		return []string{"default", "bookworm-cloud", "trixie-cloud"}
	}
	return []string{"bookworm-cloud"}
}

// deviceGuest is a machine with one of these kernels and its drivers for the devices. The kernel prints only
// errors, because other messages would be in the middle of a command's output.
func deviceGuest(t *testing.T, kernel string, modules []string, devices ...virtio.Device) vmm.Config {
	t.Helper()
	cfg := vmm.Config{CommandLine: guest.CommandLine + " panic=-1 loglevel=4", NoReset: true, Virtio: devices}
	if kernel == "default" {
		cfg.Kernel = defaultKernel(t)
		cfg.Initrds = append(cfg.Initrds, userland(t))
	} else {
		cfg.Kernel, cfg.Initrds = debianGuest(t, kernel, modules...)
	}
	return cfg
}

// TestDeviceRNG reads the generator's entropy in the guest, and so does Linux itself.
func TestDeviceRNG(t *testing.T) {
	for _, kernel := range deviceGuests() {
		t.Run(kernel, func(t *testing.T) {
			g := vmtest.Start(t, deviceGuest(t, kernel, []string{"virtio_rng"}, rng.New(rng.Config{})))
			g.Expect(guest.Prompt)
			if out := g.MustRun("cat /sys/class/misc/hw_random/rng_current"); !strings.HasPrefix(out, "virtio_rng") {
				t.Errorf("the generator in use is %q", out)
			}
			const read = "head -c 65536 /dev/hwrng | sha256sum"
			if first, second := g.MustRun(read), g.MustRun(read); first == second {
				t.Errorf("two reads of 64 KiB have the same hash: %s", first)
			}
			var nonzero int
			out := g.MustRun("head -c 65536 /dev/hwrng | tr -d '\\000' | wc -c")
			if _, err := fmt.Sscan(out, &nonzero); err != nil || nonzero < 65180 || nonzero > 65380 {
				t.Errorf("of 65536 bytes %d are not zero, want 65280 give or take 100: %q, %v", nonzero, out, err)
			}
			powerOff(t, g)
		})
	}
}
