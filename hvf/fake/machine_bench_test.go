package fake_test

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// registerExits are a guest's 32-bit accesses to registers, with W1.
var registerExits = []struct {
	name string
	exit hvf.VCPUExit
}{
	{"PL011/read-FR", access(boot.UARTBase+0x18, false)},
	{"PL011/write-IBRD", access(boot.UARTBase+0x24, true)},
	{"PL011/write-DR", access(boot.UARTBase, true)},
	{"virtio/read-InterruptStatus", access(boot.VirtioBase+0x60, false)},
	{"virtio/write-InterruptACK", access(boot.VirtioBase+0x64, true)},
	{"virtio/write-QueueNotify", access(boot.VirtioBase+0x50, true)},
}

// access returns the exit for ldr w1 or str w1.
func access(ipa uint64, write bool) hvf.VCPUExit {
	iss := 1<<24 | 2<<22 | 1<<16 | uint32(aarch64.FSCTranslation) // ISV, SAS, SRT
	if write {
		iss |= 1 << 6 // WnR
	}
	return hvf.VCPUExit{Reason: hv.ExitException, Exception: hvf.VCPUExitException{
		Syndrome: aarch64.MakeESR(aarch64.ECDataAbortLower, iss), VirtualAddress: ipa, PhysicalAddress: ipa,
	}}
}

// exits runs a machine whose guest exits n times with this exit. It returns the total
// time from each return of hv_vcpu_run to its next call, and the number of
// allocations.
func exits(tb testing.TB, backendGIC bool, n int, exit hvf.VCPUExit) (outside time.Duration, allocations uint64) {
	tb.Helper()
	f := fake.New(tb, fake.Options{})
	f.ScriptTimed(n, exit)
	m, err := vmm.New(vmm.Config{
		Hypervisor: f.Hypervisor(), Kernel: emptyKernel(), Memory: vmm.MinMemory, BackendGIC: backendGIC,
		Virtio: []virtio.Device{rng.New(rng.Config{Source: rand.Reader})},
	})
	if err != nil {
		tb.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = m.Run(context.Background())
	runtime.ReadMemStats(&after)
	if !errors.Is(err, hvf.ReturnError) { // with which the script ends
		tb.Errorf("the machine ended with %v", err)
	}
	if err := m.Close(); err != nil {
		tb.Error(err)
	}
	return f.Outside(), after.Mallocs - before.Mallocs
}

// emptyKernel is an Image without instructions.
func emptyKernel() boot.File { return boot.File{Name: "empty", Data: bare.Image()} }

// TestMachineExitAllocatesNothing: a machine over the bindings allocates as much for
// one exit as for many.
func TestMachineExitAllocatesNothing(t *testing.T) {
	for _, own := range []bool{false, true} {
		for _, e := range registerExits {
			const n = 20_000
			exits(t, own, 1, e.exit)
			_, few := exits(t, own, 1, e.exit)
			_, many := exits(t, own, n, e.exit)
			if many > few+n/20 { // the pool of calls' frames may be emptied meanwhile
				t.Errorf("%s, the backend's GIC: %v: %d allocations in one exit, %d in %d", e.name, own, few, many, n)
			}
		}
	}
}

// BenchmarkMachineExit measures how long the machine and the bindings take for an
// exit: from the return of hv_vcpu_run to its next call, by the library's clock.
func BenchmarkMachineExit(b *testing.B) {
	for _, e := range registerExits {
		b.Run(e.name, func(b *testing.B) {
			outside, allocations := exits(b, false, b.N, e.exit)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(outside.Nanoseconds())/float64(b.N), "ns/exit")
			b.ReportMetric(float64(allocations/uint64(b.N)), "allocs/exit")
		})
	}
}
