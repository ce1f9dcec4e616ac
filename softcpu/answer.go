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

// answered drops the prepared exit.
func (c *cpu) answered() {
	c.stop = false
	c.noticeInputs()
}

// noticeInputs makes the engine take an interrupt that an answer has raised.
func (c *cpu) noticeInputs() {
	if c.pendingInterrupt() {
		c.raise(attentionInput)
	}
}

// low is the mask of size bytes, 1 to 8.
func low(size uint64) uint64 { return ^uint64(0) >> (64 - 8*size) }

// answerLoad answers the load for which resolve has prepared an exit.
func (c *cpu) answerLoad(size uint64) (v uint64, ok bool) {
	if !c.asksAbort() {
		return 0, false
	}
	if v, ok = c.answerer.Load(c.exit.IPA, int(size)); ok {
		c.answered()
	}
	return v & low(size), ok
}

// answerStore is answerLoad for a store of v.
func (c *cpu) answerStore(size, v uint64) (ok bool) {
	if !c.asksAbort() {
		return false
	}
	if ok = c.answerer.Store(c.exit.IPA, int(size), v&low(size)); ok {
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

// answerCall answers an HVC at EL1.
func (c *cpu) answerCall(op *a64.Op) bool {
	if c.answerer == nil || c.el == 0 || op.Imm != 0 || !c.answerer.Call((*[4]uint64)(c.X[:])) {
		return false
	}
	c.noticeInputs()
	return true
}

// answerFirst executes an instruction that generated code leaves to the interpreter,
// if it is one that needs an answer and somebody gives it. Otherwise it returns false,
// and nothing has happened. So no exit has to be prepared, nor flags unpacked.
func (c *cpu) answerFirst(op *a64.Op) (ok bool) {
	switch {
	case op.Code >= a64.LDRB && op.Code <= a64.STRX:
		return c.answerer != nil && c.answerAccess(op)
	case op.Code == a64.HVC:
		return c.answerCall(op)
	}
	return false
}

// answerAccess is answerFirst for a load or store in the form that drivers use: with
// the address in a register and an offset in the instruction.
func (c *cpu) answerAccess(op *a64.Op) (ok bool) {
	va, size := c.X[op.Rn]+op.Imm, uint64(1)<<(op.Aux&a64.MemSize)
	load := op.Aux&a64.MemLoad != 0
	acc := accessWrite
	if load {
		acc = accessRead
	}
	ipa, ok := c.mmu.device(va, acc, c.regime())
	if !ok || va&(size-1) != 0 {
		return false
	}
	if load {
		var v uint64
		if v, ok = c.answerer.Load(ipa, int(size)); ok {
			c.X[op.Rd] = extendLoad(v&low(size), op.Aux)
		}
	} else {
		ok = c.answerer.Store(ipa, int(size), c.X[op.Rd]&low(size))
	}
	if ok {
		c.noticeInputs()
	}
	return ok
}
