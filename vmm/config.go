package vmm

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// Limits of a machine.
const (
	MaxVCPUs      = 64
	MaxVCPUsGICv2 = 8
	MinMemory     = 16 << 20
)

// Config is a machine and what it boots. The zero value of a field means its
// default.
type Config struct {
	VCPUs  int    // 1
	Memory uint64 // bytes, a multiple of 2 MiB; 512 MiB
	GIC    int    // 2 or 3; 3

	// BackendGIC takes the backend's own interrupt controller, which is a GICv3,
	// in place of that of package gic: interrupts then cost no exits. Of the
	// backends Hypervisor.framework has one, from macOS 15 on.
	BackendGIC bool

	Kernel      boot.File
	Initrds     []boot.File // joined
	CommandLine string
	DTB         *boot.File // in place of the machine's own devicetree
	KASLR       bool       // hand the kernel a kaslr-seed

	// Hypervisor runs the vCPUs. It has no default, so that a program links the
	// backends that it names and no other: accel.New("auto") of package vmm/accel
	// takes the best one that the host has.
	Hypervisor hv.Hypervisor

	// Console receives what the guest writes to its UART; nil discards it.
	// Write is called from one goroutine and may block: the guest waits then,
	// and so does the end of Run, for a second after its context's.
	Console io.Writer

	// Virtio are the devices behind the virtio-mmio slots, from slot 0. Their
	// maker closes what they hold, after the machine.
	Virtio []virtio.Device

	// NoReset makes a reset end Run, with ResetRequested.
	NoReset bool

	// EndOnPanic ends Run, with GuestPanicked, a second after Linux has written
	// to its serial console that it panics. Without it a guest that has panicked
	// goes on to wait, or ends Run in the same way when it asks for the reset of
	// panic=-1 on its command line.
	EndOnPanic bool

	// RaiseGOMAXPROCS raises runtime.GOMAXPROCS by VCPUs while Run runs. A vCPU
	// of the software CPU that computes keeps one of Go's processors busy all
	// the time. With none left for other goroutines these wait for the
	// scheduler, which takes one away from a vCPU every 10 ms. The
	// setting is the process's, and Go no longer adjusts it by itself then: so a
	// program asks for it, as this project's command and tests do.
	RaiseGOMAXPROCS bool

	// AllowReset is asked before each reset, unless NoReset is set; false ends
	// Run, with ResetRequested. Nil allows it.
	AllowReset func() bool

	// Log gets what the guest does wrong, at slog.LevelInfo and a limited rate,
	// and what fails on the host, as warnings; nil discards both.
	Log *slog.Logger
}

// withDefaults fills in what is zero and refuses what cannot be.
func (c Config) withDefaults() (Config, error) {
	if c.VCPUs == 0 {
		c.VCPUs = 1
	}
	if c.Memory == 0 {
		c.Memory = 512 << 20
	}
	if c.GIC == 0 {
		c.GIC = 3
	}
	if c.Console == nil {
		c.Console = io.Discard
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	most := MaxVCPUs
	if c.GIC == 2 {
		most = MaxVCPUsGICv2
	}
	switch {
	case c.Hypervisor == nil:
		return c, errors.New(`vmm: Config.Hypervisor is nil: give a backend, such as accel.New("auto") of package vmm/accel`)
	case c.GIC != 2 && c.GIC != 3:
		return c, fmt.Errorf("vmm: GIC version %d: give 2 or 3", c.GIC)
	case c.BackendGIC && c.GIC != 3:
		return c, fmt.Errorf("vmm: the backend's own interrupt controller as GICv%d: it is a GICv3, ask for that or for none of the backend's", c.GIC)
	case c.VCPUs < 1 || c.VCPUs > most:
		return c, fmt.Errorf("vmm: %d vcpus: a machine with GICv%d has 1 to %d", c.VCPUs, c.GIC, most)
	case c.Memory < MinMemory:
		return c, fmt.Errorf("vmm: 0x%x bytes of memory: give at least 0x%x", c.Memory, MinMemory)
	case len(c.Virtio) > boot.VirtioSlots:
		return c, fmt.Errorf("vmm: %d virtio devices: there are %d slots", len(c.Virtio), boot.VirtioSlots)
	}
	return c, nil
}
