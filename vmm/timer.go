package vmm

import (
	"math"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// PPI numbers, from 0, of the timers.
const (
	virtualTimerPPI  = aarch64.VirtualTimerINTID - 16
	physicalTimerPPI = aarch64.PhysicalTimerINTID - 16
)

// duration is how long ticks of the guest's counters take.
func (v *vcpu) duration(ticks uint64) time.Duration {
	return aarch64.CounterDuration(ticks, v.m.vm.CounterFrequency())
}

// now reads the guest's counters, CNTVCT and CNTPCT, which are equal.
func (v *vcpu) now() uint64 { return v.m.vm.Counter() - v.m.offset.Load() }

// updateTimers brings the timers' interrupt lines up to date before the guest
// goes on. The backend masks the virtual timer when it fires. updateTimers unmasks
// it once the guest has silenced it.
func (v *vcpu) updateTimers() error {
	if offset := v.m.offset.Load(); offset != v.offset {
		if err := v.hv.SetVTimerOffset(offset); err != nil {
			return v.failed("set the virtual counter's offset", err)
		}
		v.offset = offset
		v.ptimer.rearm()
	}
	if v.vtimerMasked {
		ctl, err := v.hv.SysReg(aarch64.CNTV_CTL_EL0)
		if err != nil {
			return v.failed("read the virtual timer", err)
		}
		if !aarch64.TimerHigh(ctl) {
			v.vtimerMasked = false
			v.vtimer.Set(false)
			if err := v.hv.SetVTimerMask(false); err != nil {
				return v.failed("unmask the virtual timer", err)
			}
		}
	}
	v.ptimer.update()
	return nil
}

// vtimerFired handles the backend's exit for the virtual timer.
func (v *vcpu) vtimerFired() {
	v.vtimerMasked = true
	v.vtimer.Set(true)
}

// nextTimer is how long until one of the timers fires. 0 or less means now.
func (v *vcpu) nextTimer() (time.Duration, error) {
	left := v.ptimer.left()
	ctl, err := v.hv.SysReg(aarch64.CNTV_CTL_EL0)
	if err != nil {
		return 0, v.failed("read the virtual timer", err)
	}
	if !aarch64.TimerArmed(ctl) || v.vtimerMasked {
		return left, nil
	}
	cval, err := v.hv.SysReg(aarch64.CNTV_CVAL_EL0)
	if err != nil {
		return 0, v.failed("read the virtual timer", err)
	}
	now := v.now()
	if cval <= now {
		return 0, nil
	}
	return min(left, v.duration(cval-now)), nil
}

// physicalTimer is CNTP_*_EL0, which traps on every backend. Its owner is the
// vCPU's routine; only the host timer's callback runs elsewhere.
type physicalTimer struct {
	v     *vcpu
	line  mmio.Line
	ctl   uint64 // ENABLE and IMASK
	cval  uint64
	level bool
	alarm *time.Timer // makes the vCPU look when the guest computes past cval
}

func (t *physicalTimer) init(v *vcpu) {
	t.v = v
	t.alarm = time.AfterFunc(time.Hour, v.interrupt)
	t.alarm.Stop()
}

func (t *physicalTimer) stop() { t.alarm.Stop() }

func (t *physicalTimer) reset() {
	t.ctl, t.cval = 0, 0
	t.rearm()
}

// left is how long until the timer raises its interrupt.
func (t *physicalTimer) left() time.Duration {
	if !aarch64.TimerArmed(t.ctl) || t.level {
		return math.MaxInt64
	}
	now := t.v.now()
	if t.cval <= now {
		return 0
	}
	return t.v.duration(t.cval - now)
}

// update drives the interrupt line from the registers and the counter.
func (t *physicalTimer) update() {
	// Reading the counter costs as much as the rest of an exit.
	high := aarch64.TimerArmed(t.ctl) && aarch64.TimerHigh(t.readCTL())
	if high != t.level {
		t.level = high
		t.line.Set(high)
	}
}

// rearm follows a write to the registers.
func (t *physicalTimer) rearm() {
	t.update()
	if left := t.left(); left < math.MaxInt64 {
		t.alarm.Reset(left)
	} else {
		t.alarm.Stop()
	}
}

func (t *physicalTimer) readCTL() uint64 { return aarch64.TimerCTL(t.ctl, t.cval, t.v.now()) }

func (t *physicalTimer) writeCTL(v uint64) {
	t.ctl = v & aarch64.CNT_CTL_Writable
	t.rearm()
}

func (t *physicalTimer) writeCVAL(v uint64) {
	t.cval = v
	t.rearm()
}

func (t *physicalTimer) readTVAL() uint64 { return aarch64.TimerTVAL(t.cval, t.v.now()) }

func (t *physicalTimer) writeTVAL(v uint64) {
	t.writeCVAL(aarch64.TimerCVAL(v, t.v.now()))
}
