package fake

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// TestIPABits: the width of a guest physical address, on a macOS that can
// choose and on one that cannot.
func TestIPABits(t *testing.T) {
	old, now := hvf.MacOS{Major: 11}, hvf.MacOS{Major: 15}
	tests := []struct {
		macOS   hvf.MacOS
		bits    int
		top     uint64 // the first address that cannot be mapped; 0 if NewVM is to fail
		paRange uint64
	}{
		{old, 0, 1 << 36, 1}, {old, 36, 1 << 36, 1}, {old, 37, 0, 0},
		{now, 0, 1 << 36, 1}, {now, 32, 1 << 36, 1}, {now, 37, 1 << 40, 2}, {now, 40, 1 << 40, 2}, {now, 41, 0, 0},
	}
	mem := pages(t, 1)
	for _, tt := range tests {
		f := New(t, Options{MacOS: tt.macOS})
		vm, err := f.Hypervisor().NewVM(hv.Config{IPABits: tt.bits})
		if tt.top == 0 {
			if err == nil {
				t.Errorf("macOS %v, %d bits: no error", tt.macOS, tt.bits)
			}
			continue
		}
		if err != nil {
			t.Errorf("macOS %v, %d bits: %v", tt.macOS, tt.bits, err)
			continue
		}
		if err := vm.Map(tt.top-hv.PageSize, mem, hv.ProtRead); err != nil {
			t.Errorf("macOS %v, %d bits: last page: %v", tt.macOS, tt.bits, err)
		}
		if err := vm.Map(tt.top, mem, hv.ProtRead); err == nil {
			t.Errorf("macOS %v, %d bits: mapped at 0x%x", tt.macOS, tt.bits, tt.top)
		}
		onThread(func() {
			v, err := vm.NewVCPU(0)
			must(t, err)
			mmfr0, err := v.SysReg(aarch64.ID_AA64MMFR0_EL1)
			if err != nil || mmfr0&0xf != tt.paRange {
				t.Errorf("macOS %v, %d bits: PARange %d, %v, want %d", tt.macOS, tt.bits, mmfr0&0xf, err, tt.paRange)
			}
			must(t, v.Close())
		})
		must(t, vm.Close()) // with a mapping: Close removes it
	}
}

// TestHiddenFeatures: features that the framework shows by default, but that a guest
// must not see.
func TestHiddenFeatures(t *testing.T) {
	for _, macOS := range []hvf.MacOS{{Major: 11}, {Major: 27}} {
		vm, err := New(t, Options{MacOS: macOS}).Hypervisor().NewVM(hv.Config{})
		must(t, err)
		onThread(func() {
			v, err := vm.NewVCPU(3)
			must(t, err)
			for _, tt := range []struct {
				reg        aarch64.SysReg
				mask, want uint64
				since      uint8
			}{
				{aarch64.ID_AA64PFR0_EL1, 0xf << 8, 0, 11},  // EL2
				{aarch64.ID_AA64PFR0_EL1, 0xf << 12, 0, 11}, // EL3
				{aarch64.ID_AA64PFR0_EL1, 0xf << 32, 0, 11}, // SVE
				{aarch64.ID_AA64PFR0_EL1, 0xff, 0x11, 11},   // EL1 and EL0 stay
				{aarch64.ID_AA64PFR1_EL1, 0xf << 8, 0, 11},  // MTE
				{aarch64.ID_AA64PFR1_EL1, 0xf << 24, 0, 11}, // SME
				{aarch64.ID_AA64DFR0_EL1, 0xf << 8, 0, 11},  // PMUVer
				{aarch64.ID_AA64DFR0_EL1, 0xf, 6, 11},       // DebugVer stays
				{aarch64.ID_AA64MMFR2_EL1, 0xf << 24, 0, 11},
				{aarch64.ID_AA64ZFR0_EL1, ^uint64(0), 0, 15},
				{aarch64.ID_AA64SMFR0_EL1, ^uint64(0), 0, 15},
			} {
				got, err := v.SysReg(tt.reg)
				if tt.since > macOS.Major {
					if err == nil {
						t.Errorf("macOS %v: %v exists", macOS, tt.reg)
					}
				} else if err != nil || got&tt.mask != tt.want {
					t.Errorf("macOS %v: %v & 0x%x = 0x%x, %v, want 0x%x", macOS, tt.reg, tt.mask, got&tt.mask, err, tt.want)
				}
			}
			must(t, v.Close())
		})
		must(t, vm.Close())
	}
}

