package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// idRegs is the identification space, op0=3, op1=0, CRn=0, indexed by CRm<<3 | op2.
// The host may change it. Registers that are not set here, such as those of AArch32,
// read as zero.
type idRegs struct {
	reg [64]uint64
}

// Indices into idRegs.reg.
const (
	idMIDR   = int(aarch64.MIDR_EL1 & 63)
	idMPIDR  = int(aarch64.MPIDR_EL1 & 63)
	idREVIDR = int(aarch64.REVIDR_EL1 & 63)
	idPFR0   = int(aarch64.ID_AA64PFR0_EL1 & 63)
	idDFR0   = int(aarch64.ID_AA64DFR0_EL1 & 63)
	idISAR0  = int(aarch64.ID_AA64ISAR0_EL1 & 63)
	idMMFR0  = int(aarch64.ID_AA64MMFR0_EL1 & 63)
	idMMFR1  = int(aarch64.ID_AA64MMFR1_EL1 & 63)

	idFirstFeature = 1 << 3 // CRm 1 to 7 are all readable, reserved ones as zero
)

// Numbers of hardware breakpoints, watchpoints, and context-aware breakpoints. The
// context-aware ones are the last breakpoints.
const (
	numBreakpoints  = 6
	numWatchpoints  = 4
	numContextAware = 2
)

const (
	// midr: implementer 0 is reserved for software, architecture 0xf means
	// "see the ID registers". The part number is ours.
	midr = 0xf<<16 | 0x6d6<<4

	// pfr0: EL0 and EL1 in AArch64 only, no EL2, no EL3, FP and AdvSIMD. The host
	// adds the GIC's system registers. CSV2 and CSV3: no speculation across
	// contexts, so kernels need no mitigations.
	pfr0 = 1<<0 | 1<<4 | 1<<56 | 1<<60

	// dfr0: the Armv8 debug architecture, no PMU, no trace.
	dfr0 = 6<<0 | (numBreakpoints-1)<<12 | (numWatchpoints-1)<<20 | (numContextAware-1)<<28

	// isar0: AES with PMULL, SHA1, SHA256, CRC32, LSE atomics.
	isar0 = 2<<4 | 1<<8 | 1<<12 | 1<<16 | 2<<20

	// mmfr0: 16-bit ASIDs, little-endian only, granules of 4, 16 and 64 KiB.
	// PARange comes from the machine.
	mmfr0 = 2<<4 | 1<<20 | 0<<24 | 0<<28

	// mmfr1: PAN.
	mmfr1 = 1 << 20

	// mpidrRES1 is bit 31; bit 30 (U) clear means part of a multiprocessor.
	mpidrRES1 = 1 << 31
)

func (r *idRegs) reset(index, ipaBits int) {
	*r = idRegs{}
	r.reg[idMIDR] = midr
	r.reg[idMPIDR] = mpidrRES1 | uint64(index)&0xff
	r.reg[idPFR0] = pfr0
	r.reg[idDFR0] = dfr0
	r.reg[idISAR0] = isar0
	r.reg[idMMFR0] = mmfr0 | aarch64.PARange(ipaBits)
	r.reg[idMMFR1] = mmfr1
}

// Cache type registers. Lines are 64 bytes: 16 words.
const (
	// ctrEL0: IminLine, PIPT, DminLine, ERG, CWG. IDC is set: data caches need no
	// cleaning for instruction fetches. DIC is clear: instruction caches need
	// invalidation, on which the predecoded instructions rely.
	ctrEL0 = 4<<0 | 3<<14 | 4<<16 | 4<<20 | 4<<24 | 1<<28 | 1<<31

	// dczidEL0: DC ZVA clears 16 words. Bit 4 (DZP) depends on SCTLR_EL1.
	dczidEL0 = 4
	dczidDZP = 1 << 4

	// clidrEL1: separate caches at level 1, one at level 2, coherent there.
	clidrEL1 = 3<<0 | 4<<3 | 2<<24
)

// dczid returns DCZID_EL0 as the current EL sees it.
func (c *cpu) dczid() uint64 {
	if c.el == 0 && c.sys.sctlr&aarch64.SCTLR_DZE == 0 {
		return dczidEL0 | dczidDZP
	}
	return dczidEL0
}

// ccsidr returns CCSIDR_EL1 of the cache that CSSELR_EL1 selects: 64 KiB with 4
// ways for data and for instructions, 4 MiB with 16 ways at level 2.
func (c *cpu) ccsidr() uint64 {
	switch c.sys.csselr {
	case 0<<1 | 0, 0<<1 | 1:
		return cacheGeometry(64<<10, 4)
	case 1<<1 | 0:
		return cacheGeometry(4<<20, 16)
	}
	return 0
}

func cacheGeometry(bytes, ways uint64) uint64 {
	const line = 64
	sets := bytes / ways / line
	return (sets-1)<<13 | (ways-1)<<3 | 2 // LineSize: log2(line) - 4
}

// idRegDefs returns the rows of the identification space.
func idRegDefs() []sysRegDef {
	var rows []sysRegDef
	for i := range (idRegs{}).reg {
		if i < idFirstFeature && i != idMIDR && i != idMPIDR && i != idREVIDR {
			continue
		}
		d := sysRegDef{
			reg:   aarch64.SysRegOf(3, 0, 0, uint32(i>>3), uint32(i&7)),
			el1:   read,
			mask:  ^uint64(0),
			field: func(c *cpu) *uint64 { return &c.sys.id.reg[i] },
		}
		if i == idMPIDR {
			d.ones = mpidrRES1
		}
		rows = append(rows, d)
	}
	return rows
}
