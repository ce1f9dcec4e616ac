package socket

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
)

// handshake is the first datagram, from which gvproxy learns the sender's address.
const handshake = "VFKT"

// Sizes of the socket's buffers, in bytes. The system may give less.
const (
	sendBuffer    = 1 << 20
	receiveBuffer = 4 << 20
)

// datagram is a connection with vfkit's framing.
type datagram struct {
	c   *net.UnixConn
	dir string // the directory of its own socket; "": none
}

func dialDatagram(path string) (connection, error) {
	dialer, dir, err := newLocal()
	if err != nil {
		return nil, err
	}
	conn, err := dialer.Dial("unixgram", path)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	d := &datagram{conn.(*net.UnixConn), dir}
	d.c.SetWriteBuffer(sendBuffer)
	d.c.SetReadBuffer(receiveBuffer)
	if _, err := d.c.Write([]byte(handshake)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Send sends a frame. It drops a frame that the system does not have room for, or that is
// too large for the system.
func (d *datagram) Send(packet []byte) error {
	_, err := d.c.Write(packet[virtionet.HeaderSize:])
	if errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.EMSGSIZE) {
		return virtionet.ErrDropped
	}
	return interrupted(err, d.c.SetWriteDeadline)
}

func (d *datagram) Receive(packet []byte) (int, error) {
	n, err := d.c.Read(packet[virtionet.HeaderSize:])
	if err != nil {
		return 0, interrupted(err, d.c.SetReadDeadline)
	}
	clear(packet[:virtionet.HeaderSize])
	return virtionet.HeaderSize + n, nil
}

func (d *datagram) Interrupt() { d.c.SetDeadline(time.Unix(1, 0)) }

// Close closes the connection and removes its socket.
func (d *datagram) Close() error { return errors.Join(d.c.Close(), os.RemoveAll(d.dir)) }
