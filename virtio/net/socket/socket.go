// Package socket is the networks of other programs behind a Unix socket:
// backends of virtio/net.
//
// Implemented: the framing of QEMU (-netdev stream), where each frame in a
// stream socket has its length in front, in four bytes, big-endian: passt,
// gvproxy -listen-qemu, socket_vmnet. The framing of vfkit, where each datagram
// is a frame, and a first one says VFKT: gvproxy -listen-vfkit, vmnet-helper. A
// datagram socket answers to a socket of the asker, which is created in a
// directory of its own, mode 0700, and removed at the end.
//
// Missing: connecting again when the program has gone, offloads (no framing has
// a place for them; virtio/net does them itself).
package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
)

// Framing is how frames are told apart on a socket.
type Framing int

const (
	Auto  Framing = iota // what fits the type of the socket
	QEMU                 // a stream with lengths
	Vfkit                // datagrams
)

func (f Framing) String() string { return [...]string{"auto", "qemu", "vfkit"}[f] }

// Network is a network behind a socket.
type Network interface {
	virtionet.Backend
	Close() error
}

// Config says how to talk to the program behind a socket.
type Config struct {
	Framing Framing
}

// Dial connects to the socket at path.
func Dial(path string, c Config) (Network, error) {
	n, err := dial(path, c.Framing)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", advise(err))
	}
	return n, nil
}

func dial(path string, f Framing) (Network, error) {
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
