package fake

import (
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/mmio"
)

// privateGIC does what the framework does itself for a vCPU of a VM that has its
// GIC: interrupt inputs, WFI, timers, and accesses to the GIC's registers. All fields
// but irq, fiq, running and wake belong to the vCPU's thread.
type privateGIC struct {
	e   *engine
	gic *frameworkGIC
	c   *cpu

	irq, fiq atomic.Bool // driven by the GIC
	running  atomic.Bool // inside the software CPU
	wake     chan struct{}

	vtimer, ptimer mmio.Line
	fired          bool // the virtual timer's output is high, and the GIC knows
	ctl, cval      uint64
	alarm          *time.Timer // makes the vCPU leave the guest when the physical timer is due
}

// PPIs of the timers, from 0.
const (
	vtimerPPI = aarch64.VirtualTimerINTID - 16
	ptimerPPI = aarch64.PhysicalTimerINTID - 16
)

func newPrivateGIC(e *engine, g *frameworkGIC, c *cpu) *privateGIC {
	p := &privateGIC{
		e: e, gic: g, c: c, wake: make(chan struct{}, 1),
		vtimer: g.v3.PPI(c.id, vtimerPPI), ptimer: g.v3.PPI(c.id, ptimerPPI),
	}
	p.alarm = time.AfterFunc(time.Hour, p.notify)
	p.alarm.Stop()
	return p
}

// delivers says whether the GIC delivers the virtual timer's interrupt. If so, the
// software CPU must not apply the mask of the timer's exit.
func (p *privateGIC) delivers() bool { return p != nil && p.e.vtimer != VTimerOnlyExits }

// notify makes the vCPU look at its inputs.
func (p *privateGIC) notify() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
	if p.running.Load() {
		p.c.hv.Kick()
	}
}

// run enters the guest until there is an exit to report.
func (p *privateGIC) run() (hv.Exit, error) {
	for {
		p.driveTimers()
		p.running.Store(true)
		p.c.hv.SetIRQ(p.irq.Load())
		p.c.hv.SetFIQ(p.fiq.Load())
		exit, err := p.c.hv.Run()
		p.running.Store(false)
		if err != nil || !p.handle(&exit) {
			return exit, err
		}
	}
}

// handle does what the framework does itself about an exit. It may turn it into
// another exit, which is then reported.
func (p *privateGIC) handle(exit *hv.Exit) (done bool) {
	if exit.Reason == hv.ExitVTimer && p.delivers() {
		p.fired = true
		p.vtimer.Set(true)
		return p.e.vtimer == VTimerDelivered || p.c.st.Masked != 0
	}
	if exit.Reason != hv.ExitException {
		return false
	}
	switch exit.ESR.EC() {
	case aarch64.ECDataAbortLower:
		return p.gic.load(p.c, *exit)
	case aarch64.ECSysReg:
		return p.sysRegTrap(exit.ESR.SysRegTrap())
	case aarch64.ECWFx:
		if exit.ESR.WFx() != aarch64.WFI || p.e.wfiExits {
			return false
		}
		if !p.wait() {
			*exit = hv.Exit{Reason: hv.ExitCanceled}
			return false
		}
		p.c.advance()
		return true
	}
	return false
}

func (p *privateGIC) sysRegTrap(t aarch64.SysRegTrap) (done bool) {
	if t.Read {
		v, ok := p.readTimer(t.Reg)
		if !ok {
			v, ok = p.gic.v3.ReadSysReg(p.c.id, t.Reg)
		}
		if !ok {
			return false
		}
		p.c.setX(t.Rt, v)
	} else if v := p.c.x(t.Rt); !p.writeTimer(t.Reg, v) && !p.gic.v3.WriteSysReg(p.c.id, t.Reg, v) {
		return false
	}
	p.c.advance()
	return true
}

// wait is a WFI. It returns false if something other than an interrupt or a timer
// has ended it.
func (p *privateGIC) wait() bool {
	start := p.e.mach()
	defer func() { p.c.st.Waited += p.e.mach() - start }()
	for {
		left := min(p.vtimerLeft(), p.ptimerLeft())
		if p.irq.Load() || p.fiq.Load() || left == 0 {
			return true
		}
		timeout := time.NewTimer(left)
		select {
		case <-p.wake:
			timeout.Stop()
			if !p.irq.Load() && !p.fiq.Load() {
				return false
			}
		case <-timeout.C:
		}
	}
}

// x and setX access a general register as an operand, where 31 is XZR.
func (c *cpu) x(n int) uint64 {
	if n == 31 {
		return 0
	}
	v, _ := c.hv.Reg(hv.Reg(n))
	return v
}

func (c *cpu) setX(n int, v uint64) {
	if n != 31 {
		c.hv.SetReg(hv.Reg(n), v)
	}
}

// advance moves the PC past the instruction.
func (c *cpu) advance() {
	pc, _ := c.hv.Reg(hv.RegPC)
	c.hv.SetReg(hv.RegPC, pc+4)
}
