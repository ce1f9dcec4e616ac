package vsock

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// FuzzDevice plays sequences of what a guest and the host's programs do, four
// bytes each: what, and three arguments. changes, unless they are empty, are
// flipped in the guest's memory by a second goroutine meanwhile. Without them
// what the device sends has to make sense.
func FuzzDevice(f *testing.F) {
	const request, rw, shutdown = byte(opRequest), byte(opRW), byte(opShutdown)
	f.Add([]byte{0, request, 0, 0, 1, rw, 0, 5, 1, rw, 0, 200, 0, shutdown, 0, 3}, []byte{})
	f.Add([]byte{2, 0, 0, 0, 3, 0, 0, 0, 0, request, 1, 0, 6, 0, 0, 0, 0, request, 1, 0, 1, rw, 1, 9}, []byte{})
	f.Add([]byte{0, request, 0, 0, 0, request, 1, 0, 1, rw, 0, 77, 4, rw, 0, 255, 5, 1, 1, 1, 7, 0, 0, 0}, []byte{1, 130, 77})
	f.Fuzz(func(t *testing.T, ops, changes []byte) {
		g := &fuzzGuest{guest: newGuest(t, 8).post(), strict: len(changes) == 0}
		l := g.listen(1)
		var hosts sync.WaitGroup
		hosts.Go(func() { serveEcho(l, &hosts) })
		for round := 0; len(ops) >= 4 && round < 16; round++ {
			stop := g.disturb(changes)
			for i := 0; i < 8 && len(ops) >= 4; i, ops = i+1, ops[4:] {
				g.step(ops[0]&7, ops[1], ops[2], ops[3])
			}
			stop()
			if g.Status()&virtio.StatusNeedsReset != 0 {
				g.again()
			}
		}
		g.again()
		g.checkEcho()
		l.Close()
		g.Reset()
		if n := g.dev.Stats().Open; n != 0 {
			t.Fatalf("%d connections after the reset", n)
		}
		for _, c := range g.clients {
			c.Close()
		}
		hosts.Wait()
	})
}

// fuzzGuest is a guest that does not wait for anything.
type fuzzGuest struct {
	*guest
	strict  bool
	clients []net.Conn
	last    address // of a connection from the host
}

// disturb changes the descriptors and the guest's packets until it is stopped.
func (g *fuzzGuest) disturb(changes []byte) (stop func()) {
	return virtiotest.Disturb(changes, func(i int, c byte) {
		area := [][]byte{g.rx.DescTable(), g.tx.DescTable(), g.Bytes(g.txAt, txBuffers*txSize)}[int(c)%3]
		area[(int(c)*31+i*17)%len(area)] ^= c
	})
}

// step is one thing that happens.
func (g *fuzzGuest) step(what, a, b, c byte) {
	at := address{host: uint32(b & 3), guest: uint32(b >> 4)}
	if b&4 != 0 {
		at = g.last
	}
	h := g.packetTo(op(a%10), at)
	h.flags, h.fwdCnt, h.bufAlloc = uint32(c), uint32(c)<<(a&31), uint32(b)<<(c&31)
	switch what {
	case 0:
		g.offer(h, nil)
	case 1, 4:
		h.op, h.len = opRW, uint32(c)
		if what == 4 {
			h.len = uint32(c) << 24 >> (a & 31)
		}
		g.offer(h, make([]byte, c))
	case 2:
		if conn, err := net.Dial("unix", g.path); err == nil {
			g.clients = append(g.clients, conn)
			conn.Write([]byte("CONNECT 5\nhello\n")[:min(16, 1+int(c))])
		}
	case 3:
		g.again()
	case 5:
		h.srcCID ^= uint64(a & 1)
		h.dstCID ^= uint64(b & 1)
		h.typ ^= uint16(c)
		g.offer(h, nil)
	case 6:
		g.dev.ResetTransport()
	case 7:
		if len(g.clients) > 0 {
			g.clients[0].Close()
			g.clients = g.clients[1:]
		}
	}
	g.drain()
}

