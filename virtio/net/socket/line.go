package socket

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
)

// Time between two attempts to dial again. It doubles from attempt to attempt, and starts
// anew after a connection that has lasted.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
	lasted     = 2 * lastPause
)

// connection is a Network as long as the program at the other end lives. Its methods have
// the rules of virtionet.Backend.
type connection interface {
	Send(packet []byte) error
	Receive(packet []byte) (n int, err error)
	Interrupt()
	Close() error
}

// Network is the network of a program that listens on a socket. Dial makes one.
type Network struct {
	dial func() (connection, error)

	interrupted chan struct{} // holds one token for a Receive that waits to dial

	// Only for Receive.
	pause time.Duration // between the last attempt to dial and the next one
	last  time.Time     // when that was

	mu     sync.Mutex // a leaf
	conn   connection // nil: the program is away
	broken error      // of conn, found by Send
}

var _ virtionet.Backend = (*Network)(nil)

// newLine dials for the first time.
func newLine(dial func() (connection, error)) (*Network, error) {
	c, err := dial()
	if err != nil {
		return nil, err
	}
	return &Network{dial: dial, interrupted: make(chan struct{}, 1), pause: firstPause, last: time.Now(), conn: c}, nil
}

// Offloads implements virtionet.Backend.
func (n *Network) Offloads() uint64 { return 0 }

// Send implements virtionet.Backend. While the program is away it drops the packet.
func (n *Network) Send(packet []byte) error {
	c, _ := n.current()
	if c == nil {
		return virtionet.ErrDropped
	}
	err := c.Send(packet)
	if err == nil || errors.Is(err, virtionet.ErrInterrupted) || errors.Is(err, virtionet.ErrDropped) {
		return err
	}
	n.found(c, err)
	return virtionet.ErrDropped
}

// Receive implements virtionet.Backend.
func (n *Network) Receive(packet []byte) (int, error) {
	c, _ := n.current()
	if c == nil {
		return 0, n.redial()
	}
	k, err := c.Receive(packet)
	if _, broken := n.current(); broken != nil {
		err = broken
	} else if err == nil || errors.Is(err, virtionet.ErrInterrupted) || errors.Is(err, errFraming) {
		return k, err
	}
	n.hangUp(c)
	return 0, virtionet.Away(reason(err))
}

// reason says why a connection has ended.
func reason(err error) error {
	for _, gone := range []error{io.EOF, syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNREFUSED} {
		if errors.Is(err, gone) {
			return errors.New("socket: the program at the other end has closed the connection")
		}
	}
	return fmt.Errorf("socket: %w", err)
}

// Interrupt implements virtionet.Backend.
func (n *Network) Interrupt() {
	select {
	case n.interrupted <- struct{}{}:
	default:
	}
	if c, _ := n.current(); c != nil {
		c.Interrupt()
	}
}

// Close ends the connection.
func (n *Network) Close() error {
	if c, _ := n.current(); c != nil {
		return c.Close()
	}
	return nil
}

func (n *Network) current() (c connection, broken error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conn, n.broken
}

// found notes what Send has found out about a connection, for Receive.
func (n *Network) found(c connection, err error) {
	n.mu.Lock()
	if n.conn == c {
		n.broken = err
	}
	n.mu.Unlock()
	c.Interrupt()
}

// hangUp forgets a connection.
func (n *Network) hangUp(c connection) {
	if time.Since(n.last) > lasted {
		n.pause = firstPause
	}
	n.set(nil)
	c.Close()
}

func (n *Network) set(c connection) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conn, n.broken = c, nil
}

// redial dials until the program answers. Its error is ErrBack then.
func (n *Network) redial() error {
	for {
		select {
		case <-time.After(time.Until(n.last.Add(n.pause))):
		case <-n.interrupted:
			return virtionet.ErrInterrupted
		}
		c, err := n.dial()
		n.last, n.pause = time.Now(), min(2*n.pause, lastPause)
		if err == nil {
			n.set(c)
			return virtionet.ErrBack
		}
	}
}
