package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Offsets of a kind of exception from those of where it came from (DDI 0487
// D1.3.6).
const (
	vectorSync = 0x000
	vectorIRQ  = 0x080
	vectorFIQ  = 0x100
)

// issCond is CV=1, COND=0xe: how A64 instructions, which are unconditional,
// appear in the syndrome of WFx and FP traps.
const issCond = 1<<24 | 0xe<<20

// takeException takes a synchronous exception to EL1. ec is the class as it is
// for an exception from EL0; where EL1's own exceptions have a class of their
// own, that one is reported. ret is the preferred return address.
func (c *cpu) takeException(ec aarch64.EC, iss uint32, ret uint64) {
	if c.el == 1 {
		ec = sameEL(ec)
	}
	c.sys.esr = uint64(aarch64.MakeESR(ec, iss))
	c.enter(vectorSync, ret)
}

// sameEL returns the class for an exception taken without a change of EL.
func sameEL(ec aarch64.EC) aarch64.EC {
	switch ec {
	case aarch64.ECInstrAbortLower, aarch64.ECDataAbortLower, aarch64.ECBreakpointLower, aarch64.ECStepLower, aarch64.ECWatchpointLower:
		return ec + 1
	}
	return ec
}

// enter is the part that all exceptions have in common (AArch64.TakeException).
func (c *cpu) enter(vector, ret uint64) {
	c.stats.Exceptions++
	c.sys.spsr = c.pstate()
	c.sys.elr = ret
	vector += aarch64.VectorFrom(c.sys.spsr)
	c.setMode(1, 1)
	c.daif = maskD | maskA | maskI | maskF
	if c.sys.sctlr&aarch64.SCTLR_SPAN == 0 {
		c.pan = true
	}
	c.ss, c.il = false, false
	c.debug.step.forget()
	c.updateMode()
	c.PC = c.branchAddr(c.sys.vbar + vector)
}

// dataAbort reports the fault of a load or store at va, or, if cm, of a cache
// maintenance instruction. Stage 2 faults do not come here: they exit.
func (c *cpu) dataAbort(va uint64, f fault, write, cm bool, ret uint64) {
	iss := uint32(f.fsc)
	if write || cm {
		iss |= aarch64.AbortWnR
	}
	if cm {
		iss |= aarch64.AbortCM
	}
	c.sys.far = va
	c.takeException(aarch64.ECDataAbortLower, iss, ret)
}

// instructionAbort reports the fault of fetching from va.
func (c *cpu) instructionAbort(va uint64, f fault, ret uint64) {
	c.sys.far = va
	c.takeException(aarch64.ECInstrAbortLower, uint32(f.fsc), ret)
}

// undefined reports an instruction that this CPU does not have, or not here.
func (c *cpu) undefined(ret uint64) { c.takeException(aarch64.ECUnknown, 0, ret) }

// pcAlignment reports a PC that is no multiple of 4.
func (c *cpu) pcAlignment(pc uint64) {
	c.sys.far = pc
	c.takeException(aarch64.ECPCAlignment, 0, pc)
}

// spAlignment reports a stack pointer that is no multiple of 16, used as base
// by the instruction at ret.
func (c *cpu) spAlignment(ret uint64) { c.takeException(aarch64.ECSPAlignment, 0, ret) }

// illegalState reports the execution of anything while PSTATE.IL is set.
func (c *cpu) illegalState(ret uint64) { c.takeException(aarch64.ECIllegalState, 0, ret) }

// fpAccessTrap reports that CPACR_EL1.FPEN traps the current instruction, one
// of FP or SIMD. It returns false, as an executor does.
func (c *cpu) fpAccessTrap() bool {
	c.takeException(aarch64.ECFPAccess, issCond, c.PC)
	return false
}

// pendingInterrupt says whether there is an interrupt that is not masked.
func (c *cpu) pendingInterrupt() bool {
	return c.irq && c.daif&maskI == 0 || c.fiq && c.daif&maskF == 0
}

// takeInterrupt takes the pending interrupt, if there is one. FIQ goes first.
func (c *cpu) takeInterrupt() {
	switch {
	case c.fiq && c.daif&maskF == 0:
		c.takeFIQ()
	case c.irq && c.daif&maskI == 0:
		c.takeIRQ()
	}
}

func (c *cpu) takeIRQ() {
	c.stats.Interrupts++
	c.enter(vectorIRQ, c.PC)
}

func (c *cpu) takeFIQ() {
	c.stats.Interrupts++
	c.enter(vectorFIQ, c.PC)
}
