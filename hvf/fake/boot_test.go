package fake_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// linux returns what the default guest boots from. In short mode the test is skipped.
func linux(t *testing.T) (kernel, initramfs boot.File) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: boots Linux, not in short mode")
	}
	kernel, err := guest.Kernel(context.Background(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if initramfs, err = guest.Initramfs(context.Background(), os.Stderr); err != nil {
		t.Fatal(err)
	}
	return kernel, initramfs
}

// TestBootLinux boots the default guest with two CPUs through the bindings, C, and
// back into the software CPU, with frequent rare events, and with counters of 1 GHz. Some of
// the machines differ little from the others, and boot only if MINIBOOT_FULL is set.
func TestBootLinux(t *testing.T) {
	kernel, initramfs := linux(t)
	for _, c := range []struct {
		name string
		gic  int
		own  bool // the framework's
		full bool
		opt  fake.Options
	}{
		{"macOS 11, gic 2", 2, false, false, fake.Options{MacOS: hvf.MacOS{Major: 11}, UnknownPerMille: 20, UnknownMasks: true, DropRacedCancels: true}},
		{"macOS 26, gic 3", 3, false, true, fake.Options{MacOS: hvf.MacOS{Major: 26}}},
		{"macOS 15, framework's gic, 1 GHz, offset in mach ticks", 3, true, false, fake.Options{
			MacOS: hvf.MacOS{Major: 15}, UnknownPerMille: 20, UnknownMasks: true, DropRacedCancels: true, CounterFrequency: 1e9, OffsetInMach: true,
		}},
		{"framework's gic, its timer only exits, 1 GHz, offset in counter ticks", 3, true, false, fake.Options{
			VTimer: fake.VTimerOnlyExits, PhysicalTimerTraps: true, CounterFrequency: 1e9,
		}},
		{"framework's gic, its timer also exits", 3, true, true, fake.Options{VTimer: fake.VTimerAlsoExits}},
		{"framework's gic, its timer only exits", 3, true, true, fake.Options{VTimer: fake.VTimerOnlyExits, PhysicalTimerTraps: true}},
		{"framework's gic, WFI exits", 3, true, true, fake.Options{WFIExits: true, IDsDiffer: true}},
		{"gic 2, 1 GHz, offset in counter ticks", 2, false, true, fake.Options{CounterFrequency: 1e9}},
		{"gic 3, 1 GHz, offset in mach ticks", 3, false, true, fake.Options{CounterFrequency: 1e9, OffsetInMach: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.full && os.Getenv("MINIBOOT_FULL") == "" {
				t.Skip("skipped: only with MINIBOOT_FULL=1")
			}
			g := vmtest.Start(t, vmm.Config{
				Kernel: kernel, Initrds: []boot.File{initramfs}, CommandLine: guest.CommandLine + " panic=-1",
				Hypervisor: fake.New(t, c.opt).Hypervisor(), VCPUs: 2, GIC: c.gic, BackendGIC: c.own,
			})
			g.Expect(guest.Prompt)
			if n := strings.Count(g.MustRun("cat /proc/cpuinfo"), "processor"); n != 2 {
				t.Errorf("/proc/cpuinfo has %d processors, want 2", n)
			}
			checkTime(t, g)
			if c.own {
				checkOwnGIC(t, g, c.opt.WFIExits)
			}
			g.Send("poweroff\n")
			if r := g.Wait(); r != vmm.PoweredOff {
				t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
			}
		})
	}
}

// checkOwnGIC checks that the framework's GIC delivered the interrupts, and that it
// is reset with the machine.
func checkOwnGIC(t *testing.T, g *vmtest.Guest, wfiExits bool) {
	t.Helper()
	if s := g.MustRun("cat /proc/interrupts"); !strings.Contains(s, "GICv3") || !strings.Contains(s, "arch_timer") {
		t.Errorf("/proc/interrupts has no GICv3 or no timer:\n%s", s)
	}
	for i, cpu := range g.Machine().Stats().VCPUs {
		for kind, name := range vmm.ExitNames() {
			n := cpu.Exits[kind]
			if n > 0 && (name == "wfi" && !wfiExits || name == "vtimer") {
				t.Errorf("CPU %d: %d exits for %s", i, n, name)
			}
			if n == 0 && name == "wfi" && wfiExits {
				t.Errorf("CPU %d: no exit for %s", i, name)
			}
		}
	}
	g.Machine().Pause() // both CPUs wait in WFI
	g.Machine().Resume()
	const online = "/sys/devices/system/cpu/cpu1/online"
	g.MustRun("echo 0 >" + online + "; echo 1 >" + online)
	if s := g.MustRun("cat /sys/devices/system/cpu/online"); !strings.Contains(s, "0-1") {
		t.Errorf("CPUs %s are online after CPU 1 was off and on", s)
	}
	g.Send("reboot\n")
	g.Expect("Restarting system") // behind the prompt before it
	g.Expect(guest.Prompt)
}
