package vmm

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"reflect"
	"time"

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

	// BackendGIC uses the backend's own interrupt controller, a GICv3, in place
	// of package gic's. Interrupts then cost no exits. Hypervisor.framework has
	// one, from macOS 15 on; the software CPU has none.
	BackendGIC bool

	Kernel  boot.File
	Initrds []boot.File // joined
	DTB     *boot.File  // in place of the machine's own devicetree
	KASLR   bool        // hand the kernel a kaslr-seed

	// CommandLine is the kernel's. The machine's UART is ttyAMA0. A kernel writes
	// nothing before it has a console driver, not even a panic, unless earlycon is
	// on its command line.
	CommandLine string

	// Hypervisor runs the vCPUs. It has no default, so that a program links only
	// the backends that it names. accel.New("auto") of package vmm/accel returns
	// the best one of this host.
	Hypervisor hv.Hypervisor

	// Console receives what the guest writes to its UART; nil discards it.
	// Write is called from one goroutine and may block. The guest waits
	// meanwhile. So does Run, at most until a second after its context's end.
	Console io.Writer

	// Virtio are the devices behind the virtio-mmio slots, from slot 0. The bus is
	// the machine's own: a device of yours is a virtio.Device. Its registers (virtio.Reg
	// and so on) begin at boot.VirtioSlotBase(i), its configuration space at
	// boot.VirtioSlotBase(i) + virtio.RegConfig. A device uses what the caller has given it (a disk, a network, a share) until the
	// machine is closed. So the caller closes the machine first, and then those, in
	// any order. Two network devices must not have the same MAC address.
	Virtio []virtio.Device

	// NoReset makes a reset end Run, with ResetRequested.
	NoReset bool

	// EndOnPanic ends Run, with GuestPanicked, a second after Linux has written
	// to its serial console that it panics. Without EndOnPanic such a guest waits
	// for ever, unless panic=-1 on its command line makes it ask for a reset, which
	// ends Run in the same way.
	EndOnPanic bool

	// RaiseGOMAXPROCS raises runtime.GOMAXPROCS by VCPUs while Run runs. A
	// computing vCPU of the software CPU keeps one of Go's processors busy all
	// the time. If none is left, other goroutines wait until the scheduler takes
	// one away from a vCPU, which it does every 10 ms. The setting is the
	// process's, and Go then no longer adjusts it by itself. So whoever owns the
	// process asks for it: the command miniboot does, and package vmtest does for
	// its tests. Package expect is for programs and leaves it to them.
	RaiseGOMAXPROCS bool

	// AllowReset is asked before each reset; false ends Run, with ResetRequested.
	// Nil allows it. It cannot be given with NoReset.
	AllowReset func() bool

	// WallClock returns the time of day that the guest's clocks show; nil is
	// time.Now. It is called on any goroutine and must not block.
	WallClock func() time.Time

	// Log gets the guest's mistakes at slog.LevelInfo and a limited rate, and the
	// host's failures as warnings. Nil discards both.
	Log *slog.Logger
}

// withDefaults fills in zero fields and refuses impossible values.
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
	if c.WallClock == nil {
		c.WallClock = time.Now
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
		return c, fmt.Errorf("vmm: the backend's own interrupt controller is a GICv3, not a GICv%d: give GIC 3 or leave BackendGIC out", c.GIC)
	case c.VCPUs < 1 || c.VCPUs > most:
		return c, fmt.Errorf("vmm: %d vcpus: a machine with GICv%d has 1 to %d", c.VCPUs, c.GIC, most)
	case c.Memory < MinMemory:
		return c, fmt.Errorf("vmm: 0x%x bytes of memory: give at least 0x%x", c.Memory, MinMemory)
	case c.NoReset && c.AllowReset != nil:
		return c, errors.New("vmm: Config has NoReset and AllowReset: leave one of them out")
	}
	return c, checkVirtio(c.Virtio)
}

// checkVirtio refuses devices that a machine cannot have.
func checkVirtio(devices []virtio.Device) error {
	if len(devices) > boot.VirtioSlots {
		return fmt.Errorf("vmm: %d virtio devices: there are %d slots", len(devices), boot.VirtioSlots)
	}
	slots := map[virtio.Device]int{}
	for i, dev := range devices {
		v := reflect.ValueOf(dev)
		isPointer := v.Kind() == reflect.Pointer
		if dev == nil || isPointer && v.IsNil() {
			return fmt.Errorf("vmm: virtio device %d is nil: give one or leave it out", i)
		}
		if !isPointer || v.Type().Elem().Size() == 0 { // two of no bytes may have one address
			continue
		}
		if first, twice := slots[dev]; twice {
			return fmt.Errorf("vmm: virtio devices %d and %d are the same: give each slot a device of its own", first, i)
		}
		slots[dev] = i
	}
	return checkMACs(devices)
}

// checkMACs refuses two network devices with one address, which a guest that bridges them or
// finds its networks by their addresses takes for one.
func checkMACs(devices []virtio.Device) error {
	slots := map[[6]byte]int{}
	for i, dev := range devices {
		mac, ok := macOf(dev)
		if !ok {
			continue
		}
		if first, twice := slots[mac]; twice {
			return fmt.Errorf("vmm: virtio devices %d and %d have the MAC address %v: give one of them another", first, i, net.HardwareAddr(mac[:]))
		}
		slots[mac] = i
	}
	return nil
}

// macOf returns the MAC address of a network device, which starts its configuration (Virtio
// 1.3, 5.1.4).
func macOf(dev virtio.Device) (mac [6]byte, ok bool) {
	const featureMAC = 1 << 5
	if dev.Type() != virtio.TypeNet || dev.Features()&featureMAC == 0 || dev.Config() == nil {
		return mac, false
	}
	dev.Config().View(func(b []byte) { copy(mac[:], b) })
	return mac, true
}
