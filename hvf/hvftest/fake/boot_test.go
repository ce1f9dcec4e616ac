package fake_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/hvftest/fake"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// TestBootLinux boots the default guest with two CPUs through the bindings, C,
// and back into the software CPU, while rare things happen often.
func TestBootLinux(t *testing.T) {
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
	for _, c := range []struct {
		name string
		gic  int
		opt  fake.Options
	}{
		{"macOS 11, gic 2", 2, fake.Options{MacOS: hvf.MacOS{Major: 11}, UnknownPerMille: 20, UnknownMasks: true, DropRacedCancels: true}},
		{"macOS 26, gic 3", 3, fake.Options{MacOS: hvf.MacOS{Major: 26}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := vmtest.Start(t, vmm.Config{
				Kernel: kernel, Initrds: []boot.File{initramfs}, CommandLine: guest.CommandLine + " panic=-1",
				Hypervisor: fake.New(t, c.opt).Hypervisor(), VCPUs: 2, GIC: c.gic,
			})
			g.Expect(guest.Prompt)
			if n := strings.Count(g.MustRun("cat /proc/cpuinfo"), "processor"); n != 2 {
				t.Errorf("/proc/cpuinfo has %d processors, want 2", n)
			}
			g.Send("poweroff\n")
			if r := g.Wait(); r != vmm.PoweredOff {
				t.Errorf("ended with %v, want %v", r, vmm.PoweredOff)
			}
		})
	}
}
