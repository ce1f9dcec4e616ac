package vmm

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// accessType is the access that an abort was taken for.
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
	fscExternalOnWalk = uint32(aarch64.FSCWalk) | 3
)

// issFnV says in the syndrome of an External abort that FAR is not valid.
const issFnV = 1 << 10

// injectAbort makes the guest take a synchronous abort at EL1.
func (v *vcpu) injectAbort(far uint64, kind accessType, fsc uint32) error {
	cpsr, err := v.hv.Reg(hv.RegCPSR)
	if err != nil {
		return v.failed("read CPSR", err)
	}
	iss := fsc
	ec := aarch64.ECDataAbortSame
	switch kind {
	case abortWrite:
		iss |= aarch64.AbortWnR
	case abortFetch:
		ec = aarch64.ECInstrAbortSame
	}
	if aarch64.EL(cpsr) == 0 {
		ec-- // each class for a lower Exception level is one below its class for the same level
	}
	if err := v.hv.SetSysReg(aarch64.FAR_EL1, far); err != nil {
		return v.failed("inject an abort", err)
	}
	return v.inject(aarch64.MakeESR(ec, iss))
}

// injectUndefined makes the guest take an exception for an unallocated
// instruction.
func (v *vcpu) injectUndefined() error { return v.inject(aarch64.MakeESR(aarch64.ECUnknown, 0)) }

// pstateKept are the bits of PSTATE that exception entry keeps (DDI 0487 D1.3.1).
const pstateKept = aarch64.PSTATE_NZCV | aarch64.PSTATE_DIT | aarch64.PSTATE_PAN

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
	next := (cpsr & pstateKept) | (15 << aarch64.PSTATE_DAIF) | aarch64.PSTATE_EL1h
	sctlr := get(aarch64.SCTLR_EL1)
	if sctlr&aarch64.SCTLR_SPAN == 0 {
		next |= aarch64.PSTATE_PAN
	}
	if sctlr&aarch64.SCTLR_DSSBS != 0 {
		next |= aarch64.PSTATE_SSBS
	}
	set(aarch64.ESR_EL1, uint64(esr))
	set(aarch64.ELR_EL1, pc)
	set(aarch64.SPSR_EL1, cpsr)
	target := get(aarch64.VBAR_EL1) + aarch64.VectorFrom(cpsr)
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
