package gic

import "github.com/miniboot-vmm/miniboot/mmio"

// implementerArm is Arm's JEP106 code, at its place in IIDR registers.
const implementerArm = 0x43B

// identBlock is the last 48 bytes of a frame, a value every 4 bytes: PIDR4 to
// PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3. The architecture defines only
// PIDR2[7:4], ArchRev, which tells drivers the version. The other values are
// those of Arm's own controllers.
type identBlock [12]uint8

var (
	gicdV3Ident = identBlock{0x44, 0, 0, 0, 0x92, 0xB4, 0x3B, 0, 0x0D, 0xF0, 0x05, 0xB1}
	gicrV3Ident = identBlock{0x44, 0, 0, 0, 0x93, 0xB4, 0x3B, 0, 0x0D, 0xF0, 0x05, 0xB1}
	gicdV2Ident = identBlock{0x04, 0, 0, 0, 0x90, 0xB4, 0x2B, 0, 0x0D, 0xF0, 0x05, 0xB1}
)

func readIdent(b *identBlock, r *register, a mmio.Access) uint64 {
	return uint64(b[(a.Off-r.first)/4])
}
