// Package socket connects a guest to another program's network by a Unix socket: it has
// backends of virtio/net. There is no standard for the framing; these two are
// implemented:
//
//   - QEMU's (-netdev stream): on a stream socket the length of each frame precedes it,
//     in four bytes, big-endian. passt, gvproxy -listen-qemu and socket_vmnet use it.
//   - vfkit's: each datagram is a frame, and the first datagram says VFKT. gvproxy
//     -listen-vfkit and vmnet-helper use it. The program answers to a socket of the
//     caller. On Linux that is an abstract socket, which is no file. Elsewhere Dial creates
//     it in a new directory of mode 0700, and Close removes both.
//
// If the program ends, the socket is dialled again until one listens there: at once, and
// then after pauses that double from 200 ms to 5 s. The guest's frames are dropped
// meanwhile. A stream that has another framing ends the network: to dial again would not
// remedy it.
//
// Missing: offloads, for which neither framing has a place (virtio/net does that work
// itself).
package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Framing is how frames are separated on a socket.
type Framing int

const (
	Auto  Framing = iota // the one that fits the type of the socket
	QEMU                 // a stream with lengths
	Vfkit                // datagrams
)

var framingNames = [...]string{"auto", "qemu", "vfkit"}

func (f Framing) String() string {
	if uint(f) < uint(len(framingNames)) {
		return framingNames[f]
	}
	return fmt.Sprintf("Framing(%d)", int(f))
}

// Config says how to talk to the program.
type Config struct {
	Framing Framing
}

// Dial connects to the socket at path. An error now is final, but later the Network dials
// again; see the package's comment. With datagrams, only a frame that the guest sends
// shows that the program has ended.
func Dial(path string, c Config) (*Network, error) {
	n, err := newLine(func() (connection, error) { return dial(path, c.Framing) })
	if err != nil {
		return nil, fmt.Errorf("socket: %w", advise(err))
	}
	return n, nil
}

func dial(path string, f Framing) (connection, error) {
	if f != Vfkit {
		c, err := net.DialUnix("unix", nil, &net.UnixAddr{Net: "unix", Name: path})
		if err == nil {
			return newStream(c), nil
		}
		if f == QEMU || !errors.Is(err, syscall.EPROTOTYPE) {
			return nil, err
		}
	}
	return dialDatagram(path)
}

// advise says what to do about an error.
func advise(err error) error {
	switch {
	case errors.Is(err, syscall.EPROTOTYPE):
		return fmt.Errorf("%w: datagrams have framing vfkit, streams qemu", err)
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: start the program that listens there first", err)
	}
	return err
}
