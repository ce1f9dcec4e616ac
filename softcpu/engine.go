package softcpu

import (
	"math"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/vec"
)

// execFunc executes one instruction. c.PC is its address. It returns true when
// execution goes on with the next instruction; false means that c.PC says
// where, or that c.stop is set.
type execFunc func(c *cpu, op *a64.Op) bool

// exec is indexed by Op.Code. Every code below a64.FirstVector that the
// decoder can return has an entry.
var exec [a64.FirstVector]execFunc

// execute runs one decoded instruction through the tables.
func (c *cpu) execute(op *a64.Op) bool {
	if op.Code >= a64.FirstVectorMem {
		if c.fpTrapped {
			return c.fpAccessTrap()
		}
		if op.Code >= a64.FirstVector {
			vec.Exec[op.Code-a64.FirstVector](&c.State, op)
			return true
		}
	}
	return exec[op.Code](c, op)
}

// unlimited as cpu.limit is none.
const unlimited = math.MaxUint64

// run executes the guest until something stops it; c.exit says what. The
// interpreter's loop counts only what it has done, so that a limit makes it go
// step by step.
func (c *cpu) run() {
	for c.stop = false; !c.stop; {
		if c.attention.Load() != 0 && !c.attend() {
			return
		}
		if c.timerLooked() {
			c.exit = hv.Exit{Reason: hv.ExitVTimer}
			return
		}
		left := c.limit - c.stats.Instructions
		if left == 0 {
			c.exit = hv.Exit{Reason: hv.ExitCanceled}
			return
		}
		if c.irq || c.fiq {
			c.takeInterrupt()
		}
		if c.stepwise && !c.beforeInstruction() {
			continue
		}
		page := c.fetch()
		if page == nil {
			continue
		}
		c.page = page
		switch {
		case c.stepwise:
			c.step(page)
		case left > opsPerPage && c.mayRunGenerated():
			c.runGenerated(page, min(budget, left-opsPerPage))
		case c.limit != unlimited, c.gen.on, page.ops == nil: // with generated code, come back here soon
			c.step(page)
		default:
			c.loop(page.ops, c.PC&pageMask/4)
		}
	}
}

// attend handles the attention bits. It returns false when Run has to return,
// with c.exit set.
func (c *cpu) attend() bool {
	bits := c.attention.Swap(0)
	if bits&attentionMail != 0 {
		c.drain()
	}
	if bits&attentionKick != 0 {
		if bits &^= attentionKick | attentionMail; bits != 0 {
			c.raise(bits)
		}
		c.exit = hv.Exit{Reason: hv.ExitCanceled}
		return false
	}
	if bits&attentionTimer != 0 {
		if c.timerFired() {
			c.exit = hv.Exit{Reason: hv.ExitVTimer}
			return false
		}
		c.armTimer()
	}
	return true
}

// fetch finds the predecoded page for c.PC. It returns nil when that took an
// exception or stopped the CPU.
func (c *cpu) fetch() *codePage {
	if p := c.code.lookup(c.el, c.PC); p != nil && c.PC&3 == 0 {
		return p
	}
	return c.fetchSlow()
}

// step executes a single instruction, and then completes its software step.
func (c *cpu) step(p *codePage) {
	if c.execute(c.op(p, c.PC&pageMask/4)) {
		c.PC += 4
	}
	c.stats.Instructions++
	c.stats.Interpreted++
	c.afterInstruction()
}

// op returns instruction i of a page, decoded.
func (c *cpu) op(p *codePage, i uint64) *a64.Op {
	i %= opsPerPage
	if p.ops == nil {
		return c.code.recent.at(p, i)
	}
	if p.ops[i].Code == a64.NotDecoded {
		p.decode(i)
	}
	return &p.ops[i]
}
