package hvf

import (
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// With the framework's GIC the virtual timer's interrupt is said to reach the
// guest by itself. Some see an exit for it all the same. If there is one, the
// interrupt is made pending here, which changes nothing for a guest that has it
// pending already, and the mask that came with the exit is lifted when the guest
// has silenced the timer. Nothing makes the guest exit then, so it is fetched out
// to look.

// vtimerLook is how often.
const vtimerLook = time.Millisecond

// holdVTimer answers the virtual timer's exit of a vCPU that has a GIC.
func (v *vcpu) holdVTimer() error {
	v.held = true
	return v.pendPPI(uint32(IntIDEL1VirtualTimer), true)
}

// releaseVTimer lifts the mask if the timer's output is low. Else the guest has
// not taken the interrupt, or has taken it and the timer has fired again: it is
// made pending again, and the guest is left for another look soon.
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
	if err := v.pendPPI(uint32(IntIDEL1VirtualTimer), false); err != nil { // the guest may not have taken it
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
