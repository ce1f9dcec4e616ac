package fake_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
)

// checkTime checks that the guest's time is the host's, less the time that the machine
// is paused: for two seconds of sleep, and for half a minute if MINIBOOT_FULL is set.
func checkTime(t *testing.T, g *vmtest.Guest) {
	t.Helper()
	seconds := 2
	if os.Getenv("MINIBOOT_FULL") != "" {
		seconds = 30
	}
	before := readUptime(t, g)
	// If the machine counted at 24 MHz where the counter has 1 GHz, a timer would be up to 41
	// times as late. The limit is what many other commands take, however slow the host is.
	g.RunWithin(5*time.Duration(seconds)*time.Second+200*before.latest.Sub(before.earliest), fmt.Sprintf("sleep %d", seconds))
	slept := readUptime(t, g)
	if d := slept.latest.Sub(before.earliest); d < time.Duration(seconds)*time.Second {
		t.Errorf("sleep %d took %v by the host's clock", seconds, d)
	}
	checkPassed(t, "a sleep", before, slept, 0, 0)

	start := time.Now()
	g.Machine().Pause()
	paused := time.Now()
	time.Sleep(300 * time.Millisecond)
	least := time.Since(paused)
	g.Machine().Resume()
	checkPassed(t, "a pause", slept, readUptime(t, g), least, time.Since(start))
}

// uptime is a reading of the guest's clock, and the host's time before and after it.
type uptime struct {
	guest            time.Duration
	earliest, latest time.Time
}

// readUptime takes the most exact of some readings.
func readUptime(t *testing.T, g *vmtest.Guest) (best uptime) {
	t.Helper()
	for i := range 5 {
		u := readUptimeOnce(t, g)
		if i == 0 || u.latest.Sub(u.earliest) < best.latest.Sub(best.earliest) {
			best = u
		}
	}
	return best
}

func readUptimeOnce(t *testing.T, g *vmtest.Guest) uptime {
	t.Helper()
	u := uptime{earliest: time.Now()}
	text := g.MustRun("cat /proc/uptime")
	u.latest = time.Now()
	var seconds float64
	if _, err := fmt.Sscan(text, &seconds); err != nil {
		t.Fatalf("/proc/uptime has %q: %v", text, err)
	}
	u.guest = time.Duration(seconds * float64(time.Second))
	return u
}

// uptimeUnit is the unit of /proc/uptime.
const uptimeUnit = 10 * time.Millisecond

// checkPassed checks that as much time has passed in the guest as on the host, within
// 0.1 %. The machine has been paused for a time between least and most. However slowly
// the host runs, the guest has read its clock between the two times that the host took.
func checkPassed(t *testing.T, what string, from, to uptime, least, most time.Duration) {
	t.Helper()
	lo, hi := to.earliest.Sub(from.latest)-most, to.latest.Sub(from.earliest)-least
	got := to.guest - from.guest
	if got < lo-lo/1000-uptimeUnit || got > hi+hi/1000+uptimeUnit {
		t.Errorf("%s: %v have passed in the guest, want %v to %v", what, got, lo, hi)
	}
	t.Logf("%s: %v in the guest, %v to %v on the host", what, got, lo, hi)
}
