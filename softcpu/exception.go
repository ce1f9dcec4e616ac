package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Offsets of the kinds of exception from the first of the four vectors that
// aarch64.VectorFrom returns (DDI 0487 D1.3.6).
const (
	vectorSync = 0x000
	vectorIRQ  = 0x080
	vectorFIQ  = 0x100
)

// takeException takes a synchronous exception to EL1. ec is the class of an exception
// from EL0. If the exception comes from EL1, and the architecture has another class
// for that, takeException reports the other class. ret is the preferred return
// address.
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

// enter does what all exceptions have in common (AArch64.TakeException).
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

// dataAbort reports the fault of a load or store at va, or of a cache maintenance
// instruction if cm is set. Stage 2 faults exit instead: see stage2Abort.
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

// undefined reports an instruction that this CPU does not have, or does not allow in
// its present state.
func (c *cpu) undefined(ret uint64) { c.takeException(aarch64.ECUnknown, 0, ret) }

// pcAlignment reports a PC that is not a multiple of 4.
func (c *cpu) pcAlignment(pc uint64) {
	c.sys.far = pc
	c.takeException(aarch64.ECPCAlignment, 0, pc)
}

// spAlignment reports that the instruction at ret used a stack pointer as its base
// that is not a multiple of 16.
func (c *cpu) spAlignment(ret uint64) { c.takeException(aarch64.ECSPAlignment, 0, ret) }

// illegalState reports the execution of anything while PSTATE.IL is set.
func (c *cpu) illegalState(ret uint64) { c.takeException(aarch64.ECIllegalState, 0, ret) }

// fpAccessTrap reports that CPACR_EL1.FPEN traps the current FP or SIMD instruction.
// It returns false, as an executor does after an exception.
func (c *cpu) fpAccessTrap() bool {
	c.takeException(aarch64.ECFPAccess, aarch64.CondAL, c.PC)
	return false
}

// pendingInterrupt says whether an interrupt is pending and not masked.
func (c *cpu) pendingInterrupt() bool {
	return c.irq && c.daif&maskI == 0 || c.fiq && c.daif&maskF == 0
}

// takeInterrupt takes the pending interrupt, if there is one. FIQ has priority.
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
