package pl061

import "github.com/miniboot-vmm/miniboot/mmio"

// Register offsets, DDI 0190 table 3-1.
const (
	gpioDATA  = 0x000 // to 0x3fc: bits 9:2 of the offset are the mask
	gpioDIR   = 0x400
	gpioIS    = 0x404
	gpioIBE   = 0x408
	gpioIEV   = 0x40c
	gpioIE    = 0x410
	gpioRIS   = 0x414
	gpioMIS   = 0x418
	gpioIC    = 0x41c
	gpioAFSEL = 0x420
)

// Size is the region of the registers, in bytes.
const Size = 0x1000

// table is DDI 0190 table 3-1. All registers reset to zero.
var table = append(mmio.RegisterTable{
	{Off: gpioDATA, Name: "GPIODATA", Read: 0xff, Write: 0xff},
	{Off: gpioDIR, Name: "GPIODIR", Read: 0xff, Write: 0xff},
	{Off: gpioIS, Name: "GPIOIS", Read: 0xff, Write: 0xff},
	{Off: gpioIBE, Name: "GPIOIBE", Read: 0xff, Write: 0xff},
	{Off: gpioIEV, Name: "GPIOIEV", Read: 0xff, Write: 0xff},
	{Off: gpioIE, Name: "GPIOIE", Read: 0xff, Write: 0xff},
	{Off: gpioRIS, Name: "GPIORIS", Read: 0xff},
	{Off: gpioMIS, Name: "GPIOMIS", Read: 0xff},
	{Off: gpioIC, Name: "GPIOIC", Write: 0xff},
	{Off: gpioAFSEL, Name: "GPIOAFSEL", Read: 0xff, Write: 0xff},
}, mmio.PrimeCellID(0x061, 0)...)

// find is the register that an access reaches, or nil. The data register is
// found at each of its 256 addresses.
func find(a mmio.Access) *mmio.Register {
	if a.Off < gpioDIR && a.Off%4 == 0 {
		a.Off = gpioDATA
	}
	return table.Find(a)
}

// machine is the GPIO's registers, one bit a pin: no lock, no interrupt line.
type machine struct {
	data  uint8 // what the outputs drive
	dir   uint8 // 1: output
	is    uint8 // 1: the level interrupts, 0: an edge
	ibe   uint8 // 1: both edges
	iev   uint8 // 1: rising edge or high level
	ie    uint8 // 1: not masked
	afsel uint8
	edges uint8 // edges seen and not cleared
	pins  uint8 // what the host drives
}

// reset puts the registers to their reset values. The host goes on driving
// the pins.
func (m *machine) reset() { *m = machine{pins: m.pins} }

// raw is GPIORIS. A level is what it is; only an edge is remembered.
func (m *machine) raw() uint8 {
	level := ^(m.pins ^ m.iev) & m.is &^ m.dir
	return level | m.edges
}

// pending is the level of GPIOINTR.
func (m *machine) pending() bool { return m.raw()&m.ie != 0 }

// setPins changes what the host drives, and detects edges on inputs.
func (m *machine) setPins(pins uint8) {
	changed := (pins ^ m.pins) &^ m.dir &^ m.is
	m.pins = pins
	m.edges |= changed & (m.ibe | ^(pins ^ m.iev))
}

// read reads the register at off.
func (m *machine) read(off uint64) uint8 {
	switch off {
	case gpioDIR:
		return m.dir
	case gpioIS:
		return m.is
	case gpioIBE:
		return m.ibe
	case gpioIEV:
		return m.iev
	case gpioIE:
		return m.ie
	case gpioRIS:
		return m.raw()
	case gpioMIS:
		return m.raw() & m.ie
	case gpioAFSEL:
		return m.afsel
	}
	if off < gpioDIR {
		return (m.pins&^m.dir | m.data&m.dir) & dataMask(off)
	}
	return 0
}

// write writes the register at off.
func (m *machine) write(off uint64, v uint8) {
	switch off {
	case gpioDIR:
		m.dir = v
	case gpioIS:
		m.is = v
		m.edges &^= v
	case gpioIBE:
		m.ibe = v
	case gpioIEV:
		m.iev = v
	case gpioIE:
		m.ie = v
	case gpioIC:
		m.edges &^= v
	case gpioAFSEL:
		m.afsel = v
	}
	if off < gpioDIR {
		mask := dataMask(off) & m.dir
		m.data = m.data&^mask | v&mask
	}
}

// dataMask is the pins that an access to the data register reaches, 3.3.1.
func dataMask(off uint64) uint8 { return uint8(off >> 2) }
