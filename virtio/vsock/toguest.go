package vsock

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// sendPackets sends packets to the guest until the reset.
func (m *mux) sendPackets() {
	var c virtio.Chain
	have := false // a buffer of the guest
	for m.awaitWork() {
		if !have && !m.awaitBuffer(&c) {
			return
		}
		n := m.fill(&c.Writable)
		if have = n == 0; !have {
			m.rx.Put(&c, n)
		}
	}
}

// awaitWork waits until there may be something to send. It returns false after the reset.
func (m *mux) awaitWork() bool {
	for m.ctx.Err() == nil {
		m.mu.Lock()
		some := len(m.resets) > 0 || m.first != nil
		m.mu.Unlock()
		if some {
			return true
		}
		m.rx.Flush()
		select {
		case <-m.work:
		case <-m.ctx.Done():
		}
	}
	return false
}

// awaitBuffer waits for a buffer with room for a header and a payload. Smaller ones go back
// empty.
func (m *mux) awaitBuffer(c *virtio.Chain) (ok bool) {
	for {
		if !m.rx.Pop(c) {
			m.rx.Flush()
			if !m.rx.Next(m.ctx, c) {
				return false
			}
		}
		if c.Writable.Len() > headerSize {
			return true
		}
		m.d.stats.dropped.Add(1)
		m.rx.Put(c, 0)
	}
}

// fill writes the next packet and returns its size in bytes, or 0 if there is none.
func (m *mux) fill(b *virtio.Buffers) uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.resets) > 0 {
		h := m.resets[0]
		m.resets = append(m.resets[:0], m.resets[1:]...)
		signal(m.room)
		return send(b, &h, nil)
	}
	c := m.takeReadyLocked()
	if c == nil {
		return 0
	}
	n := c.sendLocked(b)
	m.readyLocked(c)
	return n
}

// send writes a packet and returns its size.
func send(b *virtio.Buffers, h *header, payload []byte) uint32 {
	var raw [headerSize]byte
	h.len = uint32(len(payload))
	h.encode(&raw)
	return uint32(b.CopyIn(raw[:]) + b.CopyIn(payload))
}

// nextLocked returns the packet that c has to send next, or opInvalid if there is none.
func (c *conn) nextLocked() op {
	switch {
	case c.state == gone:
		return opInvalid
	case c.state == resetting:
		return opRST
	case c.owed != opInvalid:
		return c.owed
	case c.state != connected:
		return opInvalid
	case len(c.out) > 0 && c.credit() > 0:
		return opRW
	case c.hostShut&^c.told != 0: // not to send is what the reader says when out is taken
		return opShutdown
	case c.owesCredit:
		return opCreditUpdate
	case len(c.out) > 0 && !c.asked:
		return opCreditRequest
	}
	return opInvalid
}

// sendLocked writes the packet that nextLocked returns. There must be one.
func (c *conn) sendLocked(b *virtio.Buffers) uint32 {
	h := header{
		srcCID: uint64(hostCID), dstCID: uint64(c.m.d.cid), srcPort: c.at.host, dstPort: c.at.guest,
		typ: typeStream, op: c.nextLocked(), bufAlloc: c.window, fwdCnt: c.forwarded,
	}
	c.credited, c.owesCredit = c.forwarded, false
	var payload []byte
	switch h.op {
	case opRST:
		c.m.forgetLocked(c)
	case opRequest, opResponse:
		c.owed = opInvalid
	case opRW:
		payload = c.out[:min(uint64(len(c.out)), uint64(c.credit()), b.Len()-headerSize)]
		c.asked = false
	case opShutdown:
		h.flags, c.told = c.hostShut, c.hostShut
		if c.told == shutdownBoth {
			c.m.forgetLocked(c)
		}
	case opCreditRequest:
		c.asked = true
	}
	n := send(b, &h, payload)
	c.sentLocked(len(payload))
	return n
}

// sentLocked consumes what the guest has got.
func (c *conn) sentLocked(n int) {
	if n == 0 {
		return
	}
	c.sent += uint32(n)
	if c.out = c.out[n:]; len(c.out) == 0 {
		signal(c.taken)
	}
}

// credit returns how many bytes the guest has room for (5.10.6.3). It is 0 if the guest
// claims to have taken bytes that it never got.
func (c *conn) credit() uint32 {
	if flight := c.sent - c.peerFwdCnt; flight < c.peerBufAlloc {
		return c.peerBufAlloc - flight
	}
	return 0
}

// eventTransportReset is the id of VIRTIO_VSOCK_EVENT_TRANSPORT_RESET.
const eventTransportReset = 0

// sendEvents tells the guest about interrupted connections until the reset.
func (m *mux) sendEvents() {
	var c virtio.Chain
	for {
		select {
		case <-m.d.interrupts:
		case <-m.ctx.Done():
			return
		}
		m.resetAll()
		if !m.events.Next(m.ctx, &c) {
			return
		}
		event := binary.LittleEndian.AppendUint32(nil, eventTransportReset)
		m.events.Push(&c, uint32(c.Writable.CopyIn(event)))
	}
}
