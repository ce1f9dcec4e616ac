package mmio

// PrimeCellSize is the region of an Arm PrimeCell's registers, in bytes.
const PrimeCellSize = 0x1000

// PrimeCellID returns the eight identification registers at the end of the region.
// PeriphID0-3 hold the part number, the designer (0x41, Arm) and the revision;
// PCellID0-3 hold the constant 0xB105F00D.
func PrimeCellID(part uint16, revision uint8) RegisterTable {
	const arm = 0x41
	id := func(off uint64, name string, v uint64) Register {
		return Register{Off: off, Name: name, Read: 0xff, Reset: v, Fixed: true}
	}
	return RegisterTable{
		id(0xfe0, "PeriphID0", uint64(part)&0xff),
		id(0xfe4, "PeriphID1", uint64(part)>>8&0xf|(arm&0xf)<<4),
		id(0xfe8, "PeriphID2", arm>>4|(uint64(revision)&0xf)<<4),
		id(0xfec, "PeriphID3", 0),
		id(0xff0, "PCellID0", 0x0d),
		id(0xff4, "PCellID1", 0xf0),
		id(0xff8, "PCellID2", 0x05),
		id(0xffc, "PCellID3", 0xb1),
	}
}
