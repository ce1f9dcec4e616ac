package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// stepState is the state of software step (DDI 0487 D2.11) beyond PSTATE.SS. While
// stepping is enabled, PSTATE.SS tells two states apart. Set is active-not-pending:
// one instruction executes, and PSTATE.SS clears. Clear is active-pending: the step
// exception comes before the next instruction.
type stepState struct {
	active    bool   // the current instruction is being stepped
	pc        uint64 // its address
	exclusive bool   // it is a load-exclusive
	stepped   bool   // the last instruction was stepped, so exclusive is about it
}

// Fields of the ISS of a software step exception.
const (
	issStepISV = 1 << 24 // EX is valid: an instruction was stepped
	issStepEX  = 1 << 6  // it was a load-exclusive
)

// stepping says whether the software step state machine is active.
func (c *cpu) stepping() bool { return c.sys.mdscr&mdscrSS != 0 && c.debugEnabledNow() }

// beginStep takes the step exception if it is pending, and returns false then.
func (c *cpu) beginStep() bool {
	s := &c.debug.step
	s.active = c.stepping()
	if !s.active {
		s.stepped = false
		return true
	}
	if !c.ss {
		c.stepException()
		return false
	}
	s.pc, s.exclusive = c.PC, c.isLoadExclusive(c.PC)
	s.stepped = false
	return true
}

func (c *cpu) stepException() {
	iss := issDebug
	if s := &c.debug.step; s.stepped {
		iss |= issStepISV
		if s.exclusive {
			iss |= issStepEX
		}
	}
	c.takeException(aarch64.ECStepLower, iss, c.PC)
}

// endStep completes the step of an instruction that raised no exception. If the host
// emulates the instruction, it clears PSTATE.SS itself when it adds 4 to the PC.
func (c *cpu) endStep() {
	s := &c.debug.step
	if !s.active || c.stop && c.PC == s.pc {
		return
	}
	s.active, s.stepped = false, true
	c.ss = false
}

// forget is called when an exception is taken: its handler is not stepped.
func (s *stepState) forget() { s.active, s.stepped = false, false }

// advanceStep is SSAdvance. The step of SVC and HVC is complete before their exception
// is taken, so that the step exception comes after them.
func (c *cpu) advanceStep() {
	if c.stepping() {
		c.ss = false
	}
}

// returnSS is DebugExceptionReturnSS: what PSTATE.SS becomes in an exception
// return with spsr.
func (c *cpu) returnSS(spsr uint64) bool {
	el, _, ok := modeOf(spsr)
	if !ok {
		el = c.el
	}
	masked := spsr&(maskD<<aarch64.PSTATE_DAIF) != 0
	return c.sys.mdscr&mdscrSS != 0 && !c.debugEnabledNow() && c.debugEnabled(el, masked) && spsr&aarch64.PSTATE_SS != 0
}

// isLoadExclusive says whether the instruction at va is LDXR, LDAXR, LDXP or
// LDAXP, in any size.
func (c *cpu) isLoadExclusive(va uint64) bool {
	m, f := c.translate(va, accessFetch, c.regime())
	if f.some || va&3 != 0 {
		return false
	}
	v, ok := c.vm.readPhys64(m.pa &^ 7)
	w := uint32(v >> ((m.pa & 4) * 8))
	return ok && w&0x3fc00000 == 0x08400000 // bits 29:24 = 001000, o2 = 0, L = 1
}
