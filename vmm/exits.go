package vmm

import (
	"fmt"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// exitKind is why a vCPU left the guest, as counted for Stats.
type exitKind uint8

const (
	exitCanceled exitKind = iota
	exitVTimer
	exitUnknown
	exitMMIO
	exitMMIODecoded // without a syndrome: the instruction was decoded
	exitSysReg
	exitHVC
	exitSMC
	exitWFI
	exitWFE
	exitOther
	exitKinds
)

var exitNames = [exitKinds]string{
	"canceled", "vtimer", "unknown", "mmio", "mmio decoded", "sysreg", "hvc", "smc", "wfi", "wfe", "other",
}

// exitCounts counts exits. The vCPU's routine counts, any goroutine may read what is
// shown. An atomic addition costs as much as an answer, so the counts are shown now and
// then: see show.
type exitCounts struct {
	n     [exitKinds]uint64
	late  int // exits that are not shown
	shown [exitKinds]atomic.Uint64
}

// mostLate bounds exitCounts.late.
const mostLate = 256

func (c *exitCounts) count(k exitKind) {
	c.n[k]++
	if c.late++; c.late >= mostLate {
		c.show()
	}
}

// show is also called before the routine waits or ends.
func (c *exitCounts) show() {
	if c.late == 0 {
		return
	}
	c.late = 0
	for k := range c.n {
		c.shown[k].Store(c.n[k])
	}
}

// handle does what an exit asks for. The error ends the machine.
func (v *vcpu) handle(exit hv.Exit) error {
	switch exit.Reason {
	case hv.ExitCanceled:
		v.counts.count(exitCanceled)
		return nil
	case hv.ExitVTimer:
		v.counts.count(exitVTimer)
		v.vtimerFired()
		return nil
	case hv.ExitUnknown:
		v.counts.count(exitUnknown)
		return nil
	case hv.ExitException:
		return v.handleException(exit)
	case hv.ExitAccess:
		v.counts.count(exitMMIO)
		return v.decodedAccess(exit)
	case hv.ExitPowerOff:
		v.counts.count(exitOther)
		v.end(requestPowerOff)
		return nil
	case hv.ExitReset:
		v.counts.count(exitOther)
		v.end(requestReset)
		return nil
	}
	return fmt.Errorf("vmm: vcpu %d: exit for %v, which no backend should give", v.index, exit.Reason)
}

func (v *vcpu) handleException(exit hv.Exit) error {
	switch exit.ESR.EC() {
	case aarch64.ECDataAbortLower:
		return v.dataAbort(exit)
	case aarch64.ECSysReg:
		v.counts.count(exitSysReg)
		return v.sysRegTrap(exit.ESR.SysRegTrap())
	case aarch64.ECHVC64:
		v.counts.count(exitHVC)
		return v.smccc()
	case aarch64.ECSMC64:
		v.counts.count(exitSMC)
		if err := v.advance(); err != nil {
			return err
		}
		return v.smccc()
	case aarch64.ECWFx:
		if err := v.advance(); err != nil {
			return err
		}
		if exit.ESR.WFx() != aarch64.WFI {
			v.counts.count(exitWFE)
			return v.waitForEvent()
		}
		v.counts.count(exitWFI)
		return v.waitForInterrupt()
	case aarch64.ECInstrAbortLower:
		v.counts.count(exitOther)
		if v.complains() {
			v.log.Info("guest: an instruction fetch outside memory", "pc", hex(exit.FAR), "address", hex(exit.IPA))
		}
		if exit.ESR.DataAbort().S1PTW { // the bit is the same
			return v.injectAbort(exit.FAR, abortFetch, fscExternalOnWalk)
		}
		return v.injectAbort(exit.FAR, abortFetch, fscExternal)
	}
	v.counts.count(exitOther)
	pc, _ := v.hv.Reg(hv.RegPC)
	return fmt.Errorf("vmm: vcpu %d: unexpected exit: %v at PC 0x%x, FAR 0x%x", v.index, exit.ESR, pc, exit.FAR)
}

// advance moves the PC past the instruction that was emulated, and the guest's
// software step with it: PSTATE.SS is clear after an instruction.
func (v *vcpu) advance() error {
	pc, err := v.hv.Reg(hv.RegPC)
	if err == nil {
		err = v.hv.SetReg(hv.RegPC, pc+4)
	}
	var cpsr uint64
	if err == nil {
		cpsr, err = v.hv.Reg(hv.RegCPSR)
	}
	if err == nil && cpsr&aarch64.PSTATE_SS != 0 {
		err = v.hv.SetReg(hv.RegCPSR, cpsr&^aarch64.PSTATE_SS)
	}
	if err != nil {
		return v.failed("advance the PC", err)
	}
	return nil
}

// x reads a general register as an operand, where 31 is XZR.
func (v *vcpu) x(n int) (uint64, error) {
	if n == 31 {
		return 0, nil
	}
	r, err := v.hv.Reg(hv.Reg(n))
	if err != nil {
		return 0, v.failed("read a register", err)
	}
	return r, nil
}

// setX writes a general register as an operand, where 31 is XZR.
func (v *vcpu) setX(n int, val uint64) error {
	if n == 31 {
		return nil
	}
	if err := v.hv.SetReg(hv.Reg(n), val); err != nil {
		return v.failed("write a register", err)
	}
	return nil
}
