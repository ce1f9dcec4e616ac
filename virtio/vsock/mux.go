package vsock

import (
	"context"
	"sync"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// How many bytes connections may buffer on their way to the host. buf_alloc is a promise,
// so the sum of all promises is bounded: minWindow for each connection, and a share of
// spareWindow as long as some of that is left.
const (
	minWindow   = 16 << 10
	maxWindow   = 256 << 10
	spareWindow = 32 << 20
	windowShare = 64 // a connection gets 1/64 of what is left of spareWindow
)

// maxResets is how many RST packets that belong to no connection may wait for buffers of
// the guest.
const maxResets = 256

// address identifies a connection. The CIDs are always the guest's and the host's.
type address struct{ host, guest uint32 } // ports

// mux is the device from DRIVER_OK to its reset: its connections, and what has to be sent
// to the guest.
type mux struct {
	d       *Device
	ctx     context.Context // done at the reset
	wg      sync.WaitGroup  // all goroutines except Serve's
	streams bool            // the driver has accepted stream sockets
	slots   chan struct{}   // an element for each open connection
	work    chan struct{}   // holds one token when there may be something to send
	room    chan struct{}   // holds one token when resets is no longer full

	rx, tx, events *virtio.Queue

	mu     sync.Mutex // no lock is taken and no system call made while it is held
	conns  map[address]*conn
	spare  int   // bytes, what is left of spareWindow
	first  *conn // of the list of connections that may have something to send
	last   *conn
	resets []header // at most maxResets
}

func newMux(ctx context.Context, d *Device, queues []*virtio.Queue) *mux {
	return &mux{
		d: d, ctx: ctx, rx: queues[0], tx: queues[1], events: queues[2],
		slots: make(chan struct{}, d.max), work: make(chan struct{}, 1), room: make(chan struct{}, 1),
		conns: make(map[address]*conn), spare: spareWindow, resets: make([]header, 0, maxResets),
	}
}

// openLocked adds a connection, for which there is a slot. ok is false if its address is
// in use.
func (m *mux) openLocked(at address, s state) (c *conn, ok bool) {
	if m.conns[at] != nil {
		return nil, false
	}
	c = &conn{
		m: m, at: at, state: s, window: m.windowLocked(),
		wake: make(chan struct{}, 1), taken: make(chan struct{}, 1),
	}
	m.conns[at] = c
	m.spare -= int(c.window - minWindow)
	m.d.stats.open.Add(1)
	m.d.stats.opened.Add(1)
	return c, true
}

// windowLocked returns buf_alloc of the next connection.
func (m *mux) windowLocked() uint32 {
	return uint32(minWindow + min(m.spare/windowShare, maxWindow-minWindow))
}

// openToGuest adds a connection that the host opens.
func (m *mux) openToGuest(port uint32) *conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		host := firstHostPort | m.d.hostPorts.Add(1)&(firstHostPort-1)
		if c, ok := m.openLocked(address{host, port}, requested); ok {
			c.owed = opRequest
			m.readyLocked(c)
			return c
		}
	}
}

// firstHostPort is the lowest host port of connections to the guest. It is also the number
// of these ports.
const firstHostPort = 1 << 30

// forgetLocked removes a connection from the table: it gets and sends no more packets.
func (m *mux) forgetLocked(c *conn) {
	if c.state == gone {
		return
	}
	delete(m.conns, c.at)
	c.state = gone
	signal(c.wake)
	m.releaseLocked(c)
}

// releaseLocked gives back what a connection holds, once neither the guest nor the host
// uses it.
func (m *mux) releaseLocked(c *conn) {
	if c.state != gone || !c.finished {
		return
	}
	m.spare += int(c.window - minWindow)
	m.d.stats.open.Add(-1)
	<-m.slots
}

// readyLocked appends c to the list if it has something to send.
func (m *mux) readyLocked(c *conn) {
	if c.queued || c.nextLocked() == opInvalid {
		return
	}
	c.queued = true
	if m.last == nil {
		m.first = c
	} else {
		m.last.next = c
	}
	m.last = c
	signal(m.work)
}

// takeReadyLocked takes the next connection that has something to send, or nil.
func (m *mux) takeReadyLocked() *conn {
	for m.first != nil {
		c := m.first
		if m.first = c.next; m.first == nil {
			m.last = nil
		}
		c.next, c.queued = nil, false
		if c.nextLocked() != opInvalid {
			return c
		}
	}
	return nil
}

// resetAll forgets all connections, as the guest does.
func (m *mux) resetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns {
		c.endLocked()
		m.forgetLocked(c)
	}
	m.resets = m.resets[:0]
	signal(m.room)
}
