package vsock

import (
	"bytes"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

func TestConfiguration(t *testing.T) {
	g := newGuest(t, 0)
	if got := g.Config(0, 8); got != DefaultCID {
		t.Errorf("guest_cid is %d, want %d", got, DefaultCID)
	}
	if got := g.Offered() & 0xff; got != FeatureStream|FeatureNoImpliedStream {
		t.Errorf("features 0x%x", got)
	}
}

func TestHeader(t *testing.T) {
	want := []byte{
		3, 0, 0, 0, 0, 0, 0, 0, // src_cid
		2, 0, 0, 0, 0, 0, 0, 0, // dst_cid
		0, 4, 0, 0, // src_port
		52, 0, 0, 0, // dst_port
		5, 0, 0, 0, // len
		1, 0, // type: stream
		4, 0, // op: SHUTDOWN
		2, 0, 0, 0, // flags: send
		0, 0, 1, 0, // buf_alloc
		1, 2, 3, 4, // fwd_cnt
	}
	h := header{3, 2, 1024, 52, 5, typeStream, opShutdown, shutdownSend, 0x10000, 0x04030201}
	var got [headerSize]byte
	h.encode(&got)
	if !bytes.Equal(got[:], want) {
		t.Errorf("encode %+v\n got % x\nwant % x", h, got, want)
	}
	if back := decode(&got); back != h {
		t.Errorf("decode: got %+v, want %+v", back, h)
	}
}

// Packets that belong to no connection, or whose headers are wrong.
func TestHostilePackets(t *testing.T) {
	at := address{host: 52, guest: 2000}
	for _, tc := range []struct {
		name    string
		change  func(h *header)
		answer  bool // RST, with addresses and type as they came
		dropped uint64
	}{
		{"another guest's CID", func(h *header) { h.srcCID = 4 }, false, 1},
		{"the host's CID", func(h *header) { h.srcCID = 2 }, false, 1},
		{"CID with upper bits", func(h *header) { h.srcCID |= 1 << 32 }, false, 1},
		{"to another guest", func(h *header) { h.dstCID = 4 }, true, 0},
		{"to itself", func(h *header) { h.dstCID = DefaultCID }, true, 0},
		{"to no CID", func(h *header) { h.dstCID = 1<<64 - 1 }, true, 0},
		{"SEQPACKET", func(h *header) { h.typ = 2 }, true, 0},
		{"type 0", func(h *header) { h.typ = 0 }, true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuest(t, 0).post()
			l := g.listen(52)
			g.connect(l, at)
			h := g.packetTo(opRW, at)
			h.len = 1
			tc.change(&h)
			g.send(h, []byte("x"))
			if tc.answer {
				if got, _ := g.receive(); got != h.reset() {
					t.Errorf("got %+v, want %+v", got, h.reset())
				}
			}
			g.quiet()
			if s := g.dev.Stats(); s.Dropped != tc.dropped || s.Open != 1 {
				t.Errorf("stats %+v, want %d dropped, the connection open", s, tc.dropped)
			}
		})
	}
}

func TestLengths(t *testing.T) {
	at := address{host: 52, guest: 2000}
	for _, tc := range []struct {
		name    string
		len     uint32 // as the header says
		payload int    // bytes
		ok      bool
	}{
		{"exact", 4, 4, true},
		{"nothing", 0, 0, true},
		{"more in the chain", 4, 8, true},
		{"less in the chain", 5, 4, false},
		{"nothing in the chain", 1, 0, false},
		{"all ones", 1<<32 - 1, 4, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuest(t, 0).post()
			host, _ := g.connect(g.listen(52), at)
			h := g.packetTo(opRW, at)
			h.len = tc.len
			g.send(h, bytes.Repeat([]byte("x"), tc.payload))
			if !tc.ok {
				g.expect(opRST, at)
			} else {
				g.send(g.packetTo(opShutdown, at), nil) // no flags: no end
				h := g.packetTo(opShutdown, at)
				h.flags = shutdownBoth
				g.send(h, nil)
				g.expect(opRST, at)
			}
			g.quiet()
			want := 0
			if tc.ok {
				want = int(tc.len)
			}
			if got := readAll(t, host); len(got) != want {
				t.Errorf("host reads %d bytes, want %d", len(got), want)
			}
		})
	}
}

// Chains that are no packets, and buffers that hold none.
func TestMalformedChains(t *testing.T) {
	g := newGuest(t, 0)
	for _, n := range []uint32{1, headerSize - 1} {
		g.tx.Chain(0, virtiotest.Buffer{Addr: g.txAt, Len: n})
		g.tx.Offer(0)
		g.tx.Kick()
		g.tx.Await()
		g.rx.Chain(0, virtiotest.Buffer{Addr: g.rxAt, Len: n + 1, Writable: true})
		g.rx.Offer(0)
	}
	g.tx.Chain(0, virtiotest.Buffer{Addr: g.txAt, Len: 4096, Writable: true})
	g.tx.Offer(0)
	g.tx.Kick()
	g.tx.Await()
	g.rx.Kick()
	g.send(g.packetTo(opRW, address{1, 2}), nil)
	for range 2 {
		if u := g.rx.Await(); u.Written != 0 {
			t.Errorf("%d bytes in a buffer that is too small", u.Written)
		}
	}
	g.post()
	g.expect(opRST, address{1, 2})
	if got := g.dev.Stats().Dropped; got != 5 {
		t.Errorf("%d dropped, want 3 packets and 2 buffers", got)
	}
}

// A driver that knows the types of sockets, but does not accept streams, has none.
func TestStreamNotNegotiated(t *testing.T) {
	for _, tc := range []struct {
		features uint64
		streams  bool
	}{{0, true}, {FeatureStream, true}, {FeatureStream | FeatureNoImpliedStream, true}, {FeatureNoImpliedStream, false}} {
		g := newGuest(t, 0)
		g.listen(52)
		g.Reset()
		g.Driver.Start(tc.features)
		g.rx, g.tx = g.Rings[0], g.Rings[1]
		g.rxAt, g.txAt = g.Alloc(rxBuffers*rxSize), g.Alloc(txBuffers*txSize)
		g.post()
		g.send(g.packetTo(opRequest, address{52, 2000}), nil)
		want := opRST
		if tc.streams {
			want = opResponse
		}
		g.expect(want, address{52, 2000})
	}
}

// Without buffers to answer into, the device takes no more than it can answer.
func TestUnansweredPackets(t *testing.T) {
	g := newGuest(t, 0)
	for i := range maxResets {
		g.send(g.packetTo(opRW, address{1, uint32(i)}), nil)
	}
	for len(g.free) < txBuffers {
		g.free = append(g.free, int(g.tx.Await().Head)/2)
	}
	g.send(g.packetTo(opRW, address{1, maxResets}), nil)
	time.Sleep(50 * time.Millisecond) // for a device that does not wait
	if _, ok := g.tx.Take(); ok {
		t.Fatalf("packet %d is taken, with %d RST that wait", maxResets, maxResets)
	}
	g.post()
	for i := range maxResets + 1 {
		g.expect(opRST, address{1, uint32(i)})
	}
}
