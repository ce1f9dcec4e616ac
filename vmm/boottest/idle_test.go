//go:build unix

package boottest

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/internal/ownprocess"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// What an idle guest may cost: a fiftieth of a host core, and of 3 GiB of memory what Linux has touched.
const (
	idleTime     = 4 * time.Second
	idleMost     = idleTime / 50
	residentMost = 768 << 20 // bytes; the kernel's page structures and image, the initramfs twice, predecoded code
)

// TestIdle measures its process, and so has one of its own.
func TestIdle(t *testing.T) {
	kernel := defaultKernel(t)
	t.Parallel()
	if !ownprocess.In(t) {
		return
	}
	cases := []struct {
		machine
		sample bool
	}{
		{machine{3, 4, 3072}, true},
		{machine{3, 1, 3072}, false},
		{machine{2, 1, 3072}, false},
		{machine{2, 4, 3072}, false},
	}
	for _, c := range cases {
		if !c.sample && !full() {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			g := vmtest.Start(t, vmm.Config{
				VCPUs: c.cpus, Memory: c.memory << 20, GIC: c.gic, Kernel: kernel, Initrds: []boot.File{userland(t)},
				CommandLine: guest.CommandLine + " panic=-1 maxcpus=1", NoReset: true, // the other CPUs stay off at first
			})
			g.Expect(guest.Prompt)
			t.Run("one CPU", func(t *testing.T) { testIdle(t, g) })
			if c.cpus > 1 {
				g.MustRun("for f in /sys/devices/system/cpu/cpu*/online; do echo 1 > $f; done")
				if want, out := fmt.Sprintf("0-%d\n", c.cpus-1), g.MustRun("cat /sys/devices/system/cpu/online"); out != want {
					t.Errorf("the CPUs %q are online, want %q", out, want)
				}
				t.Run("all CPUs", func(t *testing.T) { testIdle(t, g) })
			}
			checkLog(t, g)
		})
	}
}

func testIdle(t *testing.T, g *vmtest.Guest) {
	settle(t)
	checkIdle(t, g)
	checkResident(t)
}

// settle waits until the kernel has finished what it puts off at boot: until this process
// is as idle for half a second as it should be from then on, 10 seconds at most.
func settle(t *testing.T) {
	const window, windows = idleTime / 8, 20
	for range windows {
		before := cpuTime(t)
		time.Sleep(window)
		if cpuTime(t)-before <= idleMost/8 {
			return
		}
	}
}

func checkIdle(t *testing.T, g *vmtest.Guest) {
	before, exits := cpuTime(t), g.Machine().Stats()
	time.Sleep(idleTime)
	used := cpuTime(t) - before
	t.Logf("%v of CPU time in %v; exits:%s", used, idleTime, exitsSince(g.Machine(), exits))
	if used > idleMost {
		t.Errorf("the idle guest used %v of CPU time in %v, want %v at most", used, idleTime, idleMost)
	}
}

// cpuTime is what this process has used.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// exitsSince prints the exits of all CPUs by kind.
func exitsSince(m *vmm.Machine, before vmm.Stats) string {
	var b strings.Builder
	for kind, name := range vmm.ExitNames() {
		var n uint64
		for i, cpu := range m.Stats().VCPUs {
			n += cpu.Exits[kind] - before.VCPUs[i].Exits[kind]
		}
		if n > 0 {
			fmt.Fprintf(&b, " %s %d", name, n)
		}
	}
	return b.String()
}

// checkResident looks at how much of the guest's memory the host had to provide.
func checkResident(t *testing.T) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Logf("resident memory not looked at: %v", err)
		return
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kib uint64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatalf("VmRSS in /proc/self/status: %v", err)
	}
	t.Logf("%d MiB resident", kib>>10)
	if kib<<10 > residentMost {
		t.Errorf("0x%x bytes are resident, want 0x%x at most", kib<<10, residentMost)
	}
}
