package socket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	virtionet "github.com/miniboot-vmm/miniboot/virtio/net"
)

const (
	lengthSize = 4
	minFrame   = 14
)

// errFraming is an error of Receive that dialling again does not remedy.
var errFraming = errors.New("a frame")

// stream is a connection with QEMU's framing.
type stream struct {
	c *net.UnixConn

	in     []byte // for Receive: what has been read
	start  int    // offset in it of what has not been taken
	end    int
	unsent []byte // for Send: the rest of a frame whose Send was interrupted
	rest   []byte // the memory of unsent
}

func newStream(c *net.UnixConn) *stream {
	return &stream{c: c, in: make([]byte, 2*(lengthSize+virtionet.MaxFrame)), rest: make([]byte, virtionet.MaxPacket)}
}

// Send sends a frame, with its length in the place of the header. It first completes a
// frame that was interrupted.
func (s *stream) Send(packet []byte) error {
	for len(s.unsent) > 0 {
		n, err := s.c.Write(s.unsent)
		s.unsent = s.unsent[n:]
		if err != nil {
			return s.sendError(err)
		}
	}
	const at = virtionet.HeaderSize - lengthSize
	binary.BigEndian.PutUint32(packet[at:], uint32(len(packet)-virtionet.HeaderSize))
	n, err := s.c.Write(packet[at:])
	if err != nil && n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		s.unsent = s.rest[:copy(s.rest, packet[at+n:])]
		s.sendError(err)
		return nil
	}
	return s.sendError(err)
}

func (s *stream) sendError(err error) error { return interrupted(err, s.c.SetWriteDeadline) }

// interrupted turns the error of a deadline, which Interrupt has set, into ErrInterrupted,
// and removes the deadline.
func interrupted(err error, set func(time.Time) error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		set(time.Time{})
		return virtionet.ErrInterrupted
	}
	return err
}

// Receive returns the next frame. It reads from the socket if none has been read yet.
func (s *stream) Receive(packet []byte) (int, error) {
	for {
		if frame, err := s.next(); frame != nil || err != nil {
			clear(packet[:virtionet.HeaderSize])
			return virtionet.HeaderSize + copy(packet[virtionet.HeaderSize:], frame), err
		}
		s.end = copy(s.in, s.in[s.start:s.end])
		s.start = 0
		n, err := s.c.Read(s.in[s.end:])
		s.end += n
		if err != nil {
			return 0, interrupted(err, s.c.SetReadDeadline)
		}
	}
}

// next returns the next frame that has been read as a whole, or nil.
func (s *stream) next() (frame []byte, err error) {
	b := s.in[s.start:s.end]
	if len(b) < lengthSize {
		return nil, nil
	}
	n := binary.BigEndian.Uint32(b)
	if n < minFrame || n > virtionet.MaxFrame {
		return nil, fmt.Errorf("socket: %w of 0x%x bytes: is the framing at the other end QEMU's?", errFraming, n)
	}
	if len(b) < lengthSize+int(n) {
		return nil, nil
	}
	s.start += lengthSize + int(n)
	return b[lengthSize : lengthSize+n], nil
}

func (s *stream) Interrupt() { s.c.SetDeadline(time.Unix(1, 0)) }

func (s *stream) Close() error { return s.c.Close() }
