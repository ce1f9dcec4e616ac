//go:build linux

package boottest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestDeviceBalloon looks at this process's memory. It falls when the guest frees memory, by free page reporting, and
// when the balloon takes what the guest uses for its page cache, which is not free. What the balloon gives back can be
// used again.
func TestDeviceBalloon(t *testing.T) {
	const filled, slack = 256 * mib, 48 * mib
	for _, kernel := range deviceGuests() {
		t.Run(kernel, func(t *testing.T) {
			dev := balloon.New()
			disk := openDisk(t, emptyDisk(t, filled))
			cfg := deviceGuest(t, kernel, []string{"virtio_balloon", "virtio_blk"}, dev, disk)
			cfg.Memory = 768 * mib
			g := vmtest.Start(t, cfg)
			g.Expect(guest.Prompt)
			g.MustRun("sleep 5") // the kernel reports what it has freed at boot

			grows(t, "256 MiB in the guest's tmpfs", filled-slack, func() {
				g.MustRun(fmt.Sprintf("dd if=/dev/zero of=/tmp/fill bs=1M count=%d", filled/mib))
			})
			shrinks(t, "removed there, by free page reporting", filled-slack, func() { g.MustRun("rm /tmp/fill") })

			g.MustRun("sleep 1000 < /dev/vda & true") // Linux drops a disk's pages when the last program closes it
			grows(t, "256 MiB in the guest's page cache", filled-slack, func() { g.MustRun("cat /dev/vda > /dev/null") })
			if cache := meminfo(t, g, "Buffers"); cache < filled-slack {
				t.Errorf("the page cache has %d MiB of the disk, want %d at least", cache/mib, (filled-slack)/mib)
			}
			shrinks(t, "600 MiB in the balloon", filled-2*slack, func() { setBalloon(t, dev, 600*mib) })

			setBalloon(t, dev, 0)
			g.MustRun(fmt.Sprintf("dd if=/dev/zero of=/tmp/fill bs=1M count=%d", filled/mib))
			powerOff(t, g)
		})
	}
}

// setBalloon gives the balloon a size and waits until the guest has followed.
func setBalloon(t *testing.T, dev *balloon.Device, target uint64) {
	t.Helper()
	dev.SetTarget(target)
	for end := time.Now().Add(2 * time.Minute); dev.Actual() != target; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the balloon has %d MiB after 2 minutes, want %d", dev.Actual()/mib, target/mib)
		}
	}
}

// grows checks that f makes this process's memory grow.
func grows(t *testing.T, what string, by int64, f func()) {
	t.Helper()
	before := resident(t)
	f()
	after := resident(t)
	t.Logf("%s: resident %d MiB, then %d", what, before/mib, after/mib)
	if after < before+by {
		t.Errorf("%s: the process has grown by %d MiB, want %d at least", what, (after-before)/mib, by/mib)
	}
}

// shrinks checks that what f does makes this process's memory shrink before long.
func shrinks(t *testing.T, what string, by int64, f func()) {
	t.Helper()
	before := resident(t)
	start := time.Now()
	f()
	after := resident(t)
	for ; after > before-by && time.Since(start) < time.Minute; after = resident(t) {
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("%s: resident %d MiB, after %v %d", what, before/mib, time.Since(start).Round(100*time.Millisecond), after/mib)
	if after > before-by {
		t.Errorf("%s: the process has shrunk by %d MiB, want %d at least", what, (before-after)/mib, by/mib)
	}
}

// resident is the memory of this process that the host provides, in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	var total, pages int64
	statm, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(statm), &total, &pages)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
