package hvtest

import (
	"fmt"
	"runtime"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// cpu wraps a vCPU. Where a method of the vCPU returns an error, the method here
// ends the case.
type cpu struct {
	hv.VCPU
	g      *guest
	index  int
	closed bool
}

// Values to start with: PSTATE with all exceptions masked, at EL1 with SP_EL1;
// SCTLR_EL1 with the MMU off (its RES1 bits) and on, with caches.
const (
	cpsrEL1h = 15<<aarch64.PSTATE_DAIF | aarch64.PSTATE_EL1h
	cpsrEL1t = 15<<aarch64.PSTATE_DAIF | aarch64.PSTATE_EL1t
	cpsrEL0t = 15<<aarch64.PSTATE_DAIF | aarch64.PSTATE_EL0t
	cpsrI    = 1 << 7
	cpsrF    = 1 << 6

	sctlrOff = aarch64.SCTLR_Reset
	sctlrOn  = sctlrOff | aarch64.SCTLR_M | aarch64.SCTLR_C | aarch64.SCTLR_I
)

// newCPU makes a vCPU that belongs to the calling goroutine, ready to run at
// EL1 with the MMU on.
func (g *guest) newCPU(index int) *cpu {
	v, err := g.vm.NewVCPU(index)
	g.ok(fmt.Sprintf("NewVCPU(%d)", index), err)
	c := &cpu{VCPU: v, g: g, index: index}
	g.mu.Lock()
	g.cpus = append(g.cpus, c)
	g.mu.Unlock()
	for _, r := range []struct {
		reg aarch64.SysReg
		v   uint64
	}{
		{aarch64.MPIDR_EL1, 1<<31 | uint64(index)},
		{aarch64.MAIR_EL1, mair}, {aarch64.TCR_EL1, tcr}, {aarch64.TTBR0_EL1, tables},
		{aarch64.SCTLR_EL1, sctlrOn}, {aarch64.VBAR_EL1, vectors}, {aarch64.CPACR_EL1, 3 << aarch64.CPACR_FPEN},
		{aarch64.CNTKCTL_EL1, 0}, {aarch64.CNTV_CTL_EL0, 0},
	} {
		c.setSys(r.reg, r.v)
	}
	for x := hv.RegX0; x <= hv.RegX30; x++ {
		c.set(x, 0)
	}
	c.set(hv.RegCPSR, cpsrEL1h)
	c.ok("SetVTimerMask(false)", c.SetVTimerMask(false))
	c.ok("SetVTimerOffset(0)", c.SetVTimerOffset(0))
	return c
}

// close may be called again.
func (c *cpu) close() {
	if c.closed {
		return
	}
	c.closed = true
	g := c.g
	g.mu.Lock()
	for i, o := range g.cpus {
		if o == c {
			g.cpus = append(g.cpus[:i], g.cpus[i+1:]...)
			break
		}
	}
	g.mu.Unlock()
	if err := c.VCPU.Close(); err != nil {
		g.errorf("vcpu %d: Close: %v", c.index, err)
	}
}

func (c *cpu) errorf(format string, args ...any) {
	c.g.errorf("vcpu %d: %s", c.index, fmt.Sprintf(format, args...))
}

func (c *cpu) fatalf(format string, args ...any) {
	c.errorf(format, args...)
	runtime.Goexit()
}

func (c *cpu) ok(what string, err error) {
	if err != nil {
		c.fatalf("%s: %v", what, err)
	}
}

func (c *cpu) reg(r hv.Reg) uint64 {
	v, err := c.VCPU.Reg(r)
	c.ok(fmt.Sprintf("Reg(%v)", r), err)
	return v
}

func (c *cpu) set(r hv.Reg, v uint64) {
	c.ok(fmt.Sprintf("SetReg(%v, 0x%x)", r, v), c.VCPU.SetReg(r, v))
}

func (c *cpu) sys(r aarch64.SysReg) uint64 {
	v, err := c.VCPU.SysReg(r)
	c.ok(fmt.Sprintf("SysReg(%v)", r), err)
	return v
}

func (c *cpu) setSys(r aarch64.SysReg, v uint64) {
	c.ok(fmt.Sprintf("SetSysReg(%v, 0x%x)", r, v), c.VCPU.SetSysReg(r, v))
}

func (c *cpu) pc() uint64 { return c.reg(hv.RegPC) }

// setX sets X0, X1 and so on.
func (c *cpu) setX(v ...uint64) {
	for i, v := range v {
		c.set(hv.Reg(i), v)
	}
}

// x returns X0 to X30.
func (c *cpu) x() (x [31]uint64) {
	for i := range x {
		x[i] = c.reg(hv.Reg(i))
	}
	return x
}

// mmuOff turns stage 1 off, so that addresses are physical. Data accesses are to
// Device memory then, and must be aligned.
func (c *cpu) mmuOff() { c.setSys(aarch64.SCTLR_EL1, sctlrOff) }

// inputs is the levels of the interrupt inputs during a Run.
type inputs struct{ irq, fiq bool }

// runAt runs the guest from pc to its next exit.
func (c *cpu) runAt(pc uint64) hv.Exit {
	c.set(hv.RegPC, pc)
	return c.run()
}

// run runs the guest to its next exit.
func (c *cpu) run() hv.Exit { return c.runWith(inputs{}) }

// runWith runs the guest with these interrupt inputs. It states only the inputs
// that are high: the others are low anyway.
func (c *cpu) runWith(in inputs) hv.Exit {
	for {
		if in.irq {
			c.ok("SetIRQ(true)", c.SetIRQ(true))
		}
		if in.fiq {
			c.ok("SetFIQ(true)", c.SetFIQ(true))
		}
		if e := c.enter(); e.Reason != hv.ExitUnknown {
			return e
		}
	}
}

func (c *cpu) enter() hv.Exit {
	c.g.entered.Store(true)
	watchdog := time.AfterFunc(c.g.patience, c.g.rescue)
	e, err := c.VCPU.Run()
	watchdog.Stop()
	if c.g.stuck.Load() {
		if c.g.failed() {
			runtime.Goexit() // this one has only waited for the one that failed
		}
		c.fatalf("Run did not return within %v; then %s", c.g.patience, c.describe(e))
	}
	c.ok("Run", err)
	return e
}

// describe returns a full description of an exit.
func (c *cpu) describe(e hv.Exit) string {
	pc, _ := c.VCPU.Reg(hv.RegPC)
	if e.Reason != hv.ExitException {
		return fmt.Sprintf("exit %v, PC 0x%x", e.Reason, pc)
	}
	s := fmt.Sprintf("exit %v, FAR 0x%x, IPA 0x%x, PC 0x%x", e.ESR, e.FAR, e.IPA, pc)
	if imm := uint64(e.ESR.Imm16()); e.ESR.EC() == aarch64.ECHVC64 && imm&vectorHVC != 0 {
		esr, _ := c.VCPU.SysReg(aarch64.ESR_EL1)
		elr, _ := c.VCPU.SysReg(aarch64.ELR_EL1)
		far, _ := c.VCPU.SysReg(aarch64.FAR_EL1)
		s += fmt.Sprintf(": the guest's vector 0x%x with %v from 0x%x, FAR_EL1 0x%x", imm&^vectorHVC, aarch64.ESR(esr), elr, far)
	}
	return s
}

// syndrome returns the bits of an exit's ESR that ARMv8.0 defines. The upper half
// belongs to later versions of the architecture.
func syndrome(e hv.Exit) aarch64.ESR { return e.ESR & 0xffff_ffff }

// isHVC says whether e is an HVC with this immediate.
func isHVC(e hv.Exit, imm uint16) bool {
	return e.Reason == hv.ExitException && syndrome(e) == aarch64.MakeESR(aarch64.ECHVC64, uint32(imm))
}

// wantHVC ends the case unless e is an HVC with this immediate.
func (c *cpu) wantHVC(what string, e hv.Exit, imm uint16) {
	if !isHVC(e, imm) {
		c.fatalf("%s: %s; want HVC #0x%x", what, c.describe(e), imm)
	}
}

// wantReason ends the case unless e has this reason.
func (c *cpu) wantReason(what string, e hv.Exit, r hv.ExitReason) {
	if e.Reason != r {
		c.fatalf("%s: %s; want exit %v", what, c.describe(e), r)
	}
}
