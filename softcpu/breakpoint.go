package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Types of breakpoint, DBGBCR<n>_EL1.BT. The other types need EL2 or AArch32. They
// are reserved here and never match.
const (
	btAddress       = 0
	btLinkedAddress = 1
	btContext       = 2
	btLinkedContext = 3
)

// sscSecure is the SSC of breakpoints for Secure state only. This CPU is never in
// Secure state.
const sscSecure = 2

// dbgAddress is the mask of the address bits that debug compares. In an address that
// translates, bits 48 and above are all the same.
const dbgAddress = 1<<49 - 1

// contextAware says whether breakpoint n can match CONTEXTIDR_EL1. Only the last
// ones can: ID_AA64DFR0_EL1.CTX_CMPs says how many.
func contextAware(n int) bool { return n >= numBreakpoints-numContextAware && n < numBreakpoints }

// matchesEL says whether a DBGBCR or DBGWCR matches at el (AArch64.StateMatch).
func matchesEL(cr uint64, el uint8) bool {
	if cr>>dbgSSC&3 == sscSecure {
		return false
	}
	return cr>>dbgPxC&(2>>el) != 0 // PxC bit 0 is EL1, bit 1 is EL0
}

// breaking says whether a breakpoint could match the next instruction.
func (c *cpu) breaking() bool { return c.debug.breakEL[c.el] && c.debugEnabledNow() }

// breakpoint says whether a breakpoint matches the instruction at the PC.
func (c *cpu) breakpoint() bool {
	for n := range c.debug.bcr {
		if c.breakpointMatches(n) {
			return true
		}
	}
	return false
}

func (c *cpu) breakpointMatches(n int) bool {
	bcr := c.debug.bcr[n]
	if bcr&dbgE == 0 || !matchesEL(bcr, c.el) {
		return false
	}
	switch bcr >> bcrBT & 15 {
	case btAddress:
		return c.addressMatches(n)
	case btLinkedAddress:
		return c.addressMatches(n) && c.linkMatches(bcr)
	case btContext:
		return contextAware(n) && c.contextMatches(n)
	}
	return false
}

func (c *cpu) addressMatches(n int) bool { return (c.PC^c.debug.bvr[n])&dbgAddress&^3 == 0 }

func (c *cpu) contextMatches(n int) bool { return uint32(c.debug.bvr[n]) == uint32(c.sys.contextidr) }

// linkMatches says whether the breakpoint that cr is linked to matches the current
// context. A link to a breakpoint that does not match contexts never matches.
func (c *cpu) linkMatches(cr uint64) bool {
	n := int(cr >> dbgLBN & 15)
	if !contextAware(n) {
		return false
	}
	bcr := c.debug.bcr[n]
	return bcr&dbgE != 0 && bcr>>bcrBT&15 == btLinkedContext && c.contextMatches(n)
}

// beforeInstruction is called before each instruction while cpu.stepwise is set. It
// takes an exception that has priority over the instruction's own, and returns false
// then. Faults of the fetch have priority over breakpoints and the illegal execution
// state (DDI 0487 D1.3.5). If the fetch would fault, it returns true, so that the
// fault happens.
func (c *cpu) beforeInstruction() bool {
	if !c.beginStep() {
		return false
	}
	breaking := c.breaking()
	if !breaking && !c.il || !c.fetchable() {
		return true
	}
	if breaking && c.breakpoint() {
		c.takeException(aarch64.ECBreakpointLower, issDebug, c.PC)
		return false
	}
	if c.il {
		c.illegalState(c.PC)
		return false
	}
	return true
}

// afterInstruction is called after an instruction if cpu.stepwise was set before it.
func (c *cpu) afterInstruction() { c.endStep() }

func (c *cpu) fetchable() bool {
	if c.PC&3 != 0 {
		return false
	}
	_, f := c.translate(c.PC, accessFetch, c.regime())
	return !f.some
}
