package aarch64

// Stage1 holds the registers on which the stage 1 translation of EL1 and EL0
// depends (DDI 0487 D8): VMSAv8-64 with granules of 4, 16 and 64 KiB and 48-bit
// addresses. Hardware management of the access flag and dirty state, hierarchical
// permission disables, 52-bit addresses and big-endian tables are missing. The ID
// registers of the project's processor do not offer them.
type Stage1 struct {
	SCTLR, TCR, TTBR0, TTBR1, MAIR uint64

	PABits uint // width of the processor's physical addresses, in bits
}

// Leaf is a block or page that a walk has found.
type Leaf struct {
	PA    uint64 // output address for the address that was looked up
	Size  uint64 // bytes
	Desc  uint64 // the descriptor; AP, PXN and UXN include the limits of the tables above it
	Level uint8
}

// Fault says why an address does not translate.
type Fault struct {
	FSC  FSC    // with its level
	Some bool   // false: there is no fault
	Hole bool   // Slot is unmapped: stage 2 decides what that means, and FSC is not set
	Slot uint64 // the physical address of the descriptor that could not be read
}

// FaultAt returns a fault of one kind at a level.
func FaultAt(kind FSC, level uint8) Fault { return Fault{FSC: kind + FSC(level), Some: true} }

// Flat translates with the MMU off: the output address is the input address
// (DDI 0487 D8.2.10).
func (s *Stage1) Flat(va uint64) (pa uint64, f Fault) {
	if TBI(s.TCR, va) {
		va &= 1<<56 - 1
	}
	if va>>s.PABits != 0 {
		return 0, FaultAt(FSCAddressSize, 0)
	}
	return va, Fault{}
}

// Walk looks va up in the translation tables. read returns the descriptor at pa,
// a multiple of 8; ok is false if pa is unmapped. Walk allocates nothing if read
// does not. The caller checks permissions: see Permissions.
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
	outside := uint64(DescAddress) &^ (1<<s.outputBits() - 1) // address bits that must be zero

	// The first table has only the entries that the input width needs. It is
	// aligned to its size.
	size := uint64(8) << (h.bits - shift)
	table := base & (1<<48 - 1) &^ (size - 1)
	if table&outside != 0 {
		return Leaf{}, FaultAt(FSCAddressSize, 0)
	}
	index := (va & (1<<h.bits - 1)) >> shift
	var tables uint64 // attributes of the table descriptors so far
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

// outputBits returns the width of output addresses in bits.
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

// Permissions returns what may be done with l at EL0, or else at EL1 with or
// without PSTATE.PAN (DDI 0487 D8.4). EL1 never executes what EL0 can write. PAN
// forbids EL1 to load from or store to what EL0 can access; it does not forbid
// execution.
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
	return uint8(s.MAIR >> ((l.Desc >> DescAttrIndx & 7) * 8))
}
