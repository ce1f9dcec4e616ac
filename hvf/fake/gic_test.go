package fake

import (
	"errors"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// TestNewGIC: a layout that fits gives a GIC. For another one the error says what
// does not fit.
func TestNewGIC(t *testing.T) {
	good := hv.GICLayout{Distributor: 0x4000_0000, Redistributors: 0x5000_0000, RedistributorSpace: 256 << 20, SPIs: 96}
	with := func(change func(l *hv.GICLayout)) hv.GICLayout {
		l := good
		change(&l)
		return l
	}
	for _, tt := range []struct {
		name   string
		macOS  hvf.MacOS
		layout hv.GICLayout
		want   string // in the error; "" if there is to be none
	}{
		{"macOS 14", hvf.MacOS{Major: 14}, good, "came with macOS 15.0"},
		{"macOS 15", hvf.MacOS{Major: 15}, good, ""},
		{"all SPIs", hvf.MacOS{Major: 15}, with(func(l *hv.GICLayout) { l.SPIs = 988 }), ""},
		{"too many SPIs", hvf.MacOS{Major: 15}, with(func(l *hv.GICLayout) { l.SPIs = 989 }), "988 SPIs from 32 on, want 989"},
		{"just the space", hvf.MacOS{Major: 15}, with(func(l *hv.GICLayout) { l.RedistributorSpace = 32 << 20 }), ""},
		{"less space", hvf.MacOS{Major: 15}, with(func(l *hv.GICLayout) { l.RedistributorSpace = 16 << 20 }), "region size of 0x2000000 does not fit"},
		{"distributor", hvf.MacOS{Major: 15}, with(func(l *hv.GICLayout) { l.Distributor += 0x1000 }), "distributor alignment of 0x10000 does not fit"},
		{"redistributors", hvf.MacOS{Major: 15}, with(func(l *hv.GICLayout) { l.Redistributors += 0x8000 }), "redistributor alignment of 0x10000 does not fit"},
		{"the end", hvf.MacOS{Major: 15}, with(func(l *hv.GICLayout) { l.Redistributors = 1<<64 - 0x1_0000 }), "HV_BAD_ARGUMENT"},
	} {
		vm, err := New(t, Options{MacOS: tt.macOS}).Hypervisor().NewVM(hv.Config{})
		must(t, err)
		g, err := vm.(hv.GICMaker).NewGIC(tt.layout)
		if tt.want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
		if none := tt.macOS.Major < 15; none != errors.Is(err, hvf.ErrNotAvailable) {
			t.Errorf("%s: error %v is %v: %v, want %v", tt.name, err, hvf.ErrNotAvailable, !none, none)
		}
		must(t, vm.Close())
		if err == nil && g.SetSPI(40, true) == nil {
			t.Errorf("%s: a line is driven after the VM is closed", tt.name)
		}
	}
}

// TestNewGICTooLate: NewGIC fails if the VM has a GIC, or has had a vCPU, or is
// closed.
func TestNewGICTooLate(t *testing.T) {
	layout := hv.GICLayout{Distributor: 0x4000_0000, Redistributors: 0x5000_0000}
	vm, err := New(t, Options{}).Hypervisor().NewVM(hv.Config{})
	must(t, err)
	onThread(func() {
		v, err := vm.NewVCPU(0)
		must(t, err)
		must(t, v.Close())
	})
	if _, err := vm.(hv.GICMaker).NewGIC(layout); err == nil || !strings.Contains(err.Error(), "make the gic before them") {
		t.Errorf("after a vCPU: %v", err)
	}
	must(t, vm.Close())
	if _, err := vm.(hv.GICMaker).NewGIC(layout); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("of a closed VM: %v", err)
	}
}

// TestResetCPUWithoutRegister: ResetCPU works on a macOS that does not offer every
// register of the CPU interface.
func TestResetCPUWithoutRegister(t *testing.T) {
	for _, tt := range []struct {
		code hvf.ReturnCode
		fine bool
	}{{hvf.ReturnDenied, true}, {hvf.ReturnBadArgument, true}, {hvf.ReturnUnsupported, true}, {hvf.ReturnError, false}} {
		opt := Options{Call: func(function string, f *ccall.Frame, call func()) {
			if function == "hv_gic_get_icc_reg" && f.Args[1] == uintptr(hvf.ICCRegAP0R0_EL1) {
				f.Ret = uintptr(tt.code)
				return
			}
			call()
		}}
		vm, err := New(t, opt).Hypervisor().NewVM(hv.Config{})
		must(t, err)
		g, err := vm.(hv.GICMaker).NewGIC(hv.GICLayout{Distributor: 0x4000_0000, Redistributors: 0x5000_0000})
		must(t, err)
		onThread(func() {
			v, err := vm.NewVCPU(0)
			must(t, err)
			if err := g.ResetCPU(0); tt.fine != (err == nil) {
				t.Errorf("ICC_AP0R0_EL1 gives %v: ResetCPU: %v", tt.code, err)
			}
			must(t, v.Close())
		})
		must(t, vm.Close())
	}
}
