package user

import (
	stdnet "net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How many datagrams of a sender can wait, and with how many bytes; more are dropped.
const maxWaiting, maxWaitingBytes = 16, 64 << 10

// A sender is the host's end of a flow that shares its socket with other flows: the
// datagrams that one address sends to a listener, as a net.Conn.
type sender struct {
	senders  *senders
	addr     netip.AddrPort
	waiting  chan []byte
	bytes    atomic.Int64 // of waiting
	deadline time.Time    // of Read, which only one goroutine calls
	closed   chan struct{}
	once     sync.Once
}

func newSender(s *senders, addr netip.AddrPort) *sender {
	return &sender{senders: s, addr: addr, waiting: make(chan []byte, maxWaiting), closed: make(chan struct{})}
}

// give makes Read return a copy of a datagram.
func (s *sender) give(b []byte) {
	size := int64(len(b))
	if s.bytes.Add(size) <= maxWaitingBytes {
		select {
		case s.waiting <- slices.Clone(b):
			return
		default:
		}
	}
	s.bytes.Add(-size)
}

// Read implements net.Conn.
func (s *sender) Read(b []byte) (int, error) {
	timer := time.NewTimer(time.Until(s.deadline))
	defer timer.Stop()
	select {
	case d := <-s.waiting:
		s.bytes.Add(-int64(len(d)))
		return copy(b, d), nil
	case <-timer.C:
		return 0, os.ErrDeadlineExceeded
	case <-s.closed:
		return 0, stdnet.ErrClosed
	}
}

// Write implements net.Conn.
func (s *sender) Write(b []byte) (int, error) {
	return s.senders.listener.WriteToUDPAddrPort(b, s.addr)
}

// Close implements net.Conn: the next datagram starts another flow.
func (s *sender) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.senders.forget(s.addr)
	})
	return nil
}

// SetReadDeadline implements net.Conn. Only the goroutine that calls Read may call it.
func (s *sender) SetReadDeadline(t time.Time) error {
	s.deadline = t
	return nil
}

// The rest of net.Conn, which a flow does not use.

func (s *sender) LocalAddr() stdnet.Addr           { return s.senders.listener.LocalAddr() }
func (s *sender) RemoteAddr() stdnet.Addr          { return stdnet.UDPAddrFromAddrPort(s.addr) }
func (s *sender) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (s *sender) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
