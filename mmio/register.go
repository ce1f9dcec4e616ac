package mmio

// Register is one line of a device's register table, as its manual prints it.
type Register struct {
	Off   uint64 // bytes from the start of the region
	Name  string
	Read  uint64 // bits that a read can return; 0 for a write-only register
	Write uint64 // bits that a write can affect; 0 for a read-only register
	Reset uint64 // value after reset, where it is fixed
}

// RegisterTable is a device's registers, lowest offset first. Its offsets are
// those of 32-bit words.
type RegisterTable []Register

// Find returns the register that an access reaches, or nil: only an aligned
// access of at most 4 bytes at a register's own offset reaches one. That is
// how the APB peripherals of the PrimeCell family are wired, on a bus without
// byte strobes: a narrow read returns the low bits, a narrow write is
// extended with zeros.
func (t RegisterTable) Find(a Access) *Register {
	if a.Size > 4 {
		return nil
	}
	lo, hi := 0, len(t)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if t[mid].Off < a.Off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(t) || t[lo].Off != a.Off {
		return nil
	}
	return &t[lo]
}

// PrimeCellID is the eight identification registers that end the 4 KiB region
// of an Arm PrimeCell, 0xFE0 to 0xFFC: PeriphID0-3 hold the part number, the
// designer (0x41, Arm) and the revision, PCellID0-3 the constant 0xB105F00D.
func PrimeCellID(part uint16, revision uint8) RegisterTable {
	const arm = 0x41
	id := func(off uint64, name string, v uint64) Register {
		return Register{Off: off, Name: name, Read: 0xff, Reset: v}
	}
	return RegisterTable{
		id(0xfe0, "PeriphID0", uint64(part)&0xff),
		id(0xfe4, "PeriphID1", uint64(part)>>8&0xf|arm&0xf<<4),
		id(0xfe8, "PeriphID2", arm>>4|uint64(revision)&0xf<<4),
		id(0xfec, "PeriphID3", 0),
		id(0xff0, "PCellID0", 0x0d),
		id(0xff4, "PCellID1", 0xf0),
		id(0xff8, "PCellID2", 0x05),
		id(0xffc, "PCellID3", 0xb1),
	}
}

// BitNames writes the bits of v by name, joined by "|": names are those of
// bits 0, 1, 2, ..., an empty one for a bit without a name. No bit is "0".
func BitNames(v uint64, names ...string) string {
	s := ""
	for i, name := range names {
		if v>>i&1 == 0 || name == "" {
			continue
		}
		if s != "" {
			s += "|"
		}
		s += name
	}
	if s == "" {
		return "0"
	}
	return s
}
