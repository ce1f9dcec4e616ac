package fake_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/bare"
)

// powerOff is an Image that powers the machine off.
func powerOff() boot.File { return boot.File{Name: "Image", Data: bare.Image(bare.PowerOff...)} }

// TestMPIDR: each vCPU's MPIDR_EL1 is written once, before the framework's GIC can look
// at it, and says of CPU 16 and those behind it what the devicetree says.
func TestMPIDR(t *testing.T) {
	const cpus = 18
	var mu sync.Mutex
	written := make([][]uint64, cpus)
	f := fake.New(t, fake.Options{Call: func(function string, f *fake.Frame, call func()) {
		if function == "hv_vcpu_set_sys_reg" && aarch64.SysReg(f.Args[1]) == aarch64.MPIDR_EL1 {
			mu.Lock()
			written[f.Args[0]] = append(written[f.Args[0]], uint64(f.Args[2]))
			mu.Unlock()
		}
		call()
	}})
	m, err := vmm.New(vmm.Config{Kernel: powerOff(), Memory: vmm.MinMemory, VCPUs: cpus, Hypervisor: f.Hypervisor(), BackendGIC: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if reason, err := m.Run(context.Background()); reason != vmm.PoweredOff || err != nil {
		t.Errorf("ended with %v, %v", reason, err)
	}
	for cpu, values := range written {
		want := uint64(1<<31 | cpu)
		if cpu >= 16 {
			want = uint64(1<<31 | 1<<8 | (cpu - 16))
		}
		if !slices.Equal(values, []uint64{want}) {
			t.Errorf("CPU %d: MPIDR_EL1 was set to %x, want %x, once", cpu, values, want)
		}
	}
}
