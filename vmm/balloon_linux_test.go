package vmm_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// resident is how many bytes of memory this process has.
func resident(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	var total, pages int64
	if err == nil {
		_, err = fmt.Sscan(string(b), &total, &pages)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// awaitResident waits until the process's memory is below most.
func awaitResident(t *testing.T, what string, most int64) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		now := resident(t)
		if now <= most {
			t.Logf("%s: %d MiB resident", what, now>>20)
			return
		}
		if time.Now().After(end) {
			t.Errorf("%s: %d MiB resident, want at most %d", what, now>>20, most>>20)
			return
		}
	}
}

// balloonMemory fills the guest's memory, and sees the process's memory fall when
// the guest frees it, by free page reporting, and when it is asked to give it.
func balloonMemory(t *testing.T) deviceCheck {
	dev := balloon.New()
	return deviceCheck{[]virtio.Device{dev}, func(t *testing.T, g *vmtest.Guest) { useBalloon(t, g, dev) }}
}

func useBalloon(t *testing.T, g *vmtest.Guest, dev *balloon.Device) {
	const mib = 1 << 20
	before := resident(t)
	g.MustRun("dd if=/dev/zero of=/tmp/fill bs=1M count=100")
	full := resident(t)
	if full < before+75*mib {
		t.Fatalf("100 MiB in the guest: %d MiB resident, %d before", full>>20, before>>20)
	}
	g.MustRun("rm /tmp/fill")
	awaitResident(t, "after the guest has freed 100 MiB", full-75*mib)

	g.MustRun("dd if=/dev/zero of=/tmp/fill bs=1M count=100 && rm /tmp/fill")
	dev.SetTarget(300 * mib)
	for end := time.Now().Add(time.Minute); dev.Actual() < 300*mib; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the balloon has %d MiB, want 300", dev.Actual()/mib)
		}
	}
	awaitResident(t, "with 300 MiB in the balloon", full-75*mib)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stats, err := dev.Stats(ctx)
	if err == nil {
		stats, err = dev.Stats(ctx)
	}
	if free := stats.Value[balloon.TagFree]; err != nil || free > 200*mib || free == 0 {
		t.Errorf("free memory in the guest: %d MiB, error %v", free/mib, err)
	}
	dev.SetTarget(0)
	for end := time.Now().Add(time.Minute); dev.Actual() > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the balloon keeps %d MiB", dev.Actual()/mib)
		}
	}
	g.MustRun("dd if=/dev/zero of=/tmp/fill bs=1M count=200 && head -c 1000 /tmp/fill | sha256sum")
}
