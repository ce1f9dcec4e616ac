package fake

import (
	"errors"
	"runtime"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
)

// TestBrokenRules breaks rules on purpose, and checks that the fake notices. With the
// framework these mistakes corrupt a guest or panic the host.
func TestBrokenRules(t *testing.T) {
	tests := []struct {
		name string
		rule int
		do   func(t *testing.T, fw *hvf.Framework)
	}{
		{"register read on another thread", 2, func(t *testing.T, fw *hvf.Framework) {
			withVCPU(t, fw, func(v *hvf.RawVCPU) { onThread(func() { v.GetReg(hv.RegPC) }) })
		}},
		{"run on another thread", 2, func(t *testing.T, fw *hvf.Framework) {
			withVCPU(t, fw, func(v *hvf.RawVCPU) { onThread(func() { v.Run() }) })
		}},
		{"destroyed on another thread", 2, func(t *testing.T, fw *hvf.Framework) {
			withVCPU(t, fw, func(v *hvf.RawVCPU) { onThread(func() { v.Destroy() }) })
		}},
		{"kicked after it was destroyed", 3, func(t *testing.T, fw *hvf.Framework) {
			var id uint64
			must(t, fw.VMCreate(0))
			onThread(func() {
				v, err := fw.VCPUCreate(0)
				must(t, err)
				id = v.ID()
				must(t, v.Destroy())
			})
			fw.VCPUsExit([]uint64{id})
			must(t, fw.VMDestroy())
		}},
		{"destroyed twice", 3, func(t *testing.T, fw *hvf.Framework) {
			must(t, fw.VMCreate(0))
			onThread(func() {
				v, err := fw.VCPUCreate(0)
				must(t, err)
				must(t, v.Destroy())
				v.Destroy()
			})
			must(t, fw.VMDestroy())
		}},
		{"guest memory in the Go heap", 4, func(t *testing.T, fw *hvf.Framework) {
			must(t, fw.VMCreate(0))
			b := make([]byte, 2*hv.PageSize)
			skip := -int(address(b)) & (hv.PageSize - 1)
			fw.VMMap(b[skip:skip+hv.PageSize], 0, hv.ProtRead)
			must(t, fw.VMDestroy())
			runtime.KeepAlive(b)
		}},
		{"memory freed while it was mapped", 4, func(t *testing.T, fw *hvf.Framework) {
			must(t, fw.VMCreate(0))
			mem, err := fw.VMAllocate(hv.PageSize, hvf.AllocateDefault)
			must(t, err)
			must(t, fw.VMMap(mem, 0, hv.ProtRead))
			fw.VMDeallocate(mem)
			must(t, fw.VMUnmap(0, hv.PageSize))
			must(t, fw.VMDeallocate(mem))
			must(t, fw.VMDestroy())
		}},
		{"PC not moved past an SMC", 9, func(t *testing.T, fw *hvf.Framework) {
			withGuest(t, fw, insnSMC, func(v *hvf.RawVCPU) { must(t, v.Run()); must(t, v.Run()) })
		}},
		{"PC not moved past an MRS", 9, func(t *testing.T, fw *hvf.Framework) {
			withGuest(t, fw, insnMRS, func(v *hvf.RawVCPU) { must(t, v.Run()); must(t, v.Run()) })
		}},
		{"PC moved past an HVC", 9, func(t *testing.T, fw *hvf.Framework) {
			withGuest(t, fw, insnHVC, func(v *hvf.RawVCPU) {
				must(t, v.Run())
				pc, err := v.GetReg(hv.RegPC)
				must(t, err)
				must(t, v.SetReg(hv.RegPC, pc+4))
				must(t, v.Run())
			})
		}},
		{"GIC after a vCPU", 10, func(t *testing.T, fw *hvf.Framework) {
			withVCPU(t, fw, func(*hvf.RawVCPU) { createGIC(t, fw) })
		}},
		{"GIC twice", 10, func(t *testing.T, fw *hvf.Framework) {
			must(t, fw.VMCreate(0))
			must(t, createGIC(t, fw))
			createGIC(t, fw)
			must(t, fw.VMDestroy())
		}},
		{"redistributor before MPIDR_EL1", 10, func(t *testing.T, fw *hvf.Framework) {
			must(t, fw.VMCreate(0))
			must(t, createGIC(t, fw))
			onThread(func() {
				v, err := fw.VCPUCreate(0)
				must(t, err)
				v.GICGetRedistributorBase()
				must(t, v.Destroy())
			})
			must(t, fw.VMDestroy())
		}},
		{"run before MPIDR_EL1, with a GIC", 10, func(t *testing.T, fw *hvf.Framework) {
			must(t, fw.VMCreate(0))
			must(t, createGIC(t, fw))
			onThread(func() {
				v, err := fw.VCPUCreate(0)
				must(t, err)
				v.Run()
				must(t, v.Destroy())
			})
			must(t, fw.VMDestroy())
		}},
		{"a vCPU more after one has run, with a GIC", 10, func(t *testing.T, fw *hvf.Framework) {
			must(t, fw.VMCreate(0))
			must(t, createGIC(t, fw))
			onThread(func() {
				v, err := fw.VCPUCreate(0)
				must(t, err)
				must(t, v.SetSysReg(aarch64.MPIDR_EL1, 1<<31))
				must(t, fw.VCPUsExit([]uint64{v.ID()}))
				must(t, v.Run())
				onThread(func() { fw.VCPUCreate(0) })
				must(t, v.Destroy())
			})
			must(t, fw.VMDestroy())
		}},
		{"configuration released twice", 12, func(t *testing.T, fw *hvf.Framework) {
			cfg, err := fw.VMConfigCreate()
			must(t, err)
			fw.OSRelease(cfg)
			fw.OSRelease(cfg)
		}},
		{"configuration used after it was released", 12, func(t *testing.T, fw *hvf.Framework) {
			cfg, err := fw.VMConfigCreate()
			must(t, err)
			fw.OSRelease(cfg)
			fw.VMConfigSetIPASize(cfg, 36)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := New(t, Options{})
			tt.do(t, f.Framework())
			got := f.Violations()
			if len(got) != 1 || got[0].Rule != tt.rule {
				t.Errorf("violations %+v, want one of rule %d", got, tt.rule)
			}
		})
	}
}

