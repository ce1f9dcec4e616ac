package hvf

import (
	"fmt"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// vcpu implements hv.VCPU with a vCPU of the framework. All fields but kick belong
// to the goroutine that made it.
type vcpu struct {
	vm    *vm
	index int
	raw   *RawVCPU
	irq   input
	fiq   input
	kick  kick

	masked bool        // the virtual timer's exit is masked, by the caller or by ExitVTimer
	held   bool        // an exit beside the framework's GIC has masked it: see holdVTimer
	look   *time.Timer // see releaseVTimer
}

// input is an interrupt input. The framework keeps a level for one run only.
type input struct {
	level  bool // for the next Run
	stated bool // the framework may still hold it high
}

func newVCPU(m *vm, index int) (*vcpu, error) {
	raw, err := m.fw.VCPUCreate(0)
	if err != nil {
		return nil, err
	}
	v := &vcpu{vm: m, index: index, raw: raw}
	v.kick.init(raw)
	if err := v.setUp(); err != nil {
		raw.Destroy()
		return nil, err
	}
	return v, nil
}

// setUp sets the state that the contract promises, because the state of a new vCPU
// is not documented.
func (v *vcpu) setUp() error {
	if err := v.identify(); err != nil {
		return err
	}
	for _, f := range []func(bool) error{
		v.raw.SetTrapDebugExceptions, v.raw.SetTrapDebugRegAccesses, v.SetVTimerMask,
	} {
		if err := f(false); err != nil {
			return err
		}
	}
	return v.SetVTimerOffset(0)
}

func (v *vcpu) Reg(r hv.Reg) (uint64, error) {
	val, err := v.raw.GetReg(r)
	if err != nil {
		return 0, readError(r, err)
	}
	return val, nil
}

func (v *vcpu) SetReg(r hv.Reg, val uint64) error {
	if err := v.raw.SetReg(r, val); err != nil {
		return writeError(r, val, err)
	}
	return nil
}

// sysRegMDCR_EL2Architectural is MDCR_EL2's own encoding. aarch64.MDCR_EL2 is the
// other one that headers up to macOS 15 have.
const sysRegMDCR_EL2Architectural aarch64.SysReg = 0xe089

func (v *vcpu) SysReg(r aarch64.SysReg) (uint64, error) {
	val, err := v.raw.GetSysReg(r)
	if err != nil && r == aarch64.MDCR_EL2 {
		val, err = v.raw.GetSysReg(sysRegMDCR_EL2Architectural)
	}
	if err != nil {
		return 0, readError(r, err)
	}
	return val, nil
}

func (v *vcpu) SetSysReg(r aarch64.SysReg, val uint64) error {
	err := v.raw.SetSysReg(r, val)
	if err != nil && r == aarch64.MDCR_EL2 {
		err = v.raw.SetSysReg(sysRegMDCR_EL2Architectural, val)
	}
	if err != nil {
		return writeError(r, val, err)
	}
	return nil
}

func (v *vcpu) SIMDReg(n int) ([2]uint64, error) {
	if n < 0 || n > 31 {
		return [2]uint64{}, fmt.Errorf("hvf: read Q%d: give a number from 0 to 31", n)
	}
	val, err := v.raw.GetSIMDFPReg(SIMDReg(n))
	if err != nil {
		return [2]uint64{}, readError(SIMDReg(n), err)
	}
	return val, nil
}

func (v *vcpu) SetSIMDReg(n int, val [2]uint64) error {
	if n < 0 || n > 31 {
		return fmt.Errorf("hvf: write Q%d: give a number from 0 to 31", n)
	}
	if err := v.raw.SetSIMDFPReg(SIMDReg(n), val); err != nil {
		return fmt.Errorf("hvf: write 0x%016x%016x to Q%d: %w", val[1], val[0], n, err)
	}
	return nil
}

func (v *vcpu) SetIRQ(high bool) error { v.irq.level = high; return nil }

func (v *vcpu) SetFIQ(high bool) error { v.fiq.level = high; return nil }

func (v *vcpu) SetVTimerMask(masked bool) error {
	v.masked = masked
	return v.raw.SetVTimerMask(masked)
}

func (v *vcpu) SetVTimerOffset(ticks uint64) error {
	return v.raw.SetVTimerOffset(v.vm.clock.offset(ticks))
}

// Kick makes the current or the next Run return ExitCanceled.
func (v *vcpu) Kick() { v.kick.post() }

func (v *vcpu) Close() error {
	if !v.kick.close() {
		return nil
	}
	if v.look != nil {
		v.look.Stop()
	}
	err := v.raw.Destroy()
	v.vm.retire(v)
	return err
}
