package pl061

// machine is the GPIO's state, one bit per pin, without lock and interrupt line.
type machine struct {
	data  uint8 // what the outputs drive
	dir   uint8 // 1: output
	is    uint8 // 1: the level interrupts, 0: an edge interrupts
	ibe   uint8 // 1: both edges
	iev   uint8 // 1: rising edge or high level
	ie    uint8 // 1: not masked
	afsel uint8
	edges uint8 // edges seen and not cleared
	pins  uint8 // what the host drives
}

// reset sets the registers to their reset values. The host keeps driving the pins.
func (m *machine) reset() { *m = machine{pins: m.pins} }

// raw is GPIORIS. An edge is remembered until it is cleared; a level is not.
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

// dataMask returns the pins that an access to the data register reaches: bits 9:2
// of its offset (3.3.1).
func dataMask(off uint64) uint8 { return uint8(off >> 2) }
