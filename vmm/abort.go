package vmm

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// dataAbort performs an access outside memory: to a device's register, or to
// an address where nothing is.
func (v *vcpu) dataAbort(exit hv.Exit) error {
	d := exit.ESR.DataAbort()
	switch {
	case d.S1PTW:
		v.counts.count(exitOther)
		if v.complains() {
			v.log.Info("guest: a translation table lies outside memory", "address", hex(exit.IPA))
		}
		return v.injectAbort(exit.FAR, accessKind(d.Write), fscExternalOnWalk)
	case d.CM: // cache maintenance: devices have no caches
		v.counts.count(exitMMIO)
		return v.advance()
	case !d.ISV:
		v.counts.count(exitMMIODecoded)
		return v.emulate(exit, d)
	}
	v.counts.count(exitMMIO)
	if d.Write {
		val, err := v.x(d.Reg)
		if err != nil {
			return err
		}
		if !v.m.bus.Write(v.index, exit.IPA, d.Size, val) {
			return v.nothingThere(exit, true)
		}
		return v.advance()
	}
	val, ok := v.m.bus.Read(v.index, exit.IPA, d.Size)
	if !ok {
		return v.nothingThere(exit, false)
	}
	if err := v.setX(d.Reg, d.Extend(val)); err != nil {
		return err
	}
	return v.advance()
}

// decodedAccess performs an access that the backend has decoded.
func (v *vcpu) decodedAccess(exit hv.Exit) error {
	d, ok := v.hv.(hv.AccessDecoder)
	if !ok {
		return fmt.Errorf("vmm: vcpu %d: exit %v at 0x%x from a backend that takes no answer: its vcpus must implement hv.AccessDecoder", v.index, exit.Reason, exit.IPA)
	}
	var val uint64
	if a := exit.Access; a.Write {
		ok = v.m.bus.Write(v.index, exit.IPA, int(a.Size), a.Data)
	} else {
		val, ok = v.m.bus.Read(v.index, exit.IPA, int(a.Size))
	}
	if !ok {
		v.complainNothing(exit, exit.Access.Write)
		if err := d.AbortAccess(); err != nil {
			return v.failed("abort an access", err)
		}
		return nil
	}
	if err := d.FinishAccess(val); err != nil {
		return v.failed("finish an access", err)
	}
	return nil
}

// nothingThere answers an access to an address without a device.
func (v *vcpu) nothingThere(exit hv.Exit, write bool) error {
	v.complainNothing(exit, write)
	return v.injectAbort(exit.FAR, accessKind(write), fscExternal|(exit.ESR.ISS()&issFnV))
}

func (v *vcpu) complainNothing(exit hv.Exit, write bool) {
	if v.complains() {
		v.log.Info("guest: an access to an address without a device", "access", accessKind(write).String(), "address", hex(exit.IPA))
	}
}

// emulate performs an instruction that came without a syndrome.
func (v *vcpu) emulate(exit hv.Exit, d aarch64.DataAbort) error {
	word, ok, err := v.fetch()
	if err != nil {
		return err
	}
	if !ok { // another vCPU has just unmapped it: the guest takes the fault when it runs again
		return nil
	}
	in, ok := mmio.Decode(word)
	if !ok {
		if v.complains() {
			v.log.Info("guest: an access to a device by an instruction that cannot be emulated", "instruction", hex(word), "address", hex(exit.IPA))
		}
		return v.injectAbort(exit.FAR, accessKind(d.Write), fscExternal|(exit.ESR.ISS()&issFnV))
	}
	res, err := v.emu.Emulate(in, mmio.Fault{VA: exit.FAR, IPA: exit.IPA, Write: d.Write, FnV: d.FnV})
	if err != nil {
		return v.failed("emulate an access", err)
	}
	switch res.Outcome {
	case mmio.NoTranslation:
		return v.injectAbort(res.VA, accessKind(res.Write), fscTranslation)
	case mmio.NoMemory:
		return v.injectAbort(res.VA, accessKind(res.Write), fscExternal)
	}
	return v.advance()
}

// registers gives the emulator the vCPU's registers.
type registers struct{ v *vcpu }

func (r registers) X(n int) (uint64, error)         { return r.v.hv.Reg(hv.Reg(n)) }
func (r registers) SetX(n int, v uint64) error      { return r.v.hv.SetReg(hv.Reg(n), v) }
func (r registers) PC() (uint64, error)             { return r.v.hv.Reg(hv.RegPC) }
func (r registers) V(n int) ([2]uint64, error)      { return r.v.hv.SIMDReg(n) }
func (r registers) SetV(n int, val [2]uint64) error { return r.v.hv.SetSIMDReg(n, val) }

func (r registers) SP() (uint64, error) {
	reg, err := r.spReg()
	if err != nil {
		return 0, err
	}
	return r.v.hv.SysReg(reg)
}

func (r registers) SetSP(val uint64) error {
	reg, err := r.spReg()
	if err != nil {
		return err
	}
	return r.v.hv.SetSysReg(reg, val)
}

// spReg is the stack pointer that PSTATE selects.
func (r registers) spReg() (aarch64.SysReg, error) {
	cpsr, err := r.v.hv.Reg(hv.RegCPSR)
	if cpsr&0xf == 0x5 { // EL1h
		return aarch64.SP_EL1, err
	}
	return aarch64.SP_EL0, err
}
