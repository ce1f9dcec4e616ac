package aarch64

// Stage1 holds the registers that the stage 1 translation of EL1 and EL0
// depends on (DDI 0487 D8): VMSAv8-64 with 4, 16 and 64 KiB granules and 48-bit
// addresses. Not here: hardware management of the access flag and dirty state,
// hierarchical permission disables, 52-bit addresses, big-endian tables. The
// project's processor does not offer them in its ID registers.
type Stage1 struct {
	SCTLR, TCR, TTBR0, TTBR1, MAIR uint64

	PABits uint // the processor's width of physical addresses
}

// Leaf is a block or page that a walk has found.
type Leaf struct {
	PA    uint64 // of the address that was looked up
	Size  uint64 // bytes
	Desc  uint64 // the descriptor, with the tables' limits worked into AP, PXN and UXN
	Level uint8
}

// Fault says why an address does not translate.
type Fault struct {
	FSC  FSC    // with its level
	Some bool   // false: there is no fault
	Hole bool   // no memory is at Slot; what that means is stage 2's matter, and FSC is not set
	Slot uint64 // the physical address of the descriptor that could not be read
}

// FaultAt is a fault of one kind at a level.
func FaultAt(kind FSC, level uint8) Fault { return Fault{FSC: kind + FSC(level), Some: true} }

// Flat translates with the MMU off (D8.2.10): addresses stay as they are.
func (s *Stage1) Flat(va uint64) (pa uint64, f Fault) {
	if TBI(s.TCR, va) {
		va &= 1<<56 - 1
	}
	if va>>s.PABits != 0 {
		return 0, FaultAt(FSCAddressSize, 0)
	}
	return va, Fault{}
}

// Walk looks va up in the translation tables. read returns the descriptor at a
// physical address, a multiple of 8; ok is false where no memory is. Walk
// allocates nothing if read does not. Permission faults are the caller's
// matter.
func (s *Stage1) Walk(va uint64, read func(pa uint64) (desc uint64, ok bool)) (Leaf, Fault) {
	h := newHalf(s.TCR, va)
	base, excess := s.TTBR0, va
	if h.upper {
		base, excess = s.TTBR1, ^va
	}
	if h.tbi {
		excess &= 1<<56 - 1
	}
	if h.disabled || excess>>h.bits != 0 {
		return Leaf{}, FaultAt(FSCTranslation, 0)
	}

	stride := h.granule - 3
	level := 4 - (h.bits-h.granule+stride-1)/stride
	shift := h.granule + (3-level)*stride
	outside := uint64(DescAddress) &^ (1<<s.outputBits() - 1) // address bits that have to be zero

	// The first table is as big as needed, and aligned to its size.
	size := uint64(8) << (h.bits - shift)
	table := base & (1<<48 - 1) &^ (size - 1)
	if table&outside != 0 {
		return Leaf{}, FaultAt(FSCAddressSize, 0)
	}
	index := va & (1<<h.bits - 1) >> shift
	var tables uint64 // the attributes of the tables on the way
	for {
		slot := table + index*8
		desc, ok := read(slot)
		switch {
		case !ok:
			return Leaf{}, Fault{Some: true, Hole: true, Slot: slot}
		case !validDescriptor(desc, level, h.granule):
			return Leaf{}, FaultAt(FSCTranslation, uint8(level))
		case desc&outside != 0:
			return Leaf{}, FaultAt(FSCAddressSize, uint8(level))
		case level == 3 || desc&DescTable == 0:
			return newLeaf(va, desc, tables, level, shift)
		}
		tables |= desc
		table = desc & DescAddress &^ (1<<h.granule - 1)
		level++
		shift -= stride
		index = va >> shift & (1<<stride - 1)
	}
}

// outputBits returns the width of output addresses.
func (s *Stage1) outputBits() uint { return min(PABits(s.TCR>>TCR_IPS), s.PABits) }

func newLeaf(va, desc, tables uint64, level, shift uint) (Leaf, Fault) {
	if desc&DescAF == 0 {
		return Leaf{}, FaultAt(FSCAccessFlag, uint8(level))
	}
	within := uint64(1)<<shift - 1
	return Leaf{
		PA:    desc&DescAddress&^within | va&within,
		Size:  within + 1,
		Desc:  restrict(desc, tables),
		Level: uint8(level),
	}, Fault{}
}

// Permissions returns what EL0, or else EL1 with or without PSTATE.PAN, may do
// with l (D8.4). What EL0 can write EL1 never executes. PAN takes data accesses
// at EL1 away from what EL0 can access; execution keeps its own.
func (s *Stage1) Permissions(l *Leaf, el0, pan bool) (read, write, exec bool) {
	user := l.Desc&DescAP1 != 0
	writable := l.Desc&DescAP2 == 0
	wxn := s.SCTLR&SCTLR_WXN != 0
	if el0 {
		write = user && writable
		return user, write, l.Desc&DescUXN == 0 && !(write && wxn)
	}
	exec = l.Desc&DescPXN == 0 && !(writable && wxn) && !(user && writable)
	if pan && user {
		return false, false, exec
	}
	return true, writable, exec
}

// Attr returns the byte of MAIR_EL1 that l's descriptor chooses.
func (s *Stage1) Attr(l *Leaf) uint8 {
	return uint8(s.MAIR >> (l.Desc >> DescAttrIndx & 7 * 8))
}
