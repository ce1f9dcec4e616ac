package hvf

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
)

// Hypervisor returns the backend that runs guests on fw. Like the framework, it
// has one virtual machine at a time.
func (fw *Framework) Hypervisor() hv.Hypervisor { return &hypervisor{fw: fw} }

type hypervisor struct {
	fw    *Framework
	live  atomic.Bool // a VM exists
	clock clock       // of the host; belongs to whoever has set live. Zero before the first VM
}

// defaultIPABits is the framework's width of a guest physical address before
// macOS 13.
const defaultIPABits = 36

// busyRetries and busyPause bound the wait for an old VM to disappear. The
// framework may report HV_BUSY for a while after the last vCPU is gone.
const (
	busyRetries = 200
	busyPause   = 5 * time.Millisecond
)

// NewVM makes the process's virtual machine.
func (h *hypervisor) NewVM(cfg hv.Config) (hv.VM, error) {
	if most, err := h.fw.VMGetMaxVCPUCount(); err == nil && cfg.VCPUs > int(most) {
		return nil, fmt.Errorf("hvf: new vm with %d vcpus: this host allows at most %d, ask for fewer", cfg.VCPUs, most)
	}
	if !h.live.CompareAndSwap(false, true) {
		return nil, fmt.Errorf("hvf: new vm: %w: this process has a virtual machine, close it first", ReturnBusy)
	}
	m, err := h.newVM(cfg)
	if err != nil {
		h.live.Store(false)
		return nil, err
	}
	return m, nil
}

func (h *hypervisor) newVM(cfg hv.Config) (*vm, error) {
	if h.clock == (clock{}) {
		c, err := h.fw.findClock()
		if err != nil {
			return nil, err
		}
		h.clock = c
	}
	bits, err := h.create(cfg)
	if err != nil {
		return nil, err
	}
	m := &vm{h: h, fw: h.fw, clock: h.clock, ipaBits: bits, cpus: map[int]*vcpu{}}
	m.mapped.Store(new(ranges))
	return m, nil
}

// create calls hv_vm_create and returns the width of the guest's addresses.
func (h *hypervisor) create(cfg hv.Config) (ipaBits int, err error) {
	vmcfg, bits, err := h.configure(cfg)
	if err != nil {
		return 0, err
	}
	defer h.fw.OSRelease(vmcfg)
	err = h.fw.VMCreate(vmcfg)
	for range busyRetries {
		if !errors.Is(err, ReturnBusy) {
			break
		}
		time.Sleep(busyPause)
		err = h.fw.VMCreate(vmcfg)
	}
	return bits, explainCreate(err)
}

// configure makes a configuration if the defaults are not enough.
func (h *hypervisor) configure(cfg hv.Config) (_ VMConfig, ipaBits int, err error) {
	bits := uint32(defaultIPABits)
	if b, err := h.fw.VMConfigGetDefaultIPASize(); err == nil {
		bits = b
	}
	if cfg.IPABits <= int(bits) {
		return 0, int(bits), nil
	}
	want := roundPARange(cfg.IPABits)
	most, err := h.fw.VMConfigGetMaxIPASize()
	if err != nil {
		return 0, 0, fmt.Errorf("hvf: new vm with %d bits of guest physical address, the default is %d: %w", cfg.IPABits, bits, err)
	}
	if want > int(most) {
		return 0, 0, fmt.Errorf("hvf: new vm with %d bits of guest physical address: this host allows at most %d, give the guest less memory", want, most)
	}
	vmcfg, err := h.fw.VMConfigCreate()
	if err != nil {
		return 0, 0, err
	}
	if err := h.fw.VMConfigSetIPASize(vmcfg, uint32(want)); err != nil {
		h.fw.OSRelease(vmcfg)
		return 0, 0, fmt.Errorf("hvf: new vm with %d bits of guest physical address: %w", want, err)
	}
	return vmcfg, want, nil
}
