package softcpu

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

func newCPU(v *vm, index int) (*cpu, error) {
	c := &cpu{vm: v, index: index, limit: unlimited}
	c.mmu.init()
	c.mail.init()
	c.reset()
	pages, code := v.cfg.shares()
	if err := c.code.init(v.cfg.Engine, pages); err != nil {
		return nil, err
	}
	if code != 0 {
		if err := c.gen.start(int(code)); err != nil {
			c.code.close()
			return nil, err
		}
	}
	return c, nil
}

// Run enters the guest. See hv.VCPU.
func (c *cpu) Run() (hv.Exit, error) {
	c.resume()
	c.updateMode()
	if c.timerFired() {
		c.exit = hv.Exit{Reason: hv.ExitVTimer}
	} else {
		c.run()
	}
	c.mail.rest()
	c.irq, c.fiq = false, false
	return c.exit, nil
}

// Kick makes the current or the next Run return hv.ExitCanceled.
func (c *cpu) Kick() { c.raise(attentionKick) }

// SetIRQ states the level of the interrupt input for the next Run.
func (c *cpu) SetIRQ(high bool) error { c.irq = high; return nil }

// SetFIQ states the level of the fast interrupt input for the next Run.
func (c *cpu) SetFIQ(high bool) error { c.fiq = high; return nil }

// Reg reads a general register, PC, CPSR, FPCR or FPSR.
func (c *cpu) Reg(r hv.Reg) (uint64, error) {
	switch {
	case r <= hv.RegX30:
		return c.X[r], nil
	case r == hv.RegPC:
		return c.PC, nil
	case r == hv.RegFPCR:
		return uint64(c.FP.FPCR), nil
	case r == hv.RegFPSR:
		return uint64(c.FP.FPSR), nil
	case r == hv.RegCPSR:
		return c.pstate(), nil
	}
	return 0, fmt.Errorf("softcpu: read register 0x%x: give a number from 0 to 0x%x", uint32(r), uint32(hv.RegCPSR))
}

// SetReg writes a general register, PC, CPSR, FPCR or FPSR.
func (c *cpu) SetReg(r hv.Reg, v uint64) error {
	switch {
	case r <= hv.RegX30:
		c.X[r] = v
	case r == hv.RegPC:
		c.PC = v
	case r == hv.RegFPCR:
		c.FP.FPCR = uint32(v & fpcrWritable)
	case r == hv.RegFPSR:
		c.FP.FPSR = uint32(v & fpsrWritable)
	case r == hv.RegCPSR:
		c.setPSTATE(v)
	default:
		return fmt.Errorf("softcpu: write register 0x%x: give a number from 0 to 0x%x", uint32(r), uint32(hv.RegCPSR))
	}
	return nil
}

// SysReg reads a system register.
func (c *cpu) SysReg(r aarch64.SysReg) (uint64, error) {
	v, ok := c.sysReg(r)
	if !ok {
		return 0, fmt.Errorf("softcpu: read %v (0x%x): this CPU has no such register", r, uint16(r))
	}
	return v, nil
}

// SetSysReg writes a system register.
func (c *cpu) SetSysReg(r aarch64.SysReg, v uint64) error {
	if !c.setSysReg(r, v) {
		return fmt.Errorf("softcpu: write 0x%x to %v (0x%x): this CPU has no such register", v, r, uint16(r))
	}
	return nil
}

// SIMDReg reads Q0 to Q31.
func (c *cpu) SIMDReg(n int) ([2]uint64, error) {
	if n < 0 || n > 31 {
		return [2]uint64{}, fmt.Errorf("softcpu: read Q%d: give a number from 0 to 31", n)
	}
	return c.V[n], nil
}

// SetSIMDReg writes Q0 to Q31.
func (c *cpu) SetSIMDReg(n int, v [2]uint64) error {
	if n < 0 || n > 31 {
		return fmt.Errorf("softcpu: write Q%d: give a number from 0 to 31", n)
	}
	c.V[n] = v
	return nil
}

// SetVTimerMask masks or unmasks the virtual timer's exit.
func (c *cpu) SetVTimerMask(masked bool) error { c.timer.setMask(c, masked); return nil }

// SetVTimerOffset sets how far the virtual counter is behind the host's.
func (c *cpu) SetVTimerOffset(ticks uint64) error { c.timer.setOffset(c, ticks); return nil }

// Close frees the CPU.
func (c *cpu) Close() error {
	c.timer.stop()
	c.vm.drop(c)
	c.vm.ended.add(c.index, c.Stats())
	c.stats = Stats{}
	c.code.close()
	return c.gen.close()
}