// TestSameIDRegs: the framework shows each vCPU other features, and the backend gives all
// of them those of the first.
func TestSameIDRegs(t *testing.T) {
	f := New(t, Options{IDsDiffer: true})
	must(t, f.Framework().VMCreate(0))
	var raw, backend [2][]hvf.IDReg
	onThread(func() {
		first, err := f.Framework().VCPUCreate(0)
		must(t, err)
		raw[0] = hvf.ReadIDRegs(first)
		onThread(func() {
			second, err := f.Framework().VCPUCreate(0)
			must(t, err)
			raw[1] = hvf.ReadIDRegs(second)
			must(t, second.Destroy())
		})
		must(t, first.Destroy())
	})
	must(t, f.Framework().VMDestroy())
	if len(raw[0]) < 10 || slices.Equal(raw[0], raw[1]) {
		t.Errorf("the fake shows %x, then %x, want other ones", raw[0], raw[1])
	}
	vm, err := f.Hypervisor().NewVM(hv.Config{})
	must(t, err)
	read := func(index int) (v hv.VCPU) {
		v, err := vm.NewVCPU(index)
		must(t, err)
		for _, id := range raw[0] {
			val, err := v.SysReg(id.Reg)
			must(t, err)
			backend[index] = append(backend[index], hvf.IDReg{Reg: id.Reg, Value: val})
		}
		return v
	}
	onThread(func() {
		first := read(0)
		onThread(func() { must(t, read(1).Close()) })
		must(t, first.Close())
	})
	must(t, vm.Close())
	if !slices.Equal(backend[0], backend[1]) {
		t.Errorf("the backend gives %x, then %x, want the same", backend[0], backend[1])
	}
}

// TestNewVMErrors: the error says what to do, for each code that a missing
// entitlement gives.
func TestNewVMErrors(t *testing.T) {
	for code, want := range map[hvf.ReturnCode]string{
		hvf.ReturnDenied: "miniboot sign", hvf.ReturnUnsupported: "miniboot sign", hvf.ReturnError: "miniboot sign",
		hvf.ReturnNoResources: "in use",
	} {
		_, err := New(t, Options{CreateCode: code}).Hypervisor().NewVM(hv.Config{})
		if !errors.Is(err, code) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q in it", code, err, want)
		}
	}
	h := New(t, Options{BusyAfterDestroy: 3}).Hypervisor()
	for range 2 { // NewVM waits for a VM that is slow to disappear
		vm, err := h.NewVM(hv.Config{})
		must(t, err)
		if _, err := h.NewVM(hv.Config{}); !errors.Is(err, hvf.ReturnBusy) {
			t.Errorf("second VM: %v, want %v", err, hvf.ReturnBusy)
		}
		must(t, vm.Close())
		must(t, vm.Close()) // again: nothing
	}
	if _, err := h.NewVM(hv.Config{VCPUs: 65}); err == nil {
		t.Error("a VM for 65 vCPUs")
	}
}

// nasty makes all rare events frequent.
var nasty = Options{UnknownPerMille: 200, UnknownMasks: true, DropRacedCancels: true, Seed: 1}

// TestKickBeforeRun: a kick before Run gives exactly one exit, before the guest runs.
func TestKickBeforeRun(t *testing.T) {
	g := newGuest(t, New(t, nasty).Hypervisor(), insnHVC, insnHVC1, insnHVC, insnHVC1)
	g.onVCPU(t, 0, func(v hv.VCPU) {
		for i := range uint16(4) {
			v.Kick()
			v.Kick()
			if e := run(t, v); e.Reason != hv.ExitCanceled {
				t.Errorf("after a kick: %+v, want %v", e, hv.ExitCanceled)
			}
			if e := run(t, v); e.Reason != hv.ExitException || e.ESR.Imm16() != i&1 {
				t.Errorf("after that: %+v, want hvc #%d", e, i&1)
			}
		}
	})
}

// TestKickStorm: a guest in a loop exits for each kick, even when kicks meet exits,
// each other, or the end of the vCPU.
func TestKickStorm(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 50
	}
	opts := nasty
	for seed := range uint64(2) {
		opts.Seed = 7 + seed
		g := newGuest(t, New(t, opts).Hypervisor(), insnHVC, 0x17ffffff) // b guestBase
		kickers := make(chan hv.VCPU)
		var wg sync.WaitGroup
		for range 3 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for v := range kickers {
					v.Kick()
				}
			}()
		}
		g.onVCPU(t, 0, func(v hv.VCPU) {
			for range rounds {
				kickers <- v
				for canceled := false; !canceled; { // hangs if a kick is lost
					switch e := run(t, v); {
					case e.Reason == hv.ExitCanceled:
						canceled = true
					case e.Reason != hv.ExitException || e.ESR.EC() != aarch64.ECHVC64:
						t.Errorf("%+v, want an hvc or a kick", e)
						return
					}
				}
			}
			for range 3 {
				kickers <- v // these may meet Close
			}
		})
		close(kickers)
		wg.Wait()
	}
}

