package softcpu

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Bits of cpu.daif.
const (
	maskF = 1 << 0
	maskI = 1 << 1
	maskA = 1 << 2
	maskD = 1 << 3
)

// pstate returns PSTATE in the layout of SPSR_EL1.
func (c *cpu) pstate() uint64 {
	v := uint64(c.NZCV()) | uint64(c.daif)<<aarch64.PSTATE_DAIF | uint64(c.el)<<2 | uint64(c.spsel)
	if c.pan {
		v |= aarch64.PSTATE_PAN
	}
	if c.ss {
		v |= aarch64.PSTATE_SS
	}
	if c.il {
		v |= aarch64.PSTATE_IL
	}
	return v
}

// setPSTATE sets PSTATE from the layout of SPSR_EL1. If this CPU does not have the
// mode, the mode stays as it is and PSTATE.IL is set, as in an illegal exception
// return (DDI 0487 D1.4.4).
func (c *cpu) setPSTATE(v uint64) {
	c.SetNZCV(uint32(v))
	c.daif = uint8(v >> aarch64.PSTATE_DAIF & 15)
	c.pan = v&aarch64.PSTATE_PAN != 0
	c.ss = v&aarch64.PSTATE_SS != 0
	c.il = v&aarch64.PSTATE_IL != 0
	if el, spsel, ok := modeOf(v); ok {
		c.setMode(el, spsel)
	} else {
		c.il = true
	}
	c.updateMode()
}

// modeOf returns the exception level and stack pointer that PSTATE.M names.
func modeOf(v uint64) (el, spsel uint8, ok bool) {
	switch v & aarch64.PSTATE_M {
	case aarch64.PSTATE_EL0t:
		return 0, 0, true
	case aarch64.PSTATE_EL1t:
		return 1, 0, true
	case aarch64.PSTATE_EL1h:
		return 1, 1, true
	}
	return 0, 0, false
}

// setMode changes exception level and stack pointer selection. At EL0 spsel is 0. The
// caller calls updateMode afterwards.
func (c *cpu) setMode(el, spsel uint8) {
	if spsel != c.spsel {
		sp := &c.X[a64.SP]
		*sp, c.spOther = c.spOther, *sp
	}
	c.el, c.spsel = el, spsel
}

// spEL returns a pointer to the current place of SP_EL0 or SP_EL1: see setMode.
func (c *cpu) spEL(n uint8) *uint64 {
	if n == c.spsel {
		return &c.X[a64.SP]
	}
	return &c.spOther
}

// regime returns whose permissions ordinary loads and stores have now.
func (c *cpu) regime() regime {
	switch {
	case c.el == 0:
		return regimeEL0
	case c.pan:
		return regimeEL1PAN
	}
	return regimeEL1
}

// updateMode recomputes the fields that depend on PSTATE, CPACR_EL1 and the debug
// registers. Whoever changes one of those calls it.
func (c *cpu) updateMode() {
	fpen := c.sys.cpacr >> aarch64.CPACR_FPEN & 3
	c.fpTrapped = fpen != 3 && (fpen != 1 || c.el == 0)
	c.stepwise = c.il || c.stepping() || c.breaking()
	c.mmu.selectRegime(c.regime())
}

// branchAddr returns the PC after a branch to va. If translation ignores the top byte,
// that byte is replaced by the sign extension of the rest (DDI 0487 D4.1.1).
func (c *cpu) branchAddr(va uint64) uint64 {
	if aarch64.TBI(c.sys.tcr, va) {
		return uint64(int64(va<<8) >> 8)
	}
	return va
}

// next makes the engine leave its loop after the current instruction, so that it looks
// at the CPU's state again. Executors return its result.
func (c *cpu) next() bool {
	c.PC += 4
	return false
}
