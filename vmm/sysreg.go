package vmm

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// osLockImplemented is OSLSR_EL1 with an OS lock that is unlocked (OSLM 0b10).
const osLockImplemented = 1 << 3

// sysRegTrap performs a trapped MRS or MSR.
func (v *vcpu) sysRegTrap(t aarch64.SysRegTrap) error {
	if done, err := v.dit(t); done || err != nil {
		return err
	}
	if t.Read {
		val, ok := v.readSysReg(t.Reg)
		if !ok {
			return v.unknownSysReg(t)
		}
		if err := v.setX(t.Rt, val); err != nil {
			return err
		}
		return v.advance()
	}
	val, err := v.x(t.Rt)
	if err != nil {
		return err
	}
	if !v.writeSysReg(t.Reg, val) {
		return v.unknownSysReg(t)
	}
	return v.advance()
}

func (v *vcpu) unknownSysReg(t aarch64.SysRegTrap) error {
	if v.complains() {
		v.log.Info("guest: an access to a system register that this machine does not have", "access", accessKind(!t.Read).String(), "register", t.Reg.String())
	}
	return v.injectUndefined()
}

func (v *vcpu) readSysReg(r aarch64.SysReg) (uint64, bool) {
	switch r {
	case aarch64.CNTPCT_EL0:
		return v.now(), true
	case aarch64.CNTP_TVAL_EL0:
		return v.ptimer.readTVAL(), true
	case aarch64.CNTP_CTL_EL0:
		return v.ptimer.readCTL(), true
	case aarch64.CNTP_CVAL_EL0:
		return v.ptimer.cval, true
	case aarch64.OSLSR_EL1:
		return osLockImplemented, true
	}
	if val, ok := v.m.gic.readSysReg(v.index, r); ok {
		return val, true
	}
	return 0, ignoredSysReg(r) || idRegister(r)
}

// idRegister reports whether a register is in the space of the ID registers. There
// unallocated registers read as zero (DDI 0487 D23.3). No backend is known to trap
// them.
func idRegister(r aarch64.SysReg) bool {
	op0, op1, crn, crm, _ := r.Fields()
	return op0 == 3 && op1 == 0 && crn == 0 && crm >= 1 && crm <= 7
}

func (v *vcpu) writeSysReg(r aarch64.SysReg, val uint64) bool {
	switch r {
	case aarch64.CNTP_TVAL_EL0:
		v.ptimer.writeTVAL(val)
		return true
	case aarch64.CNTP_CTL_EL0:
		v.ptimer.writeCTL(val)
		return true
	case aarch64.CNTP_CVAL_EL0:
		v.ptimer.writeCVAL(val)
		return true
	}
	return v.m.gic.writeSysReg(v.index, r, val) || ignoredSysReg(r)
}

// ignoredSysReg reports whether a trapped register reads as zero and ignores
// writes. These are the debug registers outside the breakpoints, performance
// monitors and LORegions, ACTLR_EL1, and the IMPLEMENTATION DEFINED space. Guests
// access them even where the ID registers say that they are absent.
func ignoredSysReg(r aarch64.SysReg) bool {
	op0, op1, crn, crm, op2 := r.Fields()
	switch {
	case op0 == 2: // debug and trace
		return op1 == 0 || (op1 == 3 && crn == 0)
	case op0 == 3 && (crn == 11 || crn == 15): // IMPLEMENTATION DEFINED
		return true
	case op0 == 3 && op1 == 3 && crn == 9 && crm >= 12: // PMCR to PMOVSSET
		return true
	case op0 == 3 && op1 == 3 && crn == 14 && crm >= 8: // PMEVCNTR, PMEVTYPER, PMCCFILTR
		return true
	case op0 == 3 && op1 == 0 && crn == 9 && crm == 14: // PMINTEN
		return true
	case op0 == 3 && op1 == 0 && crn == 10 && crm == 4: // LOR*
		return true
	case op0 == 3 && op1 == 0 && crn == 1 && crm == 0 && op2 == 1: // ACTLR_EL1
		return true
	}
	return false
}
