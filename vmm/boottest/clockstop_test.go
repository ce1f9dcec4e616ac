//go:build unix

package boottest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
	"github.com/miniboot-vmm/miniboot/vmm/internal/ownprocess"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestClockAfterStop stops its process for a while, as a shell's job control does. The host's
// counter goes on meanwhile, and the guest's clock stays as right as it was. That is no jump of
// the host's clock.
func TestClockAfterStop(t *testing.T) {
	if !full() {
		t.Skip("skipped: waits for half a minute, only with MINIBOOT_FULL=1")
	}
	t.Parallel()
	if !ownprocess.In(t) {
		return
	}
	var jumps atomic.Int32
	var clock hostClock
	cfg := clockConfig(t, "default", &clock)
	cfg.Log = virtiotest.Log(func(line string) {
		if strings.Contains(line, "clock jumped") {
			jumps.Add(1)
		}
	})
	g := vmtest.Start(t, cfg)
	g.Expect(guest.Prompt)
	before := behind(t, g, &clock)
	stop(t, 5*time.Second)
	if after := behind(t, g, &clock); (after - before).Abs() > time.Second/10 {
		t.Errorf("the guest's clock is behind by %v, and was by %v", after, before)
	}
	g.MustRun("sleep 11") // the machine looks at the clocks every ten seconds
	if n := jumps.Load(); n != 0 {
		t.Errorf("%d jumps of the clock are reported", n)
	}
	clock.sleep(time.Minute)
	g.MustRun("sleep 11")
	if n := jumps.Load(); n != 1 {
		t.Errorf("%d jumps of the clock are reported after a sleep, want 1", n)
	}
	powerOff(t, g)
}

// stop stops this process, and lets it go on after a time.
func stop(t *testing.T, d time.Duration) {
	t.Helper()
	pid := os.Getpid()
	start := time.Now()
	script := fmt.Sprintf("kill -STOP %d; sleep %d; kill -CONT %d", pid, int(d.Seconds()), pid)
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	t.Logf("stopped, and back after %v", time.Since(start).Round(100*time.Millisecond))
}
