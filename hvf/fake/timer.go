package fake

import (
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Bits of CNTV_CTL_EL0 and CNTP_CTL_EL0.
const (
	timerEnable  = 1 << 0
	timerIMask   = 1 << 1
	timerIStatus = 1 << 2
)

const regCNTPCT = aarch64.SysReg(0xdf01)

// driveTimers gives the GIC the level of the timers' outputs.
func (p *privateGIC) driveTimers() {
	if p.fired && p.vtimerCTL() != timerEnable|timerIStatus {
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

// never is how long a timer takes that is off.
const never = time.Hour

func (p *privateGIC) vtimerCTL() uint64 {
	ctl, _ := p.c.hv.SysReg(aarch64.CNTV_CTL_EL0)
	return ctl
}

// vtimerLeft is how long until the software CPU will exit for the virtual timer.
func (p *privateGIC) vtimerLeft() time.Duration {
	masked := p.fired
	if !p.delivers() {
		masked = p.c.st.Masked != 0
	}
	if p.vtimerCTL()&(timerEnable|timerIMask) != timerEnable || masked {
		return never
	}
	cval, _ := p.c.hv.SysReg(aarch64.CNTV_CVAL_EL0)
	return left(cval, p.e.counter()-p.c.st.Offset)
}

// ptimerLeft is how long until the physical timer's output is high.
func (p *privateGIC) ptimerLeft() time.Duration {
	if p.ctl&(timerEnable|timerIMask) != timerEnable {
		return never
	}
	return left(p.cval, p.e.counter())
}

func left(cval, now uint64) time.Duration {
	if cval <= now {
		return 0
	}
	return time.Duration(min((cval-now)*1000/24+1, uint64(never)))
}

// readTimer and writeTimer access the physical timer, which the framework runs
// for a VM that has its GIC.
func (p *privateGIC) readTimer(r aarch64.SysReg) (v uint64, ok bool) {
	if p.e.physicalTimerTraps {
		return 0, false
	}
	now := p.e.counter()
	switch r {
	case regCNTPCT:
		return now, true
	case aarch64.CNTP_CVAL_EL0:
		return p.cval, true
	case aarch64.CNTP_TVAL_EL0:
		return uint64(uint32(p.cval - now)), true
	case aarch64.CNTP_CTL_EL0:
		if p.ctl&timerEnable != 0 && p.cval <= now {
			return p.ctl | timerIStatus, true
		}
		return p.ctl, true
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
		p.cval = p.e.counter() + uint64(int64(int32(v)))
	case aarch64.CNTP_CTL_EL0:
		p.ctl = v & (timerEnable | timerIMask)
	default:
		return false
	}
	return true
}
