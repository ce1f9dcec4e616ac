package vmm

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// accessType is what an abort was taken for.
type accessType uint8

const (
	abortRead accessType = iota
	abortWrite
	abortFetch
)

func accessKind(write bool) accessType {
	if write {
		return abortWrite
	}
	return abortRead
}

func (a accessType) String() string { return [...]string{"read", "write", "fetch"}[a] }

// Fault status codes that are injected.
const (
	fscTranslation    = uint32(aarch64.FSCTranslation) | 3
	fscExternal       = uint32(aarch64.FSCExternal)
	fscExternalOnWalk = 0x17 // synchronous external abort on a walk, level 3
)

// issFnV says in the syndrome of an External abort that FAR is not valid.
const issFnV = 1 << 10

// injectAbort makes the guest take a synchronous abort at EL1.
func (v *vcpu) injectAbort(far uint64, kind accessType, fsc uint32) error {
	cpsr, err := v.hv.Reg(hv.RegCPSR)
	if err != nil {
		return v.failed("read CPSR", err)
	}
	lower := cpsr&0xc == 0
	iss := fsc
	ec := aarch64.ECDataAbortSame
	switch kind {
	case abortWrite:
		iss |= 1 << 6
	case abortFetch:
		ec = aarch64.ECInstrAbortSame
	}
	if lower {
		ec-- // the class for a lower Exception level precedes the other
	}
	if err := v.hv.SetSysReg(aarch64.FAR_EL1, far); err != nil {
		return v.failed("inject an abort", err)
	}
	return v.inject(aarch64.MakeESR(ec, iss))
}

// injectUndefined makes the guest take an exception for an unallocated
// instruction.
func (v *vcpu) injectUndefined() error { return v.inject(aarch64.MakeESR(aarch64.ECUnknown, 0)) }

// What exception entry does with PSTATE (DDI 0487 D1.3.1).
const (
	pstateNZCV = 0xf << 28
	pstateDIT  = 1 << 24
	pstatePAN  = 1 << 22
	pstateSS   = 1 << 21
	pstateSSBS = 1 << 12
	pstateDAIF = 0xf << 6
	modeEL1h   = 0x5
	modeEL1t   = 0x4

	pstateKept = pstateNZCV | pstateDIT | pstatePAN

	sctlrSPAN  = 1 << 23 // entry leaves PAN alone
	sctlrDSSBS = 1 << 44 // what SSBS becomes
)

// inject takes a synchronous exception to EL1 with the current PC as the
// preferred return address, as the hardware would (AArch64.TakeException).
func (v *vcpu) inject(esr aarch64.ESR) error {
	var first error
	get := func(r aarch64.SysReg) uint64 {
		val, err := v.hv.SysReg(r)
		if err != nil && first == nil {
			first = err
		}
		return val
	}
	set := func(r aarch64.SysReg, val uint64) {
		if err := v.hv.SetSysReg(r, val); err != nil && first == nil {
			first = err
		}
	}
	pc, err := v.hv.Reg(hv.RegPC)
	if err != nil {
		return v.failed("inject an exception", err)
	}
	cpsr, err := v.hv.Reg(hv.RegCPSR)
	if err != nil {
		return v.failed("inject an exception", err)
	}
	offset := uint64(0x400) // from EL0
	switch cpsr & 0xf {
	case modeEL1h:
		offset = 0x200
	case modeEL1t:
		offset = 0
	}
	next := cpsr&pstateKept | pstateDAIF | modeEL1h
	sctlr := get(aarch64.SCTLR_EL1)
	if sctlr&sctlrSPAN == 0 {
		next |= pstatePAN
	}
	if sctlr&sctlrDSSBS != 0 {
		next |= pstateSSBS
	}
	set(aarch64.ESR_EL1, uint64(esr))
	set(aarch64.ELR_EL1, pc)
	set(aarch64.SPSR_EL1, cpsr)
	target := get(aarch64.VBAR_EL1) + offset
	if err := v.hv.SetReg(hv.RegCPSR, next); err != nil && first == nil {
		first = err
	}
	if err := v.hv.SetReg(hv.RegPC, target); err != nil && first == nil {
		first = err
	}
	if first != nil {
		return v.failed("inject an exception", first)
	}
	return nil
}
