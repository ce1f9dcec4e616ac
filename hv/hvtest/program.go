package hvtest

// insn is an instruction with its disassembly.
type insn struct {
	word uint32
	text string
}

// program is what a guest executes.
type program []insn

// Programs that many cases use.
var (
	spin = program{
		{0x14000000, "b .+0x0"},
	}
	hvc1 = program{
		{0xd4000022, "hvc #0x1"},
	}
)

// vectorHVC marks the immediate of an HVC in the guest's vectors. The other bits
// are the vector's offset.
const vectorHVC = 0x1000

// Offsets from VBAR_EL1 (DDI 0487 D1.3.6).
const (
	vectorSync      = 0x200 // from EL1 with SP_EL1
	vectorIRQ       = 0x280
	vectorFIQ       = 0x300
	vectorSyncLower = 0x400 // from EL0
)

// hvc returns HVC #imm.
func hvc(imm uint16) uint32 { return 0xd4000002 | uint32(imm)<<5 }

// writeVectors fills each of the guest's exception vectors with an HVC whose
// immediate names the vector.
func (g *guest) writeVectors() {
	for off := uint64(0); off < 0x800; off += 0x80 {
		g.ram.put32(vectors-ramBase+off, hvc(uint16(vectorHVC|off)))
	}
}
