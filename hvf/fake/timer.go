package fake

import (
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// driveTimers states the levels of the timers' outputs to the GIC.
func (p *privateGIC) driveTimers() {
	if p.fired && !aarch64.TimerHigh(p.vtimerCTL()) {
		p.fired = false
		p.vtimer.Set(false)
		p.c.hv.SetVTimerMask(false)
	}
	left := p.ptimerLeft()
	p.ptimer.Set(left == 0)
	if left > 0 && left < never {
		p.alarm.Reset(left)
	} else {
		p.alarm.Stop()
	}
}

// never is the time until a disabled timer fires.
const never = time.Hour

func (p *privateGIC) vtimerCTL() uint64 {
	ctl, _ := p.c.hv.SysReg(aarch64.CNTV_CTL_EL0)
	return ctl
}

// vtimerLeft returns the time until the software CPU exits for the virtual timer.
func (p *privateGIC) vtimerLeft() time.Duration {
	masked := p.fired
	if !p.delivers() {
		masked = p.c.st.Masked != 0
	}
	if !aarch64.TimerArmed(p.vtimerCTL()) || masked {
		return never
	}
	cval, _ := p.c.hv.SysReg(aarch64.CNTV_CVAL_EL0)
	return p.e.until(cval, p.e.counter()-p.e.offset(p.c.st.Offset))
}

// ptimerLeft returns the time until the physical timer's output is high.
func (p *privateGIC) ptimerLeft() time.Duration {
	if !aarch64.TimerArmed(p.ctl) {
		return never
	}
	return p.e.until(p.cval, p.e.counter())
}

// readTimer and writeTimer access the physical timer. The framework emulates it for
// a VM that has its GIC.
func (p *privateGIC) readTimer(r aarch64.SysReg) (v uint64, ok bool) {
	if p.e.physicalTimerTraps {
		return 0, false
	}
	now := p.e.counter()
	switch r {
	case aarch64.CNTPCT_EL0:
		return now, true
	case aarch64.CNTP_CVAL_EL0:
		return p.cval, true
	case aarch64.CNTP_TVAL_EL0:
		return aarch64.TimerTVAL(p.cval, now), true
	case aarch64.CNTP_CTL_EL0:
		return aarch64.TimerCTL(p.ctl, p.cval, now), true
	}
	return 0, false
}

func (p *privateGIC) writeTimer(r aarch64.SysReg, v uint64) (ok bool) {
	if p.e.physicalTimerTraps {
		return false
	}
	switch r {
	case aarch64.CNTP_CVAL_EL0:
		p.cval = v
	case aarch64.CNTP_TVAL_EL0:
		p.cval = aarch64.TimerCVAL(v, p.e.counter())
	case aarch64.CNTP_CTL_EL0:
		p.ctl = v & aarch64.CNT_CTL_Writable
	default:
		return false
	}
	return true
}
