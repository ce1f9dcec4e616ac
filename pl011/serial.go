package pl011

// settle is called after a change of the control registers or the FIFOs: waiting
// characters may now be sent, and modem inputs may have changed.
func (m *machine) settle() {
	m.transmit()
	m.updateModem()
}

// writeData writes UARTDR. If there is no room the character is lost, as on real
// hardware: TXFF had told the guest.
func (m *machine) writeData(c character) {
	m.polls = 0
	if m.tx.n >= m.depth() {
		return
	}
	m.tx.push(c)
	if m.tx.n > m.txLevel() {
		m.raw &^= intTX
	}
	m.settle()
}

// sending reports whether the transmitter may take characters from its FIFO.
func (m *machine) sending() bool {
	const enabled = ctlUARTEN | ctlTXE
	return m.cr&enabled == enabled && m.line&lineBRK == 0 &&
		(m.cr&ctlCTSEn == 0 || m.modemInputs()&flagCTS != 0)
}

// transmit sends at once what the transmit FIFO holds, as far as there is room: to
// the wire or, in loopback, to the receiver. The transmit interrupt is raised if
// characters have left the FIFO and it holds no more than its level (2.8.3).
func (m *machine) transmit() {
	sent, loopback := false, m.cr&ctlLBE != 0
	for m.tx.n > 0 && m.sending() {
		if loopback {
			m.receive(m.tx.front())
		} else if m.wire.full() {
			break
		} else {
			m.wire.push(byte(m.tx.front()))
		}
		m.tx.pop()
		sent = true
	}
	if sent && m.tx.n <= m.txLevel() {
		m.raw |= intTX
	}
	if sent && loopback {
		m.idle()
	}
}

// receiving reports whether the receiver is on.
func (m *machine) receiving() bool {
	const enabled = ctlUARTEN | ctlRXE
	return m.cr&enabled == enabled
}

// pollsToListen is how many times a guest must read UARTFR, without sending, before
// it counts as polling for input.
const pollsToListen = 8

// poll counts a read of UARTFR, unless the guest may be waiting for the
// transmitter: for TXFF, or as Linux's console does at a message's end, for BUSY.
// It returns true if the guest listens from now on.
func (m *machine) poll() (begun bool) {
	switch {
	case m.tx.n > 0:
		m.polls = 0
	case m.polls < pollsToListen:
		m.polls++
		return m.polls == pollsToListen
	}
	return false
}

// listening reports whether the guest looks at what it receives. A character that
// arrives before that is likely to be lost: a driver empties the FIFO when it
// starts.
func (m *machine) listening() bool { return m.unmasked() || m.polled() }

// unmasked reports whether a received character interrupts the guest.
func (m *machine) unmasked() bool { return m.imsc&(intRX|intRT) != 0 }

// polled reports whether the guest polls for input.
func (m *machine) polled() bool { return m.polls >= pollsToListen }

// room is how many characters from the host the receiver can take.
func (m *machine) room() int {
	if !m.receiving() || m.cr&ctlLBE != 0 {
		return 0
	}
	return m.depth() - m.rx.n
}

// receive puts a character into the receive FIFO. Without room the character is
// lost, which is an overrun.
func (m *machine) receive(c character) {
	if !m.receiving() {
		return
	}
	if m.rx.n >= m.depth() {
		m.overrun = true
		m.status |= statusOE
		m.raw |= intOE
		return
	}
	m.overrun = false
	m.rx.push(c)
	m.raw |= interrupts((c&charErrors)>>statusShift) << intErrorShift
	if m.rx.n >= m.rxLevel() {
		m.raw |= intRX
	}
}

// idle is called when no more characters arrive for now. The receive timeout waits
// for 32 bit periods without a character (2.8.2). Here they are over at once, so
// that a single key press is seen without a timer.
func (m *machine) idle() {
	if m.rx.n > 0 {
		m.raw |= intRT
	}
}

// readData reads UARTDR: the oldest character and its errors, which also go to
// UARTRSR. An empty FIFO reads as zero.
func (m *machine) readData() character {
	if m.rx.n == 0 {
		return 0
	}
	c := m.rx.front()
	m.rx.pop()
	m.status = m.status&statusOE | uint16((c&charErrors)>>statusShift)
	if m.overrun {
		c |= charOE
	}
	if m.rx.n < m.rxLevel() {
		m.raw &^= intRX
	}
	if m.rx.n == 0 {
		m.raw &^= intRT
	}
	m.idle()
	m.settle() // RTS may follow the FIFO, and what waited for RTS may go
	return c
}

// modemInputs is the state of CTS, DSR, DCD and RI: the machine's peer is
// always there and ready. In loopback they are the UART's own outputs.
func (m *machine) modemInputs() flags {
	if m.cr&ctlLBE == 0 {
		return flagCTS | flagDSR | flagDCD
	}
	var f flags
	if m.requestToSend() {
		f |= flagCTS
	}
	if m.cr&ctlDTR != 0 {
		f |= flagDSR
	}
	if m.cr&ctlOut1 != 0 {
		f |= flagDCD
	}
	if m.cr&ctlOut2 != 0 {
		f |= flagRI
	}
	return f
}

// requestToSend is the nUARTRTS output: the guest's bit or, under hardware
// flow control, whether the receive FIFO is below its level (2.4.4).
func (m *machine) requestToSend() bool {
	if m.cr&ctlRTSEn != 0 {
		return m.rx.n < m.rxLevel()
	}
	return m.cr&ctlRTS != 0
}

// updateModem raises the modem interrupts of the inputs that changed.
func (m *machine) updateModem() {
	now := m.modemInputs()
	changed := now ^ m.modem
	m.modem = now
	for _, input := range [...]struct {
		flag flags
		irq  interrupts
	}{{flagCTS, intCTS}, {flagDSR, intDSR}, {flagDCD, intDCD}, {flagRI, intRI}} {
		if changed&input.flag != 0 {
			m.raw |= input.irq
		}
	}
}
