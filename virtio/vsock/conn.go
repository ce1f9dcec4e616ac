package vsock

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/unixsock"
)

// state is the state of a connection.
type state int

const (
	dialing   state = iota // the guest has asked, the host has not answered
	requested              // the host has asked, the guest has not answered
	connected
	resetting // a RST is to be sent
	gone      // not in the table
)

// conn is a connection. Its mux's mu guards every field that is not marked constant.
type conn struct {
	m      *mux          // constant
	at     address       // constant
	window uint32        // buf_alloc, bytes; constant
	sock   *net.UnixConn // constant once there are goroutines that read it
	wake   chan struct{} // holds one token when the writer has something to look at
	taken  chan struct{} // holds one token when out has become empty

	state    state
	accepted bool // the guest has sent RESPONSE
	finished bool // its goroutines have ended
	readDone bool // the reader has ended

	queued bool // in the mux's list of connections with something to send
	next   *conn

	owed       op   // REQUEST or RESPONSE, not sent yet
	owesCredit bool // the guest is to be told of forwarded
	asked      bool // CREDIT_REQUEST was sent, and no RW after it

	guestShut, hostShut uint32 // what either side will no longer do: flags of SHUTDOWN
	told                uint32 // the part of hostShut that the guest has been told

	// To the host. All counts are bytes modulo 2^32.
	in        ring
	received  uint32
	forwarded uint32 // fwd_cnt
	credited  uint32 // the value of forwarded that the guest was last told

	// To the guest.
	out                      []byte // the reader's memory, lent until taken
	sent                     uint32
	peerBufAlloc, peerFwdCnt uint32
}

// Times that the host's side may take.
const (
	connectTimeout = 30 * time.Second       // for CONNECT, and for the guest's answer
	shutdownGrace  = 100 * time.Millisecond // after a reset, to write what the guest has sent
)

// serveGuest is the goroutine of a connection that the guest opens.
func (c *conn) serveGuest() {
	defer c.finish()
	sock, err := unixsock.Dial(c.m.ctx, portPath(c.m.d.path, c.at.host))
	if err != nil {
		c.m.d.exhausted(err)
		c.m.d.stats.refused.Add(1)
		c.abort()
		return
	}
	c.sock = sock
	c.m.mu.Lock()
	if c.state == dialing {
		c.state, c.owed = connected, opResponse
		c.m.readyLocked(c)
	}
	c.m.mu.Unlock()
	c.pump()
}

// serveHost is the goroutine of a connection that the host opens. It owns a slot.
func (m *mux) serveHost(sock *net.UnixConn) {
	port, err := m.readConnect(sock)
	if err != nil {
		sock.Close()
		<-m.slots
		return
	}
	c := m.openToGuest(port)
	c.sock = sock
	defer c.finish()
	if !c.awaitGuest() {
		c.abort()
		sock.Close()
		return
	}
	if _, err := fmt.Fprintf(sock, "OK %d\n", c.at.host); err != nil {
		c.abort()
	}
	c.pump()
}

// awaitGuest waits for the guest's answer.
func (c *conn) awaitGuest() bool {
	timeout := time.NewTimer(connectTimeout)
	defer timeout.Stop()
	for {
		c.m.mu.Lock()
		s, accepted := c.state, c.accepted
		c.m.mu.Unlock()
		if s != requested {
			return accepted // the connection may already be over, with something left to write
		}
		select {
		case <-c.wake:
		case <-timeout.C:
			return false
		case <-c.m.ctx.Done():
			return false
		}
	}
}

// pump moves bytes in both directions until both have ended, and closes the host's socket.
func (c *conn) pump() {
	defer c.sock.Close()
	defer context.AfterFunc(c.m.ctx, func() {
		c.sock.SetReadDeadline(time.Now())
		c.sock.SetWriteDeadline(time.Now().Add(shutdownGrace))
		signal(c.wake)
	})()
	c.m.wg.Go(c.readHost)
	c.writeHost()
}

// writeHost writes what the guest sends to the host's socket, and shuts the socket down
// when the guest shuts down its side. It returns when the reader has ended, too.
func (c *conn) writeHost() {
	readOpen, writeOpen := true, true
	for {
		c.m.mu.Lock()
		data, shut, readDone := c.in.peek(), c.guestShut, c.readDone
		c.m.mu.Unlock()
		switch {
		case readOpen && shut&shutdownReceive != 0:
			readOpen = false
			c.sock.CloseRead()
			c.sock.SetReadDeadline(time.Now()) // for systems where that does not end a Read
		case writeOpen && len(data) > 0:
			n, err := c.sock.Write(data)
			c.wrote(n, err)
			writeOpen = err == nil
		case writeOpen && shut&shutdownSend != 0:
			writeOpen = false
			c.sock.CloseWrite()
		case readDone && (!writeOpen || c.m.ctx.Err() != nil):
			return
		default:
			<-c.wake
		}
	}
}

// wrote counts what the host has taken. After an error the host takes no more.
func (c *conn) wrote(n int, err error) {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.in.drop(n)
	c.forwardedLocked(uint32(n))
	if err != nil {
		c.hostShut |= shutdownReceive
		c.forwardedLocked(uint32(c.in.len))
		c.in = ring{}
	}
	c.m.readyLocked(c)
}

// forwardedLocked counts bytes that no longer need room. The guest is told when it may
// know of less than half of its window.
func (c *conn) forwardedLocked(n uint32) {
	c.forwarded += n
	if c.forwarded-c.credited >= c.window/2 {
		c.owesCredit = true
	}
}

// A reader's memory, in bytes: it grows when the host's sender fills it.
const (
	minRead = 4 << 10
	maxRead = 32 << 10
)

// readHost reads from the host's socket what the guest should get.
func (c *conn) readHost() {
	defer c.hostEnds()
	buf := make([]byte, minRead)
	for {
		n, err := c.sock.Read(buf)
		if n > 0 && !c.give(buf[:n]) || err != nil {
			return
		}
		if n == len(buf) && n < maxRead {
			buf = make([]byte, 2*n)
		}
	}
}

// give lends p to the mux until the guest has got it. It returns false if the guest wants
// no more.
func (c *conn) give(p []byte) bool {
	c.m.mu.Lock()
	if c.guestShut&shutdownReceive != 0 {
		c.m.mu.Unlock()
		return false
	}
	c.out = p
	c.m.readyLocked(c)
	c.m.mu.Unlock()
	select {
	case <-c.taken:
		return true
	case <-c.m.ctx.Done():
		return false
	}
}

// hostEnds notes that the host will send no more.
func (c *conn) hostEnds() {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.hostShut |= shutdownSend
	c.readDone = true
	signal(c.wake)
	c.m.readyLocked(c)
}

// discardLocked drops the bytes that the guest will not take.
func (c *conn) discardLocked() {
	if len(c.out) > 0 {
		c.out = nil
		signal(c.taken)
	}
}

// endLocked makes the goroutines write what they still have, and end.
func (c *conn) endLocked() {
	c.guestShut = shutdownBoth
	c.discardLocked()
	signal(c.wake)
}

// resetLocked ends the connection with a RST.
func (c *conn) resetLocked() {
	if c.state == gone {
		return
	}
	c.endLocked()
	c.state = resetting
	c.m.readyLocked(c)
}

// abort is resetLocked after a failure of the host.
func (c *conn) abort() {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.resetLocked()
}

// finish is called when the goroutines end. It tells the guest if it does not know yet.
func (c *conn) finish() {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.finished, c.in = true, ring{}
	c.hostShut = shutdownBoth
	c.m.readyLocked(c)
	c.m.releaseLocked(c)
}
