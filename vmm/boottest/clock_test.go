package boottest

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/boot/cpio"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// A hostClock is the time of day of a host that sleeps when the test says so: its counter,
// which the guest's clock follows, then stands still.
type hostClock struct{ slept atomic.Int64 } // nanoseconds

func (c *hostClock) now() time.Time        { return time.Now().Add(time.Duration(c.slept.Load())) }
func (c *hostClock) sleep(d time.Duration) { c.slept.Add(int64(d)) }

// clockConfig is a guest whose time comes from a clock, with the tests of package inguest.
func clockConfig(t *testing.T, kernel string, clock *hostClock, added ...boot.File) vmm.Config {
	t.Helper()
	cfg := deviceGuest(t, kernel, nil)
	cfg.WallClock = clock.now
	cfg.VCPUs = 2
	cfg.Initrds = append(append(cfg.Initrds, inGuestTests(t)), added...)
	return cfg
}

func clockGuest(t *testing.T, kernel string, clock *hostClock, added ...boot.File) *vmtest.Guest {
	t.Helper()
	g := vmtest.Start(t, clockConfig(t, kernel, clock, added...))
	g.Expect(guest.Prompt)
	return g
}

// behind returns by how much the guest's clock is behind its PTP clock, and checks that
// this one shows the host's time.
func behind(t *testing.T, g *vmtest.Guest, clock *hostClock) time.Duration {
	t.Helper()
	before := clock.now()
	out := g.MustRun("/inguest.test -test.run ClockPTP -ptp /dev/ptp0")
	after := clock.now()
	var ptp, realtime int64
	if _, err := fmt.Sscanf(out, "PTP %d CLOCK_REALTIME %d\n", &ptp, &realtime); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	if at := time.Unix(0, ptp); at.Before(before) || at.After(after) {
		t.Errorf("PTP shows %v, and the host's clock %v before and %v after", at, before, after)
	}
	return time.Duration(ptp - realtime)
}

// checkSeconds checks what the guest says between two readings of the host's clock, in whole seconds.
func checkSeconds(t *testing.T, g *vmtest.Guest, clock *hostClock, command, format string) {
	t.Helper()
	before := clock.now()
	out := g.MustRun(command)
	after := clock.now()
	var seconds int64
	if _, err := fmt.Sscanf(out, format, &seconds); err != nil {
		t.Fatalf("%s: %v in %q", command, err, out)
	}
	if seconds < before.Unix()-1 || seconds > after.Unix() {
		t.Errorf("%s: %d, and the host's clock shows %d before and %d after", command, seconds, before.Unix(), after.Unix())
	}
}

// TestClockAfterSleep lets the host sleep for an hour. PTP and the real-time clock then have
// the right time at once, and the guest can set its own by the latter.
func TestClockAfterSleep(t *testing.T) {
	for _, kernel := range []string{"default", "bookworm-cloud", "trixie-cloud"} {
		t.Run(kernel, func(t *testing.T) {
			var clock hostClock
			var added []boot.File
			withBusybox := kernel != "default" // whose test needs no fetched files
			if withBusybox {
				added = append(added, busybox(t))
			}
			g := clockGuest(t, kernel, &clock, added...)
			// Linux has set its clock by the real-time clock, which counts seconds.
			if d := behind(t, g, &clock); d.Abs() > 2*time.Second {
				t.Errorf("after boot the guest's clock is behind by %v", d)
			}
			clock.sleep(time.Hour)
			if d := behind(t, g, &clock); (d - time.Hour).Abs() > 2*time.Second {
				t.Errorf("after an hour's sleep the guest's clock is behind by %v", d)
			}
			checkSeconds(t, g, &clock, "/inguest.test -test.run ClockRTC -rtc /dev/rtc0", "RTC %d\n")
			if withBusybox {
				g.MustRun("/busybox hwclock -s")
				checkSeconds(t, g, &clock, "date +%s", "%d\n")
			}
			powerOff(t, g)
		})
	}
}

// busybox is the program for a guest.
func busybox(t *testing.T) boot.File {
	t.Helper()
	data, err := os.ReadFile(kernelFile(t, "busybox").Name)
	if err != nil {
		t.Fatal(err)
	}
	return archiveOf(t, cpio.File{Name: "busybox", Mode: 0o755, Data: data})
}

// A timeService keeps the guest's clock right. README.md has its configuration.
type timeService struct {
	name, command string
	config        string // of chrony
}

var timeServices = []timeService{
	{"chronyd", "chronyd -d -u root", "refclock PHC /dev/ptp0 poll 0 maxsamples 4\nmakestep 1 -1\n"},
	{"phc2sys", "phc2sys -s /dev/ptp0 -c CLOCK_REALTIME -O 0 -S 1", ""},
}

// start starts the service in a guest.
func (s timeService) start(t *testing.T, clock *hostClock) *vmtest.Guest {
	t.Helper()
	files := []cpio.File{
		{Name: "etc/chrony/chrony.conf", Mode: 0o644, Data: []byte(s.config)},
		{Name: "etc/passwd", Mode: 0o644, Data: []byte("root:x:0:0:root:/:/bin/sh\n")},
	}
	g := clockGuest(t, "bookworm-cloud", clock, fetchedTree(t, "timesync"), archiveOf(t, files...))
	g.MustRun("mkdir -p /run/chrony && chmod 750 /run/chrony")
	g.MustRun("/sbin/" + s.command + " >/log 2>&1 &")
	return g
}

// TestTimeServices lets the host sleep for an hour while the guest runs a time service, which
// sets the guest's clock: within ten seconds, if the host is not too busy to tell.
func TestTimeServices(t *testing.T) {
	if !full() {
		t.Skip("skipped: waits for time services, only with MINIBOOT_FULL=1")
	}
	for _, s := range timeServices {
		t.Run(s.name, func(t *testing.T) {
			var clock hostClock
			g := s.start(t, &clock)
			awaitRight(t, g, &clock)
			g.MustRun("sleep 10") // the service has samples of the time before
			clock.sleep(time.Hour)
			if d := behind(t, g, &clock); d < time.Hour-time.Second {
				t.Errorf("after an hour's sleep the guest's clock is behind by %v at once", d)
			}
			t.Logf("right after %v", awaitRight(t, g, &clock))
			checkSeconds(t, g, &clock, "date +%s", "%d\n")
			t.Log(g.MustRun("cat /log"))
			powerOff(t, g)
		})
	}
}

// awaitRight waits until the guest's clock is right, and returns for how long.
func awaitRight(t *testing.T, g *vmtest.Guest, clock *hostClock) time.Duration {
	t.Helper()
	start := time.Now()
	for behind(t, g, clock).Abs() > 100*time.Millisecond {
		if time.Since(start) > vmtest.Deadline {
			t.Fatalf("the guest's clock is behind by %v; the service says:\n%s", behind(t, g, clock), g.MustRun("cat /log"))
		}
		g.MustRun("sleep 0.5")
	}
	return time.Since(start).Round(100 * time.Millisecond)
}

// The README has what the tests run.
func TestTimeServicesInREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range timeServices {
		lines := strings.Split(strings.TrimSpace(s.config), "\n")
		if s.config == "" {
			lines = []string{s.command}
		}
		for _, line := range lines {
			if !strings.Contains(string(readme), line) {
				t.Errorf("README.md lacks %q", line)
			}
		}
	}
}
