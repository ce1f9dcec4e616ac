package pl011

// machine is the UART's state, registers and FIFOs, without lock, interrupt line
// and host. Every method leaves it consistent; pending is the level of the line.
type machine struct {
	status uint16 // UARTRSR
	ilpr   uint16
	ibrd   uint16
	fbrd   uint16
	line   lineControl
	cr     control
	ifls   uint16
	imsc   interrupts
	raw    interrupts // UARTRIS

	rx, tx  fifo
	overrun bool  // a character was lost and none has been received since
	modem   flags // the modem inputs as last seen, to detect a change
	wire    wire
	polls   uint8 // consecutive reads of UARTFR that looked for a character
}

// The state that firmware leaves: 115200 baud from a clock of 24 MHz, 8 data
// bits, no parity, FIFOs on. 24 MHz / (16 * 115200) = 13 + 1/64.
const (
	firmwareIBRD = 13
	firmwareFBRD = 1
	firmwareLine = lineWLEN | lineFEN
	firmwareCR   = ctlUARTEN | ctlTXE | ctlRXE
)

// reset sets the registers to their reset values, or to the values that firmware
// leaves. The wire keeps its bytes, which have left the UART already.
func (m *machine) reset(firmware bool) {
	m.status, m.ilpr, m.ibrd, m.fbrd, m.line = 0, 0, 0, 0, 0
	m.cr = ctlTXE | ctlRXE
	m.ifls = 0b010_010 // both FIFOs at half
	m.imsc, m.raw = 0, 0
	m.rx, m.tx, m.overrun = fifo{}, fifo{}, false
	if firmware {
		m.ibrd, m.fbrd, m.line, m.cr = firmwareIBRD, firmwareFBRD, firmwareLine, firmwareCR
	}
	m.modem = m.modemInputs()
}

// pending is the level of UARTINTR.
func (m *machine) pending() bool { return m.raw&m.imsc != 0 }

// depth is the depth of each FIFO, in characters: 1 while they are disabled.
func (m *machine) depth() int {
	if m.line&lineFEN == 0 {
		return 1
	}
	return fifoDepth
}

// levels are the fractions of UARTIFLS (3.3.9), in characters. Reserved values act
// like the last one.
var levels = [8]int{fifoDepth / 8, fifoDepth / 4, fifoDepth / 2, fifoDepth * 3 / 4,
	fifoDepth * 7 / 8, fifoDepth * 7 / 8, fifoDepth * 7 / 8, fifoDepth * 7 / 8}

// txLevel is how many characters the transmit FIFO may at most hold when the
// transmit interrupt is raised.
func (m *machine) txLevel() int {
	if m.line&lineFEN == 0 {
		return 0
	}
	return levels[m.ifls&7]
}

// rxLevel is how many characters in the receive FIFO raise the receive
// interrupt.
func (m *machine) rxLevel() int {
	if m.line&lineFEN == 0 {
		return 1
	}
	return levels[m.ifls>>3&7]
}

// read reads the register at off. Only reads of UARTDR change the state that the
// guest sees. changed says that the read has changed what others wait for.
func (m *machine) read(off uint64) (v uint16, changed bool) {
	switch off {
	case uartDR:
		return uint16(m.readData()), true
	case uartFR:
		changed = m.poll()
		return uint16(m.flags()), changed
	}
	return m.peek(off), false
}

// peek reads a register that does not notice it.
func (m *machine) peek(off uint64) uint16 {
	switch off {
	case uartRSR:
		return m.status
	case uartILPR:
		return m.ilpr
	case uartIBRD:
		return m.ibrd
	case uartFBRD:
		return m.fbrd
	case uartLCRH:
		return uint16(m.line)
	case uartCR:
		return uint16(m.cr)
	case uartIFLS:
		return m.ifls
	case uartIMSC:
		return uint16(m.imsc)
	case uartRIS:
		return uint16(m.raw)
	case uartMIS:
		return uint16(m.raw & m.imsc)
	}
	return 0
}

// write writes v, which holds only bits of the register's write mask.
func (m *machine) write(off uint64, v uint16) {
	switch off {
	case uartDR:
		m.writeData(character(v))
	case uartRSR: // UARTECR: any value clears the errors
		m.status = 0
	case uartILPR:
		m.ilpr = v
	case uartIBRD:
		m.ibrd = v
	case uartFBRD:
		m.fbrd = v
	case uartLCRH:
		m.writeLine(lineControl(v))
	case uartCR:
		m.cr = control(v)
		m.settle()
	case uartIFLS:
		m.ifls = v
		m.settle() // RTS follows the receive level
	case uartIMSC:
		m.imsc = interrupts(v)
	case uartICR:
		m.raw &^= interrupts(v)
	}
}

// writeLine writes UARTLCR_H. Turning the FIFOs off empties them (3.3.8, how
// to reprogram the control register).
func (m *machine) writeLine(v lineControl) {
	old := m.line
	m.line = v
	if old&lineFEN != 0 && v&lineFEN == 0 {
		m.rx, m.tx = fifo{}, fifo{}
		m.raw &^= intRX | intRT
	}
	if old&lineBRK == 0 && v&lineBRK != 0 && m.cr&ctlLBE != 0 {
		m.receive(charBE)
		m.idle()
	}
	m.settle()
}

// flags is UARTFR.
func (m *machine) flags() flags {
	f := m.modem
	if m.tx.n == 0 {
		f |= flagTXFE
	} else {
		f |= flagBUSY
	}
	if m.tx.n >= m.depth() {
		f |= flagTXFF
	}
	if m.rx.n == 0 {
		f |= flagRXFE
	}
	if m.rx.n >= m.depth() {
		f |= flagRXFF
	}
	return f
}
