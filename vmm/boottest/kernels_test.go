package boottest

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

// machine is what a kernel is booted on.
type machine struct {
	gic, cpus int
	memory    uint64 // MiB
}

func (m machine) String() string { return fmt.Sprintf("gic%d/smp%d/%dM", m.gic, m.cpus, m.memory) }

// sample has each kernel on two machines that have nothing in common; together they have every GIC with one and with
// several CPUs.
var sample = map[string][]machine{
	"bookworm-cloud": {{3, 1, 256}, {2, 4, 3072}},
	"trixie":         {{3, 4, 3072}, {2, 1, 256}},
}

func machines(kernel string) (ms []machine) {
	if !full() {
		return sample[kernel]
	}
	for _, gic := range []int{3, 2} {
		for _, cpus := range []int{1, 4} {
			for _, memory := range []uint64{256, 3072} {
				ms = append(ms, machine{gic, cpus, memory})
			}
		}
	}
	return ms
}

func TestKernels(t *testing.T) {
	for _, name := range []string{"bookworm", "bookworm-cloud", "trixie", "trixie-cloud"} {
		kernel := kernelFile(t, name+".vmlinuz")
		for _, m := range machines(name) {
			t.Run(name+"/"+m.String(), func(t *testing.T) { testKernel(t, kernel, m) })
		}
	}
}

func testKernel(t *testing.T, kernel boot.File, m machine) {
	var wantReset atomic.Bool
	g := vmtest.Start(t, vmm.Config{
		VCPUs: m.cpus, Memory: m.memory << 20, GIC: m.gic, Kernel: kernel, Initrds: []boot.File{userland(t)},
		CommandLine: "console=ttyAMA0 panic=-1", AllowReset: func() bool { return wantReset.Swap(false) },
	})
	start := time.Now()
	g.Expect(guest.Prompt)
	t.Logf("at the prompt after %v", time.Since(start).Round(100*time.Millisecond))
	checkMachine(t, g, m)

	wantReset.Store(true)
	g.Send("reboot\n")
	g.Expect("Booting Linux on physical CPU")
	g.Expect(guest.Prompt)
	checkMachine(t, g, m)

	g.Send("poweroff\n")
	if r := g.Wait(); r != vmm.PoweredOff {
		t.Errorf("ended with %q, want %q", r, vmm.PoweredOff)
	}
	checkLog(t, g)
}

// checkMachine compares what the guest sees with the machine that it was given.
func checkMachine(t *testing.T, g *vmtest.Guest, m machine) {
	t.Helper()
	if out := g.MustRun("uname -a"); !strings.HasPrefix(out, "Linux ") || !strings.Contains(out, " aarch64") {
		t.Errorf("uname -a prints %q", out)
	}
	if n := strings.Count(g.MustRun("cat /proc/cpuinfo"), "processor\t:"); n != m.cpus {
		t.Errorf("/proc/cpuinfo has %d processors, want %d", n, m.cpus)
	}
	if out := g.MustRun("cat /proc/interrupts"); !strings.Contains(out, fmt.Sprintf("GICv%d", m.gic)) && !strings.Contains(out, "GIC-") {
		t.Errorf("/proc/interrupts has no GICv%d:\n%s", m.gic, out)
	}
	// The kernel keeps its image and its page structures, 1/64 of the memory; what is left is what it says it has.
	const kernelsOwn = 56 << 20
	total, free := meminfo(t, g, "MemTotal"), meminfo(t, g, "MemFree")
	memory := m.memory << 20
	if total > memory || total < memory-memory/32-kernelsOwn {
		t.Errorf("MemTotal is 0x%x bytes on a machine with 0x%x", total, memory)
	}
	if free > total || free < total/2 {
		t.Errorf("MemFree is 0x%x bytes of 0x%x at the first prompt", free, total)
	}
}

// meminfo returns a line of /proc/meminfo, in bytes.
func meminfo(t *testing.T, g *vmtest.Guest, key string) uint64 {
	t.Helper()
	var kib uint64
	line := g.MustRun("grep ^" + key + ": /proc/meminfo")
	if _, err := fmt.Sscanf(line, key+": %d kB", &kib); err != nil {
		t.Errorf("/proc/meminfo: %s is in %q: %v", key, line, err)
	}
	return kib << 10
}
