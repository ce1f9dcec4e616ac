package fake

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// uartRead is the exit for a guest's ldr w0, [x1] of the UART's flag register.
var uartRead = hvf.VCPUExit{Reason: hv.ExitException, Exception: hvf.VCPUExitException{
	Syndrome:        aarch64.MakeESR(aarch64.ECDataAbortLower, 1<<24|2<<22|uint32(aarch64.FSCTranslation)),
	PhysicalAddress: 0x4002_0018,
}}

// BenchmarkExit measures a run and its exit without the guest.
func BenchmarkExit(b *testing.B) {
	for _, bm := range []struct {
		name string
		do   func(vm hv.VM, v hv.VCPU)
	}{
		{"run", func(_ hv.VM, v hv.VCPU) { v.Run() }},
		{"run and load", func(_ hv.VM, v hv.VCPU) { // as vmm does a read of a device's register
			v.SetIRQ(false)
			v.SetFIQ(false)
			e, _ := v.Run()
			d := e.ESR.DataAbort()
			v.SetReg(hv.Reg(d.Reg), d.Extend(0x90))
			pc, _ := v.Reg(hv.RegPC)
			v.SetReg(hv.RegPC, pc+4)
		}},
		{"run with an interrupt", func(_ hv.VM, v hv.VCPU) { v.SetIRQ(true); v.Run() }},
		{"read a register", func(_ hv.VM, v hv.VCPU) { v.Reg(hv.RegX0) }},
		{"read the counter", func(vm hv.VM, _ hv.VCPU) { vm.Counter() }},
	} {
		for _, portable := range []bool{false, true} {
			b.Run(bm.name+map[bool]string{true: ", portable"}[portable], func(b *testing.B) {
				scripted(b, Options{Portable: portable}, func(_ *Fake, vm hv.VM, v hv.VCPU) {
					b.ReportAllocs()
					for b.Loop() {
						bm.do(vm, v)
					}
				})
			})
		}
	}
}

// scripted calls f on the thread of a vCPU whose runs all exit with uartRead.
func scripted(tb testing.TB, opt Options, f func(f *Fake, vm hv.VM, v hv.VCPU)) {
	tb.Helper()
	fake := New(tb, opt)
	vm, err := fake.Hypervisor().NewVM(hv.Config{})
	must(tb, err)
	onThread(func() {
		v, err := vm.NewVCPU(0)
		must(tb, err)
		fake.Script(uartRead)
		f(fake, vm, v)
		must(tb, v.Close())
	})
	must(tb, vm.Close())
}

// TestExitsAllocateNothing: neither the way from one run to the next nor a kick
// allocates.
func TestExitsAllocateNothing(t *testing.T) {
	scripted(t, Options{}, func(f *Fake, vm hv.VM, v hv.VCPU) {
		for name, do := range map[string]func(){
			"run":       func() { v.SetIRQ(true); v.Run() },
			"canceled":  func() { v.Kick(); v.Run() },
			"registers": func() { v.Reg(hv.RegPC); v.SetReg(hv.RegPC, 0) },
			"vtimer":    func() { v.SetVTimerMask(false); v.SetVTimerOffset(1) },
			"counter":   func() { vm.Counter() },
			"request":   func() { f.Framework().VCPUsExit(nil) },
		} {
			if n := testing.AllocsPerRun(200, do); n >= 1 { // the pool of frames may be emptied meanwhile
				t.Errorf("%s: %v allocations", name, n)
			}
		}
	})
}
