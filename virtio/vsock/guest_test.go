package vsock

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// guest is the driver's side of a socket device, for one goroutine.
type guest struct {
	*virtiotest.Driver
	t      testing.TB
	dev    *Device
	path   string
	rx, tx *virtiotest.Ring
	events *virtiotest.Ring
	rxAt   uint64 // rxBuffers of rxSize
	txAt   uint64 // txBuffers of headerSize and maxPayload
	free   []int  // of tx
	alloc  uint32 // buf_alloc that it says
}

const (
	rxBuffers, rxSize     = 64, 4096
	txBuffers, maxPayload = 64, 4096
	txSize                = 64 + maxPayload
	guestAlloc            = 64 << 10
)

// newDevice makes a device whose socket is in a directory with a short name.
func newDevice(t testing.TB, max int) *Device {
	t.Helper()
	dev, err := New(Config{Path: filepath.Join(virtiotest.ShortDir(t), "s"), MaxConnections: max})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// newGuest connects a driver to a new device, without buffers to receive.
func newGuest(t testing.TB, max int) *guest {
	t.Helper()
	dev := newDevice(t, max)
	g := &guest{Driver: virtiotest.New(t, dev), t: t, dev: dev, path: dev.path, alloc: guestAlloc}
	g.boot()
	return g
}

// boot is what a driver does after a reset.
func (g *guest) boot() {
	g.t.Helper()
	g.Start(virtiotest.AllFeatures)
	g.rx, g.tx, g.events = g.Rings[0], g.Rings[1], g.Rings[2]
	g.rxAt, g.txAt = g.Alloc(rxBuffers*rxSize), g.Alloc(txBuffers*txSize)
	g.free = nil
	for i := range txBuffers {
		g.free = append(g.free, i)
	}
}

// post gives the device all buffers to receive.
func (g *guest) post() *guest {
	for i := range rxBuffers {
		g.postRX(i)
	}
	g.rx.Kick()
	return g
}

func (g *guest) postRX(i int) {
	g.rx.Chain(i, virtiotest.Buffer{Addr: g.rxAt + uint64(i*rxSize), Len: rxSize, Writable: true})
	g.rx.Offer(i)
}

// send sends a packet, in two descriptors if it has a payload.
func (g *guest) send(h header, payload []byte) {
	g.t.Helper()
	var raw [headerSize]byte
	h.encode(&raw)
	g.sendRaw(raw[:], payload)
}

func (g *guest) sendRaw(raw, payload []byte) {
	g.t.Helper()
	for u, ok := g.tx.Take(); ok; u, ok = g.tx.Take() {
		g.free = append(g.free, int(u.Head)/2)
	}
	if len(g.free) == 0 {
		g.free = append(g.free, int(g.tx.Await().Head)/2)
	}
	i := g.free[0]
	g.free = g.free[1:]
	at := g.txAt + uint64(i*txSize)
	copy(g.Bytes(at, headerSize), raw)
	copy(g.Bytes(at+headerSize, maxPayload), payload)
	chain := []virtiotest.Buffer{{Addr: at, Len: uint32(len(raw))}}
	if len(payload) > 0 {
		chain = append(chain, virtiotest.Buffer{Addr: at + headerSize, Len: uint32(len(payload))})
	}
	g.tx.Chain(2*i, chain...)
	g.tx.Offer(2 * i)
	g.tx.Kick()
}

// receive waits for a packet.
func (g *guest) receive() (h header, payload []byte) {
	g.t.Helper()
	return g.packet(g.rx.Await())
}

// packet copies a packet out and gives its buffer back to the device.
func (g *guest) packet(u virtiotest.Used) (h header, payload []byte) {
	g.t.Helper()
	b := g.Bytes(g.rxAt+uint64(u.Head)*rxSize, int(u.Written))
	if len(b) < headerSize {
		g.t.Fatalf("a packet of %d bytes", len(b))
	}
	h = decode((*[headerSize]byte)(b))
	payload = append(payload, b[headerSize:]...)
	if int(h.len) != len(payload) {
		g.t.Fatalf("%v has %d bytes and says %d", h.op, len(payload), h.len)
	}
	g.postRX(int(u.Head))
	g.rx.Kick()
	return h, payload
}

// packetTo is a packet from a port of the guest to one of the host.
func (g *guest) packetTo(o op, at address) header {
	return header{
		srcCID: DefaultCID, dstCID: uint64(hostCID), srcPort: at.guest, dstPort: at.host,
		typ: typeStream, op: o, bufAlloc: g.alloc,
	}
}

// expect receives a packet and checks what it is for.
func (g *guest) expect(o op, at address) (h header, payload []byte) {
	g.t.Helper()
	h, payload = g.receive()
	want := header{
		srcCID: uint64(hostCID), dstCID: DefaultCID, srcPort: at.host, dstPort: at.guest, typ: typeStream, op: o,
		len: h.len, flags: h.flags, bufAlloc: h.bufAlloc, fwdCnt: h.fwdCnt,
	}
	if h != want {
		g.t.Fatalf("got %v %+v, want %v %+v", h.op, h, o, want)
	}
	return h, payload
}

// quiet checks that the device has nothing to say. It sends a packet of no
// connection, and the next packet must be the answer to that one.
func (g *guest) quiet() {
	g.t.Helper()
	at := address{host: 0xdead, guest: 0xbeef}
	g.send(g.packetTo(opCreditRequest, at), nil)
	g.expect(opRST, at)
}

// connect makes a connection to a listener of the host.
func (g *guest) connect(l net.Listener, at address) (host *net.UnixConn, h header) {
	g.t.Helper()
	g.send(g.packetTo(opRequest, at), nil)
	h, _ = g.expect(opResponse, at)
	c, err := l.Accept()
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { c.Close() })
	return c.(*net.UnixConn), h
}

// listen is a listener of the host.
func (g *guest) listen(port uint32) net.Listener {
	g.t.Helper()
	l, err := Listen(g.path, port)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { l.Close() })
	return l
}
