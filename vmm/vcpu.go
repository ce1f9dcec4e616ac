package vmm

import (
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// vcpu is one virtual processor. Its routine owns every field except the atomics
// and those that Machine.mu guards.
type vcpu struct {
	m     *Machine
	index int
	log   *slog.Logger // of the guest's mistakes
	hv    hv.VCPU
	emu   mmio.Emulator

	// The interrupt inputs, driven by the GIC from any goroutine, and what the
	// backend knows of them. That is low after each Run.
	irq, fiq atomic.Bool
	stated   struct{ irq, fiq bool }

	// inGuest is set before the routine's last look at its inputs and cleared
	// after Run. Whoever changes an input while it is set kicks the vCPU.
	inGuest atomic.Bool
	// look asks the routine to go through checkpoint.
	look atomic.Bool
	// sleeper is where the routine waits for an interrupt.
	sleeper sleeper

	vtimer       mmio.Line
	vtimerMasked bool
	offset       uint64 // the virtual counter's, as given to hv
	ptimer       physicalTimer
	spin         spin
	poll         poll

	// Guarded by Machine.mu.
	power          powerState
	parked         bool // the routine waits, or has not begun, and holds no guest state in flight
	entry, context uint64
	task           *task      // of Machine.Do; nil: none
	last           *VCPUState // at the routine's end

	counts    exitCounts
	unsettled error // of the present Run: see settle
}

// powerState is the state of a CPU that PSCI's AFFINITY_INFO reports.
type powerState uint8

const (
	powerOff powerState = iota
	powerOnPending
	powerOn
)

func newVCPU(m *Machine, index int) *vcpu {
	v := &vcpu{m: m, index: index, log: m.guestLog.With("vcpu", index), sleeper: newSleeper()}
	v.ptimer.init(v)
	return v
}

// notify makes the routine look at its inputs soon. Any goroutine may call it.
func (v *vcpu) notify() {
	v.sleeper.wake()
	if v.inGuest.Load() {
		v.hv.Kick()
	}
}

// irqLine and fiqLine are what the GIC drives.
func (v *vcpu) irqLine() mmio.Line { return inputLine(v, &v.irq) }
func (v *vcpu) fiqLine() mmio.Line { return inputLine(v, &v.fiq) }

func inputLine(v *vcpu, level *atomic.Bool) mmio.Line {
	return mmio.LineFunc(func(high bool) {
		level.Store(high)
		if high {
			v.notify()
		}
	})
}

// routine is the goroutine of a vCPU: it makes the vCPU, runs the guest on it
// whenever it is powered on, and closes it.
func (v *vcpu) routine(ready chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer preciseSleep()()
	hv, err := v.m.vm.NewVCPU(v.index)
	if err != nil {
		v.m.retire(v, nil)
		ready <- fmt.Errorf("vmm: make vcpu %d: %w", v.index, err)
		return
	}
	v.attach(hv)
	err = v.identify()
	ready <- err
	for err == nil && v.waitPowerOn() {
		if err = v.start(); err == nil {
			err = v.runGuest()
		}
		if err != nil {
			v.m.fail(err)
		}
	}
	v.ptimer.stop()
	last := v.state()
	v.m.retire(v, &last)
	hv.Close()
}

// attach gives v its processor.
func (v *vcpu) attach(cpu hv.VCPU) {
	v.hv = cpu
	v.emu = mmio.Emulator{CPU: v.index, Bus: &v.m.bus, Memory: guestMemory{v}, Registers: registers{v}}
	if a, ok := cpu.(hv.Asker); ok {
		a.SetAnswerer(answerer{v})
	}
}

// identify sets the CPU's identification registers, before its first run.
func (v *vcpu) identify() error {
	if err := v.hv.SetSysReg(aarch64.MPIDR_EL1, (1<<31)|boot.Affinity(v.index)); err != nil {
		return fmt.Errorf("vmm: vcpu %d: %w", v.index, err)
	}
	pfr0, err := v.hv.SysReg(aarch64.ID_AA64PFR0_EL1)
	if err != nil {
		return fmt.Errorf("vmm: vcpu %d: %w", v.index, err)
	}
	pfr0 &^= 0xf << 24 // GIC: the system register interface
	if v.m.cfg.GIC == 3 {
		pfr0 |= 1 << 24
	}
	if err := v.hv.SetSysReg(aarch64.ID_AA64PFR0_EL1, pfr0); err != nil {
		return fmt.Errorf("vmm: vcpu %d: %w", v.index, err)
	}
	return nil
}

// SCTLR_EL1 and CPSR as PSCI's CPU_ON (DEN0022 6.4.3) and Linux's boot protocol
// require them: MMU and caches off, EL1h, all exceptions masked.
const (
	sctlrReset = aarch64.SCTLR_Reset
	cpsrReset  = 15<<aarch64.PSTATE_DAIF | aarch64.PSTATE_EL1h
)

// start puts the vCPU into the state in which CPU_ON enters the guest.
func (v *vcpu) start() error {
	v.m.mu.Lock()
	entry, context := v.entry, v.context
	v.m.mu.Unlock()
	v.vtimerMasked = false
	v.vtimer.Set(false)
	v.ptimer.reset()
	if err := v.m.gic.resetCPU(v.index); err != nil {
		return err
	}
	for _, r := range []struct {
		reg aarch64.SysReg
		v   uint64
	}{
		{aarch64.SCTLR_EL1, sctlrReset}, {aarch64.CPACR_EL1, 0}, {aarch64.MDSCR_EL1, 0},
		{aarch64.TCR_EL1, 0}, {aarch64.TTBR0_EL1, 0}, {aarch64.TTBR1_EL1, 0}, {aarch64.MAIR_EL1, 0},
		{aarch64.VBAR_EL1, 0}, {aarch64.CNTKCTL_EL1, 0}, {aarch64.CNTV_CTL_EL0, 0}, {aarch64.CNTV_CVAL_EL0, 0},
	} {
		if err := v.hv.SetSysReg(r.reg, r.v); err != nil {
			return fmt.Errorf("vmm: start vcpu %d: %w", v.index, err)
		}
	}
	for r := hv.RegX0; r <= hv.RegX30; r++ {
		if err := v.hv.SetReg(r, 0); err != nil {
			return fmt.Errorf("vmm: start vcpu %d: %w", v.index, err)
		}
	}
	if err := v.hv.SetReg(hv.RegCPSR, cpsrReset); err != nil {
		return fmt.Errorf("vmm: start vcpu %d: %w", v.index, err)
	}
	if err := v.hv.SetReg(hv.RegPC, entry); err != nil {
		return fmt.Errorf("vmm: start vcpu %d: %w", v.index, err)
	}
	if err := v.hv.SetReg(hv.RegX0, context); err != nil {
		return fmt.Errorf("vmm: start vcpu %d: %w", v.index, err)
	}
	return v.hv.SetVTimerMask(false)
}

// runGuest executes the guest until the CPU is off or the machine ends.
func (v *vcpu) runGuest() error {
	defer v.counts.show()
	for {
		if v.look.Load() {
			if on, err := v.checkpoint(); err != nil || !on {
				return err
			}
		}
		if err := v.updateTimers(); err != nil {
			return err
		}
		v.inGuest.Store(true)
		if v.look.Load() {
			v.inGuest.Store(false)
			continue
		}
		if err := v.stateInputs(); err != nil {
			return err
		}
		exit, err := v.hv.Run()
		v.inGuest.Store(false)
		v.stated.irq, v.stated.fiq = false, false
		if err != nil {
			return v.failed("run", err)
		}
		if v.unsettled != nil {
			return v.unsettled
		}
		if err := v.handle(exit); err != nil {
			return err
		}
	}
}

// stateInputs states the levels of the interrupt inputs to the backend, where they
// are other levels than it knows.
func (v *vcpu) stateInputs() error {
	if irq := v.irq.Load(); irq != v.stated.irq {
		v.stated.irq = irq
		if err := v.hv.SetIRQ(irq); err != nil {
			return v.failed("state the interrupt level", err)
		}
	}
	if fiq := v.fiq.Load(); fiq != v.stated.fiq {
		v.stated.fiq = fiq
		if err := v.hv.SetFIQ(fiq); err != nil {
			return v.failed("state the interrupt level", err)
		}
	}
	return nil
}

// failed wraps an error of the backend.
func (v *vcpu) failed(what string, err error) error {
	return fmt.Errorf("vmm: vcpu %d: %s: %w", v.index, what, err)
}
