package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// Instructions that generate exceptions and return from them (DDI 0487 C6.2).

func execSVC(c *cpu, op *a64.Op) bool {
	c.advanceStep()
	c.takeException(aarch64.ECSVC64, uint32(op.Imm&0xffff), c.PC+4)
	return false
}

// execHVC exits, if nobody answers, with the PC past the instruction, as hv's contract
// says.
func execHVC(c *cpu, op *a64.Op) bool {
	if c.el == 0 {
		c.undefined(c.PC)
		return false
	}
	if c.answerCall(op) {
		return true
	}
	c.advanceStep()
	c.PC += 4
	return c.exitWith(aarch64.MakeESR(aarch64.ECHVC64, uint32(op.Imm&0xffff)), 0, 0)
}

// execSMC exits with the PC at the instruction, as if HCR_EL2.TSC trapped it.
func execSMC(c *cpu, op *a64.Op) bool {
	if c.el == 0 {
		c.undefined(c.PC)
		return false
	}
	return c.exitWith(aarch64.MakeESR(aarch64.ECSMC64, uint32(op.Imm&0xffff)), 0, 0)
}

func execBRK(c *cpu, op *a64.Op) bool {
	c.takeException(aarch64.ECBRK64, uint32(op.Imm&0xffff), c.PC)
	return false
}

// execHLT, execDCPS and execDRPS are for an external debugger, which does not exist
// here. Halting debug is never enabled, and Debug state never entered.
func execHLT(c *cpu, op *a64.Op) bool  { return execUndefined(c, op) }
func execDCPS(c *cpu, op *a64.Op) bool { return execUndefined(c, op) }
func execDRPS(c *cpu, op *a64.Op) bool { return execUndefined(c, op) }

func execUndefined(c *cpu, op *a64.Op) bool {
	c.undefined(c.PC)
	return false
}

// execERET follows AArch64.ExceptionReturn. The return is illegal if SPSR_EL1 names a
// higher exception level or a mode that does not exist: setPSTATE handles that.
func execERET(c *cpu, op *a64.Op) bool {
	if c.el == 0 {
		c.undefined(c.PC)
		return false
	}
	spsr := c.sys.spsr &^ aarch64.PSTATE_SS
	if c.returnSS(c.sys.spsr) {
		spsr |= aarch64.PSTATE_SS
	}
	c.excl, c.event = exclusive{}, true
	c.setPSTATE(spsr)
	c.PC = c.branchAddr(c.sys.elr)
	return false
}