// TestCodes: mistakes that the framework answers with a code.
func TestCodes(t *testing.T) {
	f := New(t, Options{EL2: true})
	fw := f.Framework()
	mem := pages(t, 2)
	check := func(what string, got error, want hvf.ReturnCode) {
		t.Helper()
		if want == hvf.ReturnSuccess && got == nil {
			return
		}
		var e *hvf.Error
		if !errors.As(got, &e) || e.Code != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("destroy without a VM", fw.VMDestroy(), hvf.ReturnNoDevice)
	check("map without a VM", fw.VMMap(mem, 0, hv.ProtRead), hvf.ReturnNoDevice)
	check("exit without a VM", fw.VCPUsExit(nil), hvf.ReturnNoDevice)
	check("create", fw.VMCreate(0), hvf.ReturnSuccess)
	check("create again", fw.VMCreate(0), hvf.ReturnBusy)
	check("exit nobody", fw.VCPUsExit(nil), hvf.ReturnSuccess)
	check("exit vCPU 64", fw.VCPUsExit([]uint64{64}), hvf.ReturnBadArgument)

	check("map unaligned memory", fw.VMMap(mem[8:hv.PageSize+8], 0, hv.ProtRead), hvf.ReturnBadArgument)
	check("map unaligned ipa", fw.VMMap(mem[:hv.PageSize], 0x1000, hv.ProtRead), hvf.ReturnBadArgument)
	check("map unaligned size", fw.VMMap(mem[:hv.PageSize-1], 0, hv.ProtRead), hvf.ReturnBadArgument)
	check("map nothing", fw.VMMap(nil, 0, hv.ProtRead), hvf.ReturnBadArgument)
	check("map with unknown flags", fw.VMMap(mem, 0, 8), hvf.ReturnBadArgument)
	check("map at the end", fw.VMMap(mem, 1<<36-hv.PageSize, hv.ProtRead), hvf.ReturnBadArgument)
	check("map", fw.VMMap(mem, 0, hv.ProtRead), hvf.ReturnSuccess)
	check("map over it", fw.VMMap(mem[:hv.PageSize], hv.PageSize, hv.ProtRead), hvf.ReturnError)
	check("protect a part", fw.VMProtect(hv.PageSize, hv.PageSize, 0), hvf.ReturnSuccess)
	check("protect what is not mapped", fw.VMProtect(2*hv.PageSize, hv.PageSize, 0), hvf.ReturnError)
	check("unmap a part", fw.VMUnmap(0, hv.PageSize), hvf.ReturnSuccess)
	check("unmap it again", fw.VMUnmap(0, hv.PageSize), hvf.ReturnError)

	onThread(func() {
		v, err := fw.VCPUCreate(0)
		must(t, err)
		_, err = fw.VCPUCreate(0)
		check("second vCPU on a thread", err, hvf.ReturnBusy)
		check("destroy with a vCPU", fw.VMDestroy(), hvf.ReturnBusy)
		_, err = v.GetReg(35)
		check("register 35", err, hvf.ReturnBadArgument)
		_, err = v.GetSIMDFPReg(32)
		check("Q32", err, hvf.ReturnBadArgument)
		_, err = v.GetSysReg(0xdf00)
		check("CNTFRQ_EL0", err, hvf.ReturnBadArgument)
		_, err = v.GetSysReg(aarch64.HCR_EL2)
		check("HCR_EL2 without EL2", err, hvf.ReturnBadArgument)
		_, err = v.GetSysReg(aarch64.SP_EL1)
		check("SP_EL1", err, hvf.ReturnSuccess)
		check("interrupt 2", v.SetPendingInterrupt(2, true), hvf.ReturnBadArgument)
		_, err = v.GetSMEState()
		check("SME without SME", err, hvf.ReturnUnsupported)
		_, err = v.GetWaitForInterruptTime()
		check("WFI time without a GIC", err, hvf.ReturnUnsupported)
		must(t, v.Destroy())
	})
	check("destroy", fw.VMDestroy(), hvf.ReturnSuccess)

	cfg, err := fw.VMConfigCreate()
	must(t, err)
	defer fw.OSRelease(cfg)
	check("41 bits", fw.VMConfigSetIPASize(cfg, 41), hvf.ReturnUnsupported)
	check("EL2", fw.VMConfigSetEL2Enabled(cfg, true), hvf.ReturnSuccess)
	check("create with EL2", fw.VMCreate(cfg), hvf.ReturnSuccess)
	onThread(func() {
		v, err := fw.VCPUCreate(0)
		must(t, err)
		_, err = v.GetSysReg(aarch64.HCR_EL2)
		check("HCR_EL2 with EL2", err, hvf.ReturnSuccess)
		must(t, v.Destroy())
	})
	check("destroy", fw.VMDestroy(), hvf.ReturnSuccess)
}

// TestVCPUIDs: a new vCPU has the lowest free id of 64.
func TestVCPUIDs(t *testing.T) {
	fw := New(t, Options{}).Framework()
	must(t, fw.VMCreate(0))
	release, ready, done := make(chan struct{}), make(chan uint64), make(chan struct{})
	for want := range uint64(64) {
		go func() {
			onThread(func() {
				v, err := fw.VCPUCreate(0)
				must(t, err)
				ready <- v.ID()
				<-release
				must(t, v.Destroy())
			})
			done <- struct{}{}
		}()
		if got := <-ready; got != want {
			t.Errorf("vCPU %d, want %d", got, want)
		}
	}
	onThread(func() {
		if _, err := fw.VCPUCreate(0); !errors.Is(err, hvf.ReturnNoResources) {
			t.Errorf("65th vCPU: %v, want %v", err, hvf.ReturnNoResources)
		}
	})
	close(release)
	for range 64 {
		<-done
	}
	must(t, fw.VMDestroy())
}

// withVCPU makes a VM and a vCPU, and ends both after f.
func withVCPU(t *testing.T, fw *hvf.Framework, f func(*hvf.RawVCPU)) {
	t.Helper()
	must(t, fw.VMCreate(0))
	onThread(func() {
		v, err := fw.VCPUCreate(0)
		if err != nil {
			t.Error(err)
			return
		}
		f(v)
		must(t, v.Destroy())
	})
	must(t, fw.VMDestroy())
}

// withGuest is withVCPU with a page full of one instruction.
func withGuest(t *testing.T, fw *hvf.Framework, word uint32, f func(*hvf.RawVCPU)) {
	t.Helper()
	mem := pages(t, 1)
	for i := range mem {
		mem[i] = byte(word >> (8 * (i % 4)))
	}
	withVCPU(t, fw, func(v *hvf.RawVCPU) {
		must(t, fw.VMMap(mem, guestBase, hv.ProtRead|hv.ProtExec))
		must(t, v.SetReg(hv.RegPC, guestBase))
		must(t, v.SetReg(hv.RegCPSR, 0x3c5))
		f(v)
	})
}

func createGIC(t *testing.T, fw *hvf.Framework) error {
	t.Helper()
	cfg, err := fw.GICConfigCreate()
	must(t, err)
	defer fw.OSRelease(cfg)
	must(t, fw.GICConfigSetDistributorBase(cfg, 0x4000_0000))
	must(t, fw.GICConfigSetRedistributorBase(cfg, 0x5000_0000))
	return fw.GICCreate(cfg)
}
