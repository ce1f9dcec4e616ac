package vsock

import "github.com/miniboot-vmm/miniboot/virtio"

// receivePackets takes what the guest sends, until the reset.
func (m *mux) receivePackets() {
	var c virtio.Chain
	for m.awaitRoom() {
		if !m.tx.Pop(&c) {
			m.tx.Flush()
			if !m.tx.Next(m.ctx, &c) {
				return
			}
		}
		m.receive(&c.Readable)
		m.tx.Put(&c, 0)
	}
}

// awaitRoom waits until there is room for the RST that the next packet may need. It
// returns false after the reset.
func (m *mux) awaitRoom() bool {
	for m.ctx.Err() == nil {
		m.mu.Lock()
		full := len(m.resets) == maxResets
		m.mu.Unlock()
		if !full {
			return true
		}
		m.tx.Flush()
		select {
		case <-m.room:
		case <-m.ctx.Done():
		}
	}
	return false
}

// receive takes one packet.
func (m *mux) receive(b *virtio.Buffers) {
	var raw [headerSize]byte
	if b.CopyOut(raw[:]) < headerSize {
		m.d.stats.dropped.Add(1)
		return
	}
	h := decode(&raw)
	if h.srcCID != uint64(m.d.cid) {
		m.d.stats.dropped.Add(1)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.dstCID != uint64(hostCID) || h.typ != typeStream || !m.streams {
		m.refuseLocked(&h)
		return
	}
	c := m.conns[address{h.dstPort, h.srcPort}]
	switch {
	case c == nil && h.op == opRequest:
		m.openToHostLocked(&h)
	case c == nil:
		m.refuseLocked(&h)
	case !c.receiveLocked(&h, b):
		m.d.stats.invalid.Add(1)
		c.resetLocked()
	}
}

// refuseLocked answers a packet that belongs to no connection. A RST gets no answer.
func (m *mux) refuseLocked(h *header) {
	if h.op == opRST {
		return
	}
	if h.op == opRequest {
		m.d.stats.refused.Add(1)
	} else {
		m.d.stats.invalid.Add(1)
	}
	m.resets = append(m.resets, h.reset()) // awaitRoom has made sure that there is room
	signal(m.work)
}

// openToHostLocked starts the connection that a REQUEST asks for.
func (m *mux) openToHostLocked(h *header) {
	select {
	case m.slots <- struct{}{}:
	default:
		m.refuseLocked(h)
		return
	}
	c, _ := m.openLocked(address{h.dstPort, h.srcPort}, dialing)
	c.peerBufAlloc, c.peerFwdCnt = h.bufAlloc, h.fwdCnt
	m.wg.Go(c.serveGuest)
}

// legal says which packets of the guest a connection accepts in which state (5.10.6.5). Any
// other packet resets the connection.
var legal = [...]opSet{
	dialing:   opSetOf(opRST, opShutdown, opCreditUpdate, opCreditRequest),
	requested: opSetOf(opRST, opResponse),
	connected: opSetOf(opRST, opShutdown, opCreditUpdate, opCreditRequest, opRW),
	resetting: opSetOf(opRST),
}

// receiveLocked takes a packet for c, whose payload is in b. It returns false for a packet
// that the guest must not send.
func (c *conn) receiveLocked(h *header, b *virtio.Buffers) bool {
	if !legal[c.state].has(h.op) {
		return false
	}
	c.peerBufAlloc, c.peerFwdCnt = h.bufAlloc, h.fwdCnt
	switch h.op {
	case opRST:
		c.endLocked()
		c.m.forgetLocked(c)
	case opResponse:
		c.state, c.owed, c.accepted = connected, opInvalid, true
		signal(c.wake)
	case opShutdown:
		c.guestShutLocked(h.flags & shutdownBoth)
	case opCreditRequest:
		c.owesCredit = true
	case opRW:
		if !c.receiveDataLocked(b, h.len) {
			return false
		}
	}
	c.m.readyLocked(c)
	return true
}

// receiveDataLocked takes n bytes for the host. b must have them, and the guest must have
// credit for them.
func (c *conn) receiveDataLocked(b *virtio.Buffers, n uint32) bool {
	if uint64(n) > b.Len() || n > c.window-(c.received-c.forwarded) || c.guestShut&shutdownSend != 0 {
		return false
	}
	c.received += n
	if c.hostShut&shutdownReceive != 0 {
		c.forwardedLocked(n) // dropped: SHUTDOWN is on its way
		return true
	}
	c.in.put(b, int(n), int(c.window))
	signal(c.wake)
	return true
}

// guestShutLocked notes what the guest will no longer do.
func (c *conn) guestShutLocked(flags uint32) {
	c.guestShut |= flags
	if c.guestShut&shutdownReceive != 0 {
		c.discardLocked()
	}
	if c.guestShut == shutdownBoth {
		c.state = resetting
	}
	signal(c.wake)
}