// offer is send, unless the device still has all buffers.
func (g *fuzzGuest) offer(h header, payload []byte) {
	for u, ok := g.tx.Take(); ok; u, ok = g.tx.Take() {
		g.free = append(g.free, int(u.Head)/2%txBuffers)
	}
	if len(g.free) > 0 {
		g.send(h, payload)
	}
}

// drain takes what the device has sent.
func (g *fuzzGuest) drain() {
	for u, ok := g.rx.Take(); ok; u, ok = g.rx.Take() {
		if g.strict {
			h, _ := g.packet(u)
			if h.srcCID != uint64(hostCID) && h.op != opRST || h.op == opInvalid || h.op > opCreditRequest {
				g.t.Fatalf("the device sends %v: %+v", h.op, h)
			}
			if h.op == opRequest {
				g.last = address{h.srcPort, h.dstPort}
			}
			continue
		}
		g.postRX(int(u.Head) % rxBuffers)
		g.rx.Kick()
	}
}

// again is a reset, and the driver from its start.
func (g *fuzzGuest) again() {
	g.Reset()
	g.boot()
	g.post()
}

// checkEcho has a connection of its own work, among what others do.
func (g *fuzzGuest) checkEcho() {
	at := address{host: 1, guest: 1 << 20}
	for end := time.Now().Add(20 * time.Second); ; {
		g.send(g.packetTo(opRequest, at), nil)
		if h := g.next(at); h.op == opResponse {
			break
		} else if h.op != opRST || time.Now().After(end) { // all places are taken by the host
			g.t.Fatalf("%v in place of RESPONSE", h.op)
		}
		for _, c := range g.clients {
			c.Close()
		}
	}
	p := g.packetTo(opRW, at)
	p.len = 4
	g.send(p, []byte("echo"))
	if h := g.next(at); h.op != opRW || h.len != 4 {
		g.t.Fatalf("%v of %d bytes in place of an echo", h.op, h.len)
	}
}

// next is the next packet for a connection; others from the host are refused.
func (g *fuzzGuest) next(at address) header {
	for {
		h, _ := g.receive()
		if (address{h.srcPort, h.dstPort}) == at {
			return h
		}
		if h.op == opRequest {
			g.send(g.packetTo(opRST, address{h.srcPort, h.dstPort}), nil)
		}
	}
}

// FuzzHeader sends one packet of any bytes, and payload, to a device that has
// a connection.
func FuzzHeader(f *testing.F) {
	good := header{DefaultCID, uint64(hostCID), 2000, 52, 4, typeStream, opRW, 0, 100, 0}
	var raw [headerSize]byte
	good.encode(&raw)
	f.Add(raw[:], uint16(4))
	binary.LittleEndian.PutUint32(raw[24:], 1<<31)
	f.Add(raw[:], uint16(4095))
	f.Fuzz(func(t *testing.T, raw []byte, size uint16) {
		g := newGuest(t, 8).post()
		g.connect(g.listen(52), port52)
		raw = raw[:min(len(raw), headerSize)]
		if len(raw) == 0 {
			return
		}
		g.sendRaw(raw, make([]byte, int(size)%maxPayload))
		g.tx.Await()
		g.Reset()
		if n := g.dev.Stats().Open; n != 0 {
			t.Fatalf("%d connections after the reset", n)
		}
	})
}

// FuzzHandshake reads a line of any bytes.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte("CONNECT 1024\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &countingReader{data: b}
		line, err := readLine(r)
		if err == nil && (len(line) >= maxLine || r.n != len(line)+1 || b[len(line)] != '\n') {
			t.Errorf("%q: line %q, %d bytes consumed", b, line, r.n)
		}
	})
}

type countingReader struct {
	data []byte
	n    int
}

func (r *countingReader) Read(p []byte) (n int, err error) {
	if r.n == len(r.data) {
		return 0, io.EOF
	}
	n = copy(p, r.data[r.n:])
	r.n += n
	return n, nil
}
