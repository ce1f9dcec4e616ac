package aarch64

// Fields of a translation table descriptor of stage 1 (DDI 0487 D8.3). Those
// with several bits are shifts.
const (
	DescValid = 1 << 0
	DescTable = 1 << 1 // a table, or at level 3 a page

	DescAttrIndx = 2      // of MAIR_EL1
	DescAP1      = 1 << 6 // EL0 may access
	DescAP2      = 1 << 7 // read-only
	DescSH       = 8
	DescAF       = 1 << 10
	DescNG       = 1 << 11
	DescPXN      = 1 << 53
	DescUXN      = 1 << 54

	DescPXNTable = 1 << 59
	DescUXNTable = 1 << 60
	DescAPTable0 = 1 << 61 // no access at EL0 below this table
	DescAPTable1 = 1 << 62 // no writes below it

	DescAddress = 1<<48 - 1<<12 // mask of the output address
)

// validDescriptor says whether a level allows the descriptor's two low bits.
// Blocks exist at level 2, and with 4 KiB granules at level 1.
func validDescriptor(desc uint64, level, granule uint) bool {
	if desc&DescValid == 0 {
		return false
	}
	if desc&DescTable != 0 {
		return true
	}
	return level == 2 || level == 1 && granule == 12
}

// restrict returns a leaf's descriptor without the rights that the table
// descriptors above it forbid.
func restrict(desc, tables uint64) uint64 {
	if tables&DescAPTable0 != 0 {
		desc &^= DescAP1
	}
	if tables&DescAPTable1 != 0 {
		desc |= DescAP2
	}
	if tables&DescPXNTable != 0 {
		desc |= DescPXN
	}
	if tables&DescUXNTable != 0 {
		desc |= DescUXN
	}
	return desc
}

// IsDevice says whether attr, a byte of MAIR_EL1, describes Device memory.
func IsDevice(attr uint8) bool { return attr&0xf0 == 0 }

// NormalNC is the attribute of Normal non-cacheable memory. Such memory is always
// outer shareable.
const NormalNC = 0x44
