package vmm_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/internal/ownprocess"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// defaultGuest is the default kernel and userland on the software CPU.
func defaultGuest(t testing.TB) vmm.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("boots Linux: not in short mode")
	}
	kernel, err := guest.Kernel(context.Background(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	initramfs, err := guest.Initramfs(context.Background(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return vmm.Config{
		Kernel: kernel, Initrds: []boot.File{initramfs}, CommandLine: guest.CommandLine + " panic=-1",
		Hypervisor: softcpu.New(softcpu.Config{}),
	}
}

// deviceCheck is what a guest's drivers do with some devices. A guest has the
// devices of several checks, in the order of the checks.
type deviceCheck struct {
	devices []virtio.Device
	run     func(t *testing.T, g *vmtest.Guest) // from prompt to prompt
}

// TestDevices boots a machine to the shell, and has its devices checked one after the
// other. A check looks at the memory of its process, which therefore has no other tests.
func TestDevices(t *testing.T) {
	cfg := defaultGuest(t) // or skip
	t.Parallel()
	if !ownprocess.In(t) {
		return
	}
	cfg.VCPUs = 2
	named := slices.Concat(balloonChecks, []namedCheck{{"NetUser", netUser}}, tapChecks,
		[]namedCheck{{"Console", consoles}, {"Blk", disk}, {"DiskFaults", diskFaults}})
	var checks []deviceCheck
	for _, n := range named {
		check := n.prepare(t)
		checks = append(checks, check)
		cfg.Virtio = append(cfg.Virtio, check.devices...)
	}
	g := bootToShell(t, cfg)
	for i, check := range checks {
		t.Run(named[i].name, func(t *testing.T) { check.run(t, g) })
	}
	powerOff(t, g)
}

// namedCheck makes a deviceCheck. What it makes lives until the end of the test.
type namedCheck struct {
	name    string
	prepare func(t *testing.T) deviceCheck
}

// bootToShell boots a guest to its prompt and checks that it has its CPUs.
func bootToShell(t *testing.T, cfg vmm.Config) *vmtest.Guest {
	t.Helper()
	g := vmtest.Start(t, cfg)
	g.Expect(guest.Prompt)
	if out := g.MustRun("uname -a"); !strings.Contains(out, "aarch64") {
		t.Errorf("uname -a: %q", out)
	}
	if out := g.MustRun("echo one # a comment\necho two"); out != "one\ntwo\n" {
		t.Errorf("two lines and a comment: %q", out)
	}
	if n := strings.Count(g.MustRun("cat /proc/cpuinfo"), "processor"); n != cfg.VCPUs {
		t.Errorf("/proc/cpuinfo has %d processors, want %d", n, cfg.VCPUs)
	}
	return g
}

// powerOff ends a guest that is at its prompt.
func powerOff(t *testing.T, g *vmtest.Guest) {
	t.Helper()
	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
}

// TestReboot checks that a reset brings the same machine up again, with memory
// as new, that its generator of entropy gives something else each time, and that
// the power button ends it. The machine is a small one.
func TestReboot(t *testing.T) {
	t.Parallel()
	cfg := defaultGuest(t)
	cfg.VCPUs, cfg.Memory = 2, 256<<20
	cfg.Virtio = []virtio.Device{rng.New(rng.Config{})}
	g := vmtest.Start(t, cfg)
	seen := map[string]bool{}
	for range 2 { // the second reset is one of a machine that was reset
		g.Expect(guest.Prompt)
		g.MustRun("ls /")
		seen[entropy(t, g)] = true
		g.Expect(guest.Prompt) // else the next one found would be this
		g.Send("reboot\n")
		g.Expect("Booting Linux")
	}
	g.Expect(guest.Prompt)
	if seen[entropy(t, g)] = true; len(seen) != 3 {
		t.Errorf("the same bytes twice in 3 boots: %v", seen)
	}
	g.Machine().PowerButton()
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
}

// entropy has the guest's driver read entropy, and returns its hash.
func entropy(t *testing.T, g *vmtest.Guest) string {
	t.Helper()
	if out := g.MustRun("cat /sys/class/misc/hw_random/rng_current"); !strings.HasPrefix(out, "virtio_rng") {
		t.Errorf("the generator in use is %q", out)
	}
	if out := g.MustRun("head -c 100000 /dev/hwrng > /r && stat /r"); !strings.Contains(out, "100000") {
		t.Errorf("read from /dev/hwrng: %q", out)
	}
	return g.MustRun("sha256sum /r")
}
