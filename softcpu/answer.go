package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// An access that exits first prepares its exit. If the answerer then answers, the
// exit is dropped, and the instruction goes on as if it had found memory or a register.

// SetAnswerer says whom Run asks before it exits for an access. See hv.Asker.
func (c *cpu) SetAnswerer(a hv.Answerer) { c.answerer = a }

// asks says whether there is somebody to ask about an exit that has been prepared.
func (c *cpu) asks() bool { return c.stop && c.answerer != nil }

// asksAbort is asks for a data abort. Without a valid syndrome the instruction does
// more than one access.
func (c *cpu) asksAbort() bool { return c.asks() && c.exit.ESR.ISS()&aarch64.AbortISV != 0 }

// answered drops the prepared exit. The answerer may have raised an interrupt input.
func (c *cpu) answered() {
	c.stop = false
	if c.pendingInterrupt() {
		c.raise(attentionInput)
	}
}

// answerLoad answers the load for which resolve has prepared an exit.
func (c *cpu) answerLoad(size uint64) (v uint64, ok bool) {
	if !c.asksAbort() {
		return 0, false
	}
	if v, ok = c.answerer.Load(c.exit.IPA, int(size)); ok {
		c.answered()
	}
	return v, ok
}

// answerStore is answerLoad for a store of v.
func (c *cpu) answerStore(size, v uint64) (ok bool) {
	if !c.asksAbort() {
		return false
	}
	if ok = c.answerer.Store(c.exit.IPA, int(size), v&(^uint64(0)>>(64-8*size))); ok {
		c.answered()
	}
	return ok
}

// answerMRS answers the MRS for which checkSysReg has prepared an exit.
func (c *cpu) answerMRS(op *a64.Op) bool {
	if !c.asks() {
		return false
	}
	v, ok := c.answerer.ReadSysReg(aarch64.SysReg(op.Aux))
	if ok {
		c.X[op.Rd] = v
		c.answered()
	}
	return ok
}

// answerMSR is answerMRS for an MSR.
func (c *cpu) answerMSR(op *a64.Op) bool {
	if !c.asks() {
		return false
	}
	ok := c.answerer.WriteSysReg(aarch64.SysReg(op.Aux), c.X[op.Rn])
	if ok {
		c.answered()
	}
	return ok
}
