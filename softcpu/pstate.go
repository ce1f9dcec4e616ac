package softcpu

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Bits of PSTATE where SPSR_EL1 and the host's CPSR have them (DDI 0487
// C5.2.19).
const (
	pstateM    = 0x1f    // mode
	pstateDAIF = 6       // shift of D A I F, with F in the lowest bit
	pstateIL   = 1 << 20 // illegal execution state
	pstateSS   = 1 << 21 // software step
	pstatePAN  = 1 << 22
	pstateNZCV = 15 << 28

	pstateEL0t = 0
	pstateEL1t = 4
	pstateEL1h = 5

	spsrWritable = pstateNZCV | pstatePAN | pstateSS | pstateIL | 15<<pstateDAIF | pstateM
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
	v := uint64(c.NZCV()) | uint64(c.daif)<<pstateDAIF | uint64(c.el)<<2 | uint64(c.spsel)
	if c.pan {
		v |= pstatePAN
	}
	if c.ss {
		v |= pstateSS
	}
	if c.il {
		v |= pstateIL
	}
	return v
}

// setPSTATE sets PSTATE from the layout of SPSR_EL1. A mode that this CPU does
// not have leaves the mode as it is and sets PSTATE.IL, as an illegal exception
// return does (DDI 0487 D1.4.4).
func (c *cpu) setPSTATE(v uint64) {
	c.SetNZCV(uint32(v))
	c.daif = uint8(v >> pstateDAIF & 15)
	c.pan = v&pstatePAN != 0
	c.ss = v&pstateSS != 0
	c.il = v&pstateIL != 0
	if el, spsel, ok := modeOf(v); ok {
		c.setMode(el, spsel)
	} else {
		c.il = true
	}
	c.updateMode()
}

// modeOf returns the exception level and stack pointer that PSTATE.M names.
func modeOf(v uint64) (el, spsel uint8, ok bool) {
	switch v & pstateM {
	case pstateEL0t:
		return 0, 0, true
	case pstateEL1t:
		return 1, 0, true
	case pstateEL1h:
		return 1, 1, true
	}
	return 0, 0, false
}

// setMode changes exception level and stack pointer selection. At EL0 spsel is
// 0. updateMode must follow.
func (c *cpu) setMode(el, spsel uint8) {
	if spsel != c.spsel {
		sp := &c.X[a64.SP]
		*sp, c.spOther = c.spOther, *sp
	}
	c.el, c.spsel = el, spsel
}

// spEL returns where SP_EL0 or SP_EL1 is kept at the moment.
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

// updateMode recomputes what follows from PSTATE, CPACR_EL1 and the debug
// registers. Whoever changes one of those calls it.
func (c *cpu) updateMode() {
	fpen := c.sys.cpacr >> cpacrFPEN & 3
	c.fpTrapped = fpen != 3 && (fpen != 1 || c.el == 0)
	c.stepwise = c.il || c.stepping() || c.breaking()
	c.mmu.selectRegime(c.regime())
}

// branchAddr returns where a branch to va goes: with the top byte ignored, the
// PC holds the address with that byte sign-extended (DDI 0487 D4.1.1).
func (c *cpu) branchAddr(va uint64) uint64 {
	tbi := uint64(tcrTBI0)
	if va>>55&1 != 0 {
		tbi = tcrTBI1
	}
	if c.sys.tcr&tbi != 0 {
		return uint64(int64(va<<8) >> 8)
	}
	return va
}

// next leaves the engine's loop behind the current instruction, so that it
// looks at the CPU's state anew. Executors return its result.
func (c *cpu) next() bool {
	c.PC += 4
	return false
}
