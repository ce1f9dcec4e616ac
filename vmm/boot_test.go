package vmm_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/vmm"
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
		Hypervisor: softcpu.New(),
	}
}

func TestBootToShell(t *testing.T) {
	for _, c := range []struct {
		gic, vcpus int
		memory     uint64
	}{
		{3, 1, 512 << 20},
		{2, 4, 256 << 20},
		{3, 2, 3 << 30},
	} {
		t.Run(fmt.Sprintf("gic%d/smp%d/%dM", c.gic, c.vcpus, c.memory>>20), func(t *testing.T) {
			cfg := defaultGuest(t)
			cfg.GIC, cfg.VCPUs, cfg.Memory = c.gic, c.vcpus, c.memory
			g := vmtest.Start(t, cfg)
			g.Expect(guest.Prompt)
			if out := g.MustRun("uname -a"); !strings.Contains(out, "aarch64") {
				t.Errorf("uname -a: %q", out)
			}
			if n := strings.Count(g.MustRun("cat /proc/cpuinfo"), "processor"); n != c.vcpus {
				t.Errorf("/proc/cpuinfo has %d processors, want %d", n, c.vcpus)
			}
			g.Send("poweroff\n")
			if r := g.Wait(); r != vmm.PoweredOff {
				t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
			}
		})
	}
}

// TestReboot checks that a reset brings the same machine up again, with memory
// as new.
func TestReboot(t *testing.T) {
	cfg := defaultGuest(t)
	cfg.VCPUs = 2
	g := vmtest.Start(t, cfg)
	for range 3 {
		g.Expect(guest.Prompt)
		g.MustRun("ls /")
		g.Expect(guest.Prompt) // else the next one found would be this
		g.Send("reboot\n")
	}
	g.Expect(guest.Prompt)
	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
}

func TestPowerButton(t *testing.T) {
	g := vmtest.Start(t, defaultGuest(t))
	g.Expect(guest.Prompt)
	g.Machine().PowerButton()
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
	}
}
