package hvf

import (
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// With the framework's GIC, the virtual timer's interrupt is said to reach the
// guest without an exit. Some report an exit all the same. After such an exit the
// vCPU makes the interrupt pending itself, which changes nothing if it is pending
// already. The exit has masked the timer, and the mask may be lifted only after the
// guest has silenced the timer. That does not exit, so the vCPU leaves the guest from
// time to time to look.

// vtimerLook is the time between two looks.
const vtimerLook = time.Millisecond

// holdVTimer answers the virtual timer's exit of a vCPU that has a GIC.
func (v *vcpu) holdVTimer() error {
	v.held = true
	return v.pendPPI(uint32(IntIDEL1VirtualTimer), true)
}

// releaseVTimer lifts the mask if the timer's output is low. If it is high, the
// guest has not taken the interrupt yet, or the timer has fired again since. Then
// releaseVTimer makes the interrupt pending again and schedules another look.
func (v *vcpu) releaseVTimer() error {
	ctl, err := v.raw.GetSysReg(aarch64.CNTV_CTL_EL0)
	if err != nil {
		return readError(aarch64.CNTV_CTL_EL0, err)
	}
	if aarch64.TimerHigh(ctl) {
		if v.look == nil {
			v.look = time.AfterFunc(vtimerLook, v.kick.request)
		} else {
			v.look.Reset(vtimerLook)
		}
		return v.pendPPI(uint32(IntIDEL1VirtualTimer), true)
	}
	v.held = false
	if err := v.pendPPI(uint32(IntIDEL1VirtualTimer), false); err != nil { // in case the guest has not taken it
		return err
	}
	return v.raw.SetVTimerMask(false)
}

// pendPPI writes a bit of GICR_ISPENDR0 or GICR_ICPENDR0.
func (v *vcpu) pendPPI(intid uint32, pending bool) error {
	reg := RedistributorRegICPENDR0
	if pending {
		reg = RedistributorRegISPENDR0
	}
	return v.raw.GICSetRedistributorReg(reg, 1<<intid)
}
