package vmm

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// dit performs a trapped access to PSTATE.DIT: MRS and MSR of the register, or MSR of an
// immediate. A processor that has DIT does it alone, but some macOS is said to make it
// exit. done is false if the trap is of something else, or if the guest has no DIT.
func (v *vcpu) dit(t aarch64.SysRegTrap) (done bool, err error) {
	set, immediate := t.DITImmediate()
	if !immediate && t.Reg != aarch64.DIT {
		return false, nil
	}
	pfr0, err := v.hv.SysReg(aarch64.ID_AA64PFR0_EL1)
	if err != nil {
		return false, v.failed("read an ID register", err)
	}
	if pfr0&aarch64.ID_AA64PFR0_DIT == 0 {
		return false, nil
	}
	cpsr, err := v.hv.Reg(hv.RegCPSR)
	if err != nil {
		return false, v.failed("read CPSR", err)
	}
	if t.Read {
		if err := v.setX(t.Rt, cpsr&aarch64.PSTATE_DIT); err != nil {
			return false, err
		}
		return true, v.advance()
	}
	if !immediate {
		val, err := v.x(t.Rt)
		if err != nil {
			return false, err
		}
		set = val&aarch64.PSTATE_DIT != 0
	}
	cpsr &^= aarch64.PSTATE_DIT
	if set {
		cpsr |= aarch64.PSTATE_DIT
	}
	if err := v.hv.SetReg(hv.RegCPSR, cpsr); err != nil {
		return false, v.failed("write CPSR", err)
	}
	return true, v.advance()
}