// TestKickSpinningGuest: only the kick ends this run.
func TestKickSpinningGuest(t *testing.T) {
	g := newGuest(t, New(t, nasty).Hypervisor(), insnSelf)
	g.onVCPU(t, 0, func(v hv.VCPU) {
		for range 20 {
			timer := time.AfterFunc(time.Millisecond, v.Kick)
			if e := run(t, v); e.Reason != hv.ExitCanceled {
				t.Errorf("%+v, want %v", e, hv.ExitCanceled)
			}
			timer.Stop()
		}
	})
}

// TestVTimer: the timer exits once, is masked until it is unmasked, and exits
// again at once if it is still on.
func TestVTimer(t *testing.T) {
	g := newGuest(t, New(t, nasty).Hypervisor(), insnSelf)
	g.onVCPU(t, 0, func(v hv.VCPU) {
		must(t, v.SetVTimerOffset(g.vm.Counter()))
		must(t, v.SetSysReg(aarch64.CNTV_CVAL_EL0, MachFrequency/1000)) // in 1 ms
		must(t, v.SetSysReg(aarch64.CNTV_CTL_EL0, 1))
		if e := run(t, v); e.Reason != hv.ExitVTimer {
			t.Errorf("%+v, want %v", e, hv.ExitVTimer)
			return
		}
		ctl, err := v.SysReg(aarch64.CNTV_CTL_EL0)
		if err != nil || ctl != 5 {
			t.Errorf("CNTV_CTL_EL0 = 0x%x, %v, want 5", ctl, err)
		}
		timer := time.AfterFunc(5*time.Millisecond, v.Kick)
		defer timer.Stop()
		if e := run(t, v); e.Reason != hv.ExitCanceled {
			t.Errorf("masked: %+v, want no exit but for the kick", e)
		}
		must(t, v.SetVTimerMask(false))
		if e := run(t, v); e.Reason != hv.ExitVTimer {
			t.Errorf("unmasked and on: %+v, want %v", e, hv.ExitVTimer)
		}
		must(t, v.SetSysReg(aarch64.CNTV_CTL_EL0, 0))
		must(t, v.SetVTimerMask(false))
		v.Kick()
		if e := run(t, v); e.Reason != hv.ExitCanceled {
			t.Errorf("unmasked and off: %+v, want no exit but for the kick", e)
		}
	})
}

// TestInterruptHoldsForOneRun: a level holds for exactly one Run, even if that Run
// had spurious exits and whether or not these dropped the level.
func TestInterruptHoldsForOneRun(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		opt := nasty
		opt.UnknownKeepsInputs = keeps
		checkInterruptHoldsForOneRun(t, New(t, opt))
	}
}

func checkInterruptHoldsForOneRun(t *testing.T, f *Fake) {
	t.Helper()
	vectors := []uint32{insnHVC} // VBAR_EL1 is guestBase: IRQ from EL1h is at 0x280
	for len(vectors) < 0x280/4 {
		vectors = append(vectors, insnHVC)
	}
	g := newGuest(t, f.Hypervisor(), append(vectors, insnHVC1)...)
	g.onVCPU(t, 0, func(v hv.VCPU) {
		must(t, v.SetSysReg(aarch64.VBAR_EL1, guestBase))
		for i := range 40 {
			irq := i%4 == 0
			must(t, v.SetReg(hv.RegPC, guestBase+0x100))
			must(t, v.SetReg(hv.RegCPSR, 5)) // EL1h, nothing masked
			if i%2 == 0 {                    // else it is low by itself
				must(t, v.SetIRQ(irq))
			}
			e := run(t, v)
			if took := e.ESR.Imm16() == 1; took != irq {
				t.Errorf("run %d: interrupt taken %v, want %v", i, took, irq)
			}
		}
	})
}

