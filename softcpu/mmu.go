package softcpu

import (
	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Stage 1 translation for EL1 and EL0 (DDI 0487 D8): VMSAv8-64 with 4, 16 and
// 64 KiB granules and 48-bit addresses. Output addresses are guest physical
// ones; what lies behind them is stage 2's matter. Not here, because the ID
// registers do not offer it: hardware management of the access flag and dirty
// state, hierarchical permission disables, 52-bit addresses, big-endian tables.

// Bits of a translation table descriptor.
const (
	descValid = 1 << 0
	descTable = 1 << 1 // a table, or at level 3 a page

	descAttrIndx = 2      // shift
	descAP1      = 1 << 6 // EL0 may access
	descAP2      = 1 << 7 // read-only
	descSH       = 8      // shift
	descAF       = 1 << 10
	descNG       = 1 << 11
	descPXN      = 1 << 53
	descUXN      = 1 << 54

	descPXNTable = 1 << 59
	descUXNTable = 1 << 60
	descAPTable0 = 1 << 61 // no access at EL0 below this table
	descAPTable1 = 1 << 62 // no writes below it

	descAddress = 1<<48 - 1<<12
)

// half is what translates one of the two halves of the address space.
type half struct {
	table    uint64 // TTBR
	bits     uint   // width of an input address, 64 - TxSZ
	grain    uint   // log2 of the granule
	upper    bool   // addresses have ones above bits
	tbi      bool   // the top byte is ignored
	disabled bool   // EPDx
}

// Granules by TCR_EL1.TG0 and TG1; a reserved value means 4 KiB.
var (
	grainTG0 = [4]uint8{12, 16, 14, 12}
	grainTG1 = [4]uint8{12, 14, 12, 16}
)

// The widths that TxSZ can give without later extensions. A value beyond them
// acts as the nearest one within (constrained unpredictable).
const (
	minVABits = 25
	maxVABits = 48
)

// half returns what translates va, which bit 55 chooses.
func (s *sysRegs) half(va uint64) half {
	if va>>55&1 == 0 {
		return half{
			table:    s.ttbr0,
			bits:     vaBits(s.tcr >> tcrT0SZ),
			grain:    uint(grainTG0[s.tcr>>tcrTG0&3]),
			tbi:      s.tcr&tcrTBI0 != 0,
			disabled: s.tcr&tcrEPD0 != 0,
		}
	}
	return half{
		table:    s.ttbr1,
		bits:     vaBits(s.tcr >> tcrT1SZ),
		grain:    uint(grainTG1[s.tcr>>tcrTG1&3]),
		upper:    true,
		tbi:      s.tcr&tcrTBI1 != 0,
		disabled: s.tcr&tcrEPD1 != 0,
	}
}

func vaBits(tsz uint64) uint {
	return min(max(64-uint(tsz&63), minVABits), maxVABits)
}

// granule returns the size in bytes of the pages around va.
func (c *cpu) granule(va uint64) uint64 { return 1 << c.sys.half(va).grain }

// paBits are the values of TCR_EL1.IPS and ID_AA64MMFR0_EL1.PARange. Those from
// 6 up are of later extensions and act as 48.
var paBits = [8]uint{32, 36, 40, 42, 44, 48, 48, 48}

// physicalBits returns the width of physical addresses.
func (s *sysRegs) physicalBits() uint { return paBits[s.id.reg[idMMFR0]&7] }

// outputBits returns the width of output addresses.
func (s *sysRegs) outputBits() uint { return min(paBits[s.tcr>>tcrIPS&7], s.physicalBits()) }

// leaf is a block or page that a walk has found.
type leaf struct {
	pa    uint64 // of the address that was looked up
	size  uint64 // bytes
	desc  uint64 // the descriptor, with the tables' limits worked into AP, PXN and UXN
	level uint8
}

func faultAt(fsc aarch64.FSC, level uint) fault {
	return fault{fsc: uint8(fsc) + uint8(level), some: true}
}

// translate translates va for an access in regime r. It allocates nothing.
func (c *cpu) translate(va uint64, acc access, r regime) (mapping, fault) {
	if c.sys.sctlr&sctlrM == 0 {
		return c.translateFlat(va, acc)
	}
	l, f := c.walk(va)
	if f.some {
		return mapping{}, f
	}
	m := mapping{
		pa:        l.pa,
		size:      l.size,
		device:    isDevice(c.sys.attr(l.desc)),
		nonGlobal: l.desc&descNG != 0,
	}
	m.read, m.write, m.exec = c.sys.permissions(l.desc, r)
	if !m.allows(acc) {
		return mapping{}, faultAt(aarch64.FSCPermission, uint(l.level))
	}
	return m, fault{}
}

func (m *mapping) allows(acc access) bool {
	switch acc {
	case accessRead:
		return m.read
	case accessWrite:
		return m.write
	}
	return m.exec
}

// translateFlat translates with the MMU off (DDI 0487 D8.2.10): addresses stay
// as they are, data is Device-nGnRnE, and all accesses are allowed.
func (c *cpu) translateFlat(va uint64, acc access) (mapping, fault) {
	pa := va
	if c.sys.half(va).tbi {
		pa &= 1<<56 - 1
	}
	if pa>>c.sys.physicalBits() != 0 {
		return mapping{}, faultAt(aarch64.FSCAddressSize, 0)
	}
	return mapping{pa: pa, size: 4096, read: true, write: true, exec: true, device: acc != accessFetch}, fault{}
}

// walk looks va up in the translation tables. Of the faults, permission faults
// are the caller's matter.
func (c *cpu) walk(va uint64) (leaf, fault) {
	h := c.sys.half(va)
	excess := va
	if h.upper {
		excess = ^va
	}
	if h.tbi {
		excess &= 1<<56 - 1
	}
	if h.disabled || excess>>h.bits != 0 {
		return leaf{}, faultAt(aarch64.FSCTranslation, 0)
	}

	stride := h.grain - 3
	level := 4 - (h.bits-h.grain+stride-1)/stride
	shift := h.grain + (3-level)*stride
	outside := uint64(descAddress) &^ (1<<c.sys.outputBits() - 1) // address bits that have to be zero

	// The first table is as big as needed, and aligned to its size.
	tableSize := uint64(8) << (h.bits - shift)
	table := h.table & (1<<48 - 1) &^ (tableSize - 1)
	if table&outside != 0 {
		return leaf{}, faultAt(aarch64.FSCAddressSize, 0)
	}
	index := va & (1<<h.bits - 1) >> shift
	var limits uint64 // the table attributes met on the way
	for {
		entry := table + index*8
		desc, ok := c.vm.readPhys64(entry)
		if !ok {
			return leaf{}, fault{fsc: uint8(aarch64.FSCTranslation) + 3, s1ptw: true, ipa: entry, stage2: true, some: true}
		}
		if !validDescriptor(desc, level, h.grain) {
			return leaf{}, faultAt(aarch64.FSCTranslation, level)
		}
		if desc&outside != 0 {
			return leaf{}, faultAt(aarch64.FSCAddressSize, level)
		}
		if level == 3 || desc&descTable == 0 {
			return newLeaf(va, desc, limits, level, shift)
		}
		limits |= desc
		table = desc & descAddress &^ (1<<h.grain - 1)
		level++
		shift -= stride
		index = va >> shift & (1<<stride - 1)
	}
}

// validDescriptor says whether the two low bits are allowed at a level: blocks
// exist at level 2, and with 4 KiB granules at level 1.
func validDescriptor(desc uint64, level, grain uint) bool {
	if desc&descValid == 0 {
		return false
	}
	if desc&descTable != 0 {
		return true
	}
	return level == 2 || level == 1 && grain == 12
}

func newLeaf(va, desc, limits uint64, level, shift uint) (leaf, fault) {
	if desc&descAF == 0 {
		return leaf{}, faultAt(aarch64.FSCAccessFlag, level)
	}
	if limits&descAPTable0 != 0 {
		desc &^= descAP1
	}
	if limits&descAPTable1 != 0 {
		desc |= descAP2
	}
	if limits&descPXNTable != 0 {
		desc |= descPXN
	}
	if limits&descUXNTable != 0 {
		desc |= descUXN
	}
	within := uint64(1)<<shift - 1
	return leaf{
		pa:    desc&descAddress&^within | va&within,
		size:  within + 1,
		desc:  desc,
		level: uint8(level),
	}, fault{}
}

// permissions returns what regime r may do (DDI 0487 D8.4). What EL0 can write
// EL1 never executes. PAN takes data accesses at EL1 away from what EL0 can
// access; execution and LDTR-type accesses, which are EL0's, keep theirs.
func (s *sysRegs) permissions(desc uint64, r regime) (read, write, exec bool) {
	user := desc&descAP1 != 0
	writable := desc&descAP2 == 0
	wxn := s.sctlr&sctlrWXN != 0
	if r == regimeEL0 {
		write = user && writable
		return user, write, desc&descUXN == 0 && !(write && wxn)
	}
	exec = desc&descPXN == 0 && !(writable && wxn) && !(user && writable)
	if r == regimeEL1PAN && user {
		return false, false, exec
	}
	return true, writable, exec
}

// attr returns the byte of MAIR_EL1 that a descriptor chooses.
func (s *sysRegs) attr(desc uint64) uint8 {
	return uint8(s.mair >> (desc >> descAttrIndx & 7 * 8))
}

// isDevice says whether a memory attribute is one of Device memory.
func isDevice(attr uint8) bool { return attr&0xf0 == 0 }
