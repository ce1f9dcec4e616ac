package vmm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/internal/hostmem"
	"github.com/miniboot-vmm/miniboot/mmio"
	"github.com/miniboot-vmm/miniboot/pl011"
	"github.com/miniboot-vmm/miniboot/pl031"
	"github.com/miniboot-vmm/miniboot/pl061"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// Machine is a virtual machine. Make one with New, run it with Run, and Close
// it. Pause, Resume, PowerButton, Input, Stats, VCPUs and Do may be called from any
// goroutine while Run runs. On a closed machine Run, Input and Do fail with
// ErrClosed, Pause, Resume and PowerButton do nothing, and Stats and VCPUs tell
// how it ended.
type Machine struct {
	cfg  Config
	plan *boot.Plan

	// Immutable once New has returned.
	vm    hv.VM
	ram   hostmem.RAM
	bus   mmio.Bus
	gic   interruptController
	vcpus []*vcpu
	uart  *pl011.UART
	rtc   *pl031.RTC
	gpio  *pl061.GPIO
	slots []*virtio.Transport

	// offset is how far the guest's counters are behind the host's, in ticks.
	offset atomic.Uint64

	over context.Context // done at the end of Run, or at Close
	end  context.CancelFunc

	requests chan request // of the guest; only the first one counts
	errs     chan error   // of the host; only the first one counts
	guestLog *slog.Logger // the guest's mistakes, at a limited rate
	kept     sync.Once    // for the log, when the host does not take memory back

	// mu guards the fields below and those that vcpu names. Whoever holds it takes
	// no lock of a device or the GIC, and waits for a vCPU only on cond.
	mu        sync.Mutex
	cond      *sync.Cond // signals that a vCPU has parked, or that the reason to park is over
	paused    bool
	stopped   bool   // paused, and every vCPU has parked for it
	stoppedAt uint64 // the host's counter at that time: the guest does not see later ticks
	running   bool
	quit      bool // Run must end, has ended, or must not begin
	closed    bool
	alive     int // routines that have not retired
}

// New makes the machine and reads everything that it will boot. Its error is one
// line about the configuration, a file, or the host.
func New(cfg Config) (*Machine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	ranges, err := boot.RAM(cfg.Memory)
	if err != nil {
		return nil, err
	}
	m := &Machine{
		cfg: cfg, requests: make(chan request, 1), errs: make(chan error, 1), guestLog: newGuestLog(cfg.Log),
	}
	m.cond = sync.NewCond(&m.mu)
	m.over, m.end = context.WithCancel(context.Background())
	m.plan, err = boot.Prepare(boot.Config{
		Machine: boot.Machine{CPUs: cfg.VCPUs, RAM: ranges, GIC: cfg.GIC, Virtio: slotNumbers(len(cfg.Virtio))},
		Kernel:  cfg.Kernel, Initrds: cfg.Initrds, CommandLine: cfg.CommandLine, DTB: cfg.DTB, KASLR: cfg.KASLR,
	})
	if err != nil {
		return nil, err
	}
	for _, w := range m.plan.Warnings {
		cfg.Log.Warn(w)
	}
	if err := m.build(ranges); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func slotNumbers(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// build allocates the memory and wires the devices.
func (m *Machine) build(ranges []boot.Range) (err error) {
	if m.ram, err = newRAM(ranges); err != nil {
		return err
	}
	if m.vm, err = m.cfg.Hypervisor.NewVM(hv.Config{IPABits: ipaBits(ranges), VCPUs: m.cfg.VCPUs}); err != nil {
		return fmt.Errorf("vmm: make the virtual machine: %w", err)
	}
	for i := range m.cfg.VCPUs {
		m.vcpus = append(m.vcpus, newVCPU(m, i))
	}
	if m.gic, err = m.newGIC(); err != nil {
		return err
	}
	for _, v := range m.vcpus {
		v.vtimer = m.gic.PPI(v.index, virtualTimerPPI)
		v.ptimer.line = m.gic.PPI(v.index, physicalTimerPPI)
	}
	if err := m.gic.mapOn(&m.bus); err != nil {
		return err
	}
	if err := m.buildDevices(); err != nil {
		return err
	}
	return m.mapRAM()
}

func (m *Machine) buildDevices() error {
	m.uart = pl011.New(pl011.Config{Line: spi(m.gic, boot.UARTIRQ), Firmware: true})
	m.rtc = pl031.New(pl031.Config{Line: spi(m.gic, boot.RTCIRQ), Clock: pl031.NewClock(m.cfg.WallClock)})
	m.gpio = pl061.New(pl061.Config{Line: spi(m.gic, boot.GPIOIRQ)})
	for _, d := range []struct {
		name       string
		base, size uint64
		dev        mmio.Device
	}{
		{"pl011", boot.UARTBase, boot.UARTSize, m.uart},
		{"pl031", boot.RTCBase, boot.RTCSize, m.rtc},
		{"pl061", boot.GPIOBase, boot.GPIOSize, m.gpio},
	} {
		if err := m.bus.Map(mmio.Region{Name: d.name, Base: d.base, Size: d.size}, d.dev); err != nil {
			return err
		}
	}
	return m.buildVirtio()
}

// Plan says what is booted and where it lies in memory.
func (m *Machine) Plan() *boot.Plan { return m.plan }

// Close frees the machine. Run must have returned. A second Close does nothing.
// What the devices of Config.Virtio work on (disks, networks, shares) is closed
// after the machine, in any order.
func (m *Machine) Close() error {
	m.mu.Lock()
	running, closed := m.running, m.closed
	if !running {
		m.quit, m.closed = true, true
	}
	m.mu.Unlock()
	switch {
	case running:
		return errors.New("vmm: close: the machine is running, cancel Run's context first")
	case closed:
		return nil
	}
	if m.end != nil { // of a Machine that New has not made there is nothing to free
		m.end()
	}
	if m.rtc != nil {
		m.rtc.Close()
	}
	var errs []error
	for _, s := range m.slots {
		errs = append(errs, s.Close())
	}
	if m.vm != nil {
		errs = append(errs, m.vm.Close())
	}
	m.ram.Free()
	m.ram = nil
	return errors.Join(errs...)
}

// powerKeyPress is how long PowerButton holds the key down. Linux's gpio-keys
// reads the pin some milliseconds after the edge, to let a real key settle.
const powerKeyPress = 100 * time.Millisecond

// PowerButton presses the power key for a moment. The guest decides what to do.
// Linux powers off if its init listens to the key.
func (m *Machine) PowerButton() {
	m.gpio.SetPin(boot.PowerKeyPin, true)
	time.AfterFunc(powerKeyPress, func() { m.gpio.SetPin(boot.PowerKeyPin, false) })
}
