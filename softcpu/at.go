package softcpu

import "github.com/miniboot-vmm/miniboot/aarch64"

// PAR_EL1 (DDI 0487 D24.2.126).
const (
	parF    = 1 << 0 // the translation failed
	parFST  = 1      // shift: fault status code
	parSH   = 7      // shift
	parRES1 = 1 << 11
	parATTR = 56 // shift: as in MAIR_EL1

	shOuter = 2 // how Device memory reports its shareability
)

// addressTranslate executes AT S1E1R, S1E1W, S1E0R and S1E0W: it translates by stage 1
// only and writes the result to PAR_EL1. PSTATE.PAN does not apply (that is
// FEAT_PAN2).
func (c *cpu) addressTranslate(va uint64, acc access, r regime) bool {
	m, f := c.translate(va, acc, r)
	if f.stage2 {
		return c.maintenanceFault(va, f)
	}
	if f.some {
		c.sys.par = parF | uint64(f.fsc)<<parFST | parRES1
		return true
	}
	attr, sh := c.memoryType(va)
	c.sys.par = m.pa&aarch64.DescAddress | attr<<parATTR | sh<<parSH | parRES1
	return true
}

// memoryType returns the memory attribute and shareability of an address that
// translates without a fault.
func (c *cpu) memoryType(va uint64) (attr, sh uint64) {
	if c.sys.sctlr&aarch64.SCTLR_M == 0 {
		return 0, shOuter // Device-nGnRnE
	}
	s := c.stage1()
	l, f := s.Walk(va, c.vm.readPhys64)
	attr = uint64(s.Attr(&l))
	if f.Some || aarch64.IsDevice(uint8(attr)) || attr == aarch64.NormalNC {
		return attr, shOuter
	}
	return attr, l.Desc >> aarch64.DescSH & 3
}