// TestCloseUnmaps: after Close mapped memory may be freed, even if the VM could not
// be destroyed.
func TestCloseUnmaps(t *testing.T) {
	f := New(t, Options{})
	vm, err := f.Hypervisor().NewVM(hv.Config{})
	must(t, err)
	mem := pages(t, 4)
	must(t, vm.Map(0, mem, hv.ProtRead))
	must(t, vm.Unmap(hv.PageSize, hv.PageSize))
	onThread(func() {
		stray, err := f.Framework().VCPUCreate(0) // keeps the VM
		must(t, err)
		if err := vm.Close(); !errors.Is(err, hvf.ReturnBusy) {
			t.Errorf("close: %v, want %v", err, hvf.ReturnBusy)
		}
		for page := range uint64(4) {
			if err := f.Framework().VMUnmap(page*hv.PageSize, hv.PageSize); err == nil {
				t.Errorf("page %d was still mapped", page)
			}
		}
		must(t, stray.Destroy())
	})
	must(t, f.Framework().VMDestroy())
}

// TestCloseVCPU: a second Close does nothing, and a VM cannot be closed before its
// vCPU.
func TestCloseVCPU(t *testing.T) {
	vm, err := New(t, Options{}).Hypervisor().NewVM(hv.Config{})
	must(t, err)
	onThread(func() {
		v, err := vm.NewVCPU(0)
		must(t, err)
		if err := vm.Close(); err == nil {
			t.Error("the VM was closed before its vCPU")
		}
		must(t, v.Close())
		must(t, v.Close())
		v.Kick() // does nothing
	})
	must(t, vm.Close())
}

// TestNarrowResults: after a function has written a one-byte result, nothing of an
// earlier result is left in the other bytes.
func TestNarrowResults(t *testing.T) {
	withVCPU(t, New(t, Options{}).Framework(), func(v *hvf.RawVCPU) {
		must(t, v.SetReg(hv.RegX0, ^uint64(0)))
		if x0, err := v.GetReg(hv.RegX0); x0 != ^uint64(0) || err != nil {
			t.Errorf("X0 = 0x%x, %v", x0, err)
		}
		if masked, err := v.GetVTimerMask(); masked || err != nil {
			t.Errorf("mask %v, %v, want false", masked, err)
		}
	})
}

// TestVTimerAfterUnknown: a spurious return that masks the timer does not lose it.
func TestVTimerAfterUnknown(t *testing.T) {
	opts := nasty
	opts.UnknownPerMille = 900
	g := newGuest(t, New(t, opts).Hypervisor(), insnSelf)
	g.onVCPU(t, 0, func(v hv.VCPU) {
		must(t, v.SetVTimerOffset(g.vm.Counter()))
		must(t, v.SetSysReg(aarch64.CNTV_CVAL_EL0, 0))
		must(t, v.SetSysReg(aarch64.CNTV_CTL_EL0, 1))
		for range 20 {
			watchdog := time.AfterFunc(10*time.Second, v.Kick)
			if e := run(t, v); e.Reason != hv.ExitVTimer {
				t.Errorf("%+v, want %v", e, hv.ExitVTimer)
			}
			watchdog.Stop()
			must(t, v.SetVTimerMask(false))
		}
	})
}

// TestInterruptGoneAfterCancel: a kick ends a Run in which a spurious return left an
// interrupt input high. The input is low in the next Run.
func TestInterruptGoneAfterCancel(t *testing.T) {
	var v hv.VCPU
	armed := false // the next return is followed by a kick
	f := New(t, Options{
		UnknownPerMille: 500, UnknownKeepsInputs: true, Seed: 3,
		Call: func(function string, frame *ccall.Frame, call func()) {
			if function == "hv_vcpus_exit" { // the request is lost, as beside another exit
				frame.Ret = 0
				return
			}
			if call(); function == "hv_vcpu_run" && armed {
				armed = false
				v.Kick()
			}
		},
	})
	vectors := []uint32{insnHVC} // as above
	for len(vectors) < 0x280/4 {
		vectors = append(vectors, insnHVC)
	}
	g := newGuest(t, f.Hypervisor(), append(vectors, insnHVC1)...)
	g.onVCPU(t, 0, func(cpu hv.VCPU) {
		v = cpu
		must(t, v.SetSysReg(aarch64.VBAR_EL1, guestBase))
		canceled := 0
		for range 40 {
			must(t, v.SetReg(hv.RegPC, guestBase+0x100))
			must(t, v.SetReg(hv.RegCPSR, 5))
			must(t, v.SetIRQ(true))
			armed = true
			e := run(t, v)
			for e.Reason == hv.ExitCanceled {
				canceled++
				if e = run(t, v); e.Reason == hv.ExitException && e.ESR.Imm16() == 1 {
					t.Error("an interrupt was taken in a run that it was not stated for")
				}
			}
		}
		if canceled == 0 {
			t.Error("no run was canceled")
		}
	})
}
