package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// watchpoint is called before a load or store of size bytes that does not fault. If a
// watchpoint matches, it takes the exception and returns true. el0 is set for LDTR and
// the like too. The PC is at the instruction.
func (c *cpu) watchpoint(va, size uint64, write, el0 bool) bool {
	var iss uint32
	if write {
		iss = aarch64.AbortWnR
	}
	return c.watchpointWith(iss, va, size, write, el0)
}

func (c *cpu) watchpointWith(iss uint32, va, size uint64, write, el0 bool) bool {
	if !c.debug.watching || !c.debugEnabledNow() {
		return false
	}
	for n := range c.debug.wcr {
		at, ok := c.watchpointMatches(n, va, size, write, el0)
		if !ok {
			continue
		}
		c.sys.far = at
		c.takeException(aarch64.ECWatchpointLower, iss|issDebug, c.PC)
		return true
	}
	return false
}

// watchpointMatches returns the first of the bytes accessed that watchpoint n
// watches.
func (c *cpu) watchpointMatches(n int, va, size uint64, write, el0 bool) (at uint64, ok bool) {
	wcr := c.debug.wcr[n]
	lsc, el := uint64(1), uint8(1)
	if write {
		lsc = 2
	}
	if el0 {
		el = 0
	}
	switch {
	case wcr&dbgE == 0, wcr>>wcrLSC&lsc == 0, !matchesEL(wcr, el):
		return 0, false
	case wcr&wcrWT != 0 && !c.linkMatches(wcr):
		return 0, false
	}
	for i := range size {
		if watches(c.debug.wvr[n], wcr, va+i) {
			return va + i, true
		}
	}
	return 0, false
}

// watches says whether a watchpoint covers the byte at va
// (AArch64.WatchpointByteMatch). It covers the bytes that BAS selects in a doubleword,
// or in a word if bit 2 of the address is set, or else 2^MASK bytes. MASK values 1 and
// 2 are reserved, and MASK with only a part of BAS is unpredictable: such a watchpoint
// never matches.
func watches(wvr, wcr, va uint64) bool {
	bas, mask := wcr>>wcrBAS&0xff, uint(wcr>>wcrMASK&31)
	low := uint(3)
	if wvr>>2&1 != 0 {
		low = 2
	}
	if mask != 0 {
		if mask < 3 || bas != 0xff {
			return false
		}
		return ((va^wvr)&dbgAddress)>>mask == 0
	}
	return ((va^wvr)&dbgAddress)>>low == 0 && bas>>(va&(1<<low-1))&1 != 0
}
