// Package fusetest is the driver's side of a file system device, for tests:
// FUSE requests as Linux sends them.
package fusetest

import (
	"encoding/binary"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Opcodes of <linux/fuse.h>.
const (
	OpLookup        = 1
	OpForget        = 2
	OpGetattr       = 3
	OpSetattr       = 4
	OpReadlink      = 5
	OpSymlink       = 6
	OpMknod         = 8
	OpMkdir         = 9
	OpUnlink        = 10
	OpRmdir         = 11
	OpRename        = 12
	OpLink          = 13
	OpOpen          = 14
	OpRead          = 15
	OpWrite         = 16
	OpStatfs        = 17
	OpRelease       = 18
	OpFsync         = 20
	OpSetxattr      = 21
	OpGetxattr      = 22
	OpListxattr     = 23
	OpRemovexattr   = 24
	OpFlush         = 25
	OpInit          = 26
	OpOpendir       = 27
	OpReaddir       = 28
	OpReleasedir    = 29
	OpFsyncdir      = 30
	OpGetlk         = 31
	OpSetlk         = 32
	OpSetlkw        = 33
	OpAccess        = 34
	OpCreate        = 35
	OpInterrupt     = 36
	OpDestroy       = 38
	OpIoctl         = 39
	OpBatchForget   = 42
	OpFallocate     = 43
	OpReaddirplus   = 44
	OpRename2       = 45
	OpLseek         = 46
	OpCopyFileRange = 47
	OpSyncfs        = 50
	OpTmpfile       = 51
)

// Root is the root's node.
const Root = 1

// Room for a request and an answer, in bytes.
const (
	RequestSize = 160 << 10
	AnswerSize  = 160 << 10
)

// Body is what follows a request's header.
type Body []byte

// U32 appends numbers of 32 bits.
func (b Body) U32(v ...uint32) Body {
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// U64 appends numbers of 64 bits.
func (b Body) U64(v ...uint64) Body {
	for _, n := range v {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

// Text appends texts, each with its NUL byte.
func (b Body) Text(s ...string) Body {
	for _, t := range s {
		b = append(append(b, t...), 0)
	}
	return b
}

// Header is a request's header. Length 0 stands for the correct length.
type Header struct {
	Length, Opcode uint32
	Unique, Node   uint64
	UID, GID, PID  uint32
}

// Request puts a request together.
func Request(h Header, body Body) []byte {
	if h.Length == 0 {
		h.Length = uint32(40 + len(body))
	}
	return append(Body(nil).U32(h.Length, h.Opcode).U64(h.Unique, h.Node).U32(h.UID, h.GID, h.PID, 0), body...)
}

// Client sends requests on one queue. It belongs to one goroutine.
type Client struct {
	Driver *virtiotest.Driver
	UID    uint32 // the user who sends the requests
	GID    uint32

	t               testing.TB
	ring            *virtiotest.Ring
	request, answer uint64
	unique          uint64
	chain           []virtiotest.Buffer
}

// New starts a device and mounts it. The client uses the first request queue.
func New(t testing.TB, dev virtio.Device) *Client {
	t.Helper()
	d := virtiotest.New(t, dev)
	d.Start(virtiotest.AllFeatures)
	c := On(t, d, 1)
	c.Mount()
	return c
}

// On returns a client for a queue of a device that has been started.
func On(t testing.TB, d *virtiotest.Driver, queue int) *Client {
	return &Client{
		Driver: d, t: t, ring: d.Rings[queue], request: d.Alloc(RequestSize), answer: d.Alloc(AnswerSize),
		unique: uint64(queue) << 32,
	}
}

// Again resets the device and mounts it once more.
func (c *Client) Again() *Client {
	c.t.Helper()
	c.Driver.Reset()
	c.Driver.Start(virtiotest.AllFeatures)
	n := On(c.t, c.Driver, c.ring.Index)
	n.Mount()
	return n
}

// Mount sends INIT.
func (c *Client) Mount() {
	c.t.Helper()
	if _, errno := c.Call(OpInit, 0, Body(nil).U32(7, 38, 128<<10, ^uint32(0), ^uint32(0)).U64(0, 0, 0, 0, 0).U32(0), 64); errno != 0 {
		c.t.Fatalf("INIT: errno %d", errno)
	}
}

// Call sends a request, waits for its answer, and returns what follows the answer's header,
// and the error number.
func (c *Client) Call(op uint32, node uint64, body Body, room int) (answer []byte, errno int) {
	c.t.Helper()
	c.unique++
	h := Header{Opcode: op, Unique: c.unique, Node: node, UID: c.UID, GID: c.GID}
	return c.Result(c.Raw(Request(h, body), 16+room))
}

// Raw sends any bytes and returns what the device has written.
func (c *Client) Raw(request []byte, room int) []byte {
	c.t.Helper()
	copy(c.Driver.Bytes(c.request, RequestSize), request)
	c.chain = append(c.chain[:0], virtiotest.Buffer{Addr: c.request, Len: uint32(len(request))})
	if room > 0 {
		c.chain = append(c.chain, virtiotest.Buffer{Addr: c.answer, Len: uint32(room), Writable: true})
	}
	c.ring.Chain(0, c.chain...)
	return c.Send()
}

// Send sends the chain at descriptor 0 and waits for it.
func (c *Client) Send() []byte {
	c.t.Helper()
	c.ring.Offer(0)
	c.ring.Kick()
	u := c.ring.Poll()
	return c.Driver.Bytes(c.answer, int(u.Written))
}

// Result splits an answer and checks its header.
func (c *Client) Result(b []byte) (answer []byte, errno int) {
	c.t.Helper()
	if len(b) < 16 {
		c.t.Fatalf("an answer of %d bytes", len(b))
	}
	le := binary.LittleEndian
	if size := le.Uint32(b); int(size) != len(b) {
		c.t.Fatalf("the answer states a length of %d, %d bytes were written", size, len(b))
	}
	if unique := le.Uint64(b[8:]); unique != c.unique {
		c.t.Fatalf("the answer is to request %d, want %d", unique, c.unique)
	}
	errno = -int(int32(le.Uint32(b[4:])))
	if errno != 0 && len(b) != 16 {
		c.t.Fatalf("errno %d with %d bytes", errno, len(b))
	}
	return b[16:], errno
}

// Cut is Raw with the request in two descriptors.
func (c *Client) Cut(request []byte, at, room int) []byte {
	c.t.Helper()
	at = min(at, len(request))
	copy(c.Driver.Bytes(c.request, RequestSize), request)
	c.ring.Chain(0, virtiotest.Buffer{Addr: c.request, Len: uint32(at)},
		virtiotest.Buffer{Addr: c.request + uint64(at), Len: uint32(len(request) - at)},
		virtiotest.Buffer{Addr: c.answer, Len: uint32(room), Writable: true})
	return c.Send()
}
