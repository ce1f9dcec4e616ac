package vsock

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
)

var port52 = address{host: 52, guest: 2000}

// fillHost has the guest send to a host that does not read, until its credit is used
// up. Then the Unix socket is full, and the device holds one window more.
func (g *guest) fillHost(at address, h header) (sent uint32) {
	g.t.Helper()
	chunk := make([]byte, maxPayload)
	fwd, alloc := h.fwdCnt, h.bufAlloc
	for range 4096 {
		for alloc-(sent-fwd) > 0 {
			n := min(maxPayload, alloc-(sent-fwd))
			p := g.packetTo(opRW, at)
			p.len = n
			for i := range chunk {
				chunk[i] = byte((int(sent) + i) % 251)
			}
			g.send(p, chunk[:n])
			sent += n
		}
		before := fwd
		for end := time.Now().Add(200 * time.Millisecond); fwd == before && time.Now().Before(end); {
			g.send(g.packetTo(opCreditRequest, at), nil)
			for h, _ := g.receive(); ; h, _ = g.receive() {
				fwd = h.fwdCnt
				if h.op == opCreditUpdate {
					break
				}
			}
		}
		if fwd == before {
			return sent
		}
	}
	g.t.Fatal("the host takes everything")
	return 0
}

// A host that does not read stops the guest's stream; when it reads, the guest
// hears of it, and all that was sent arrives.
func TestHostDoesNotRead(t *testing.T) {
	g := newGuest(t, 0).post()
	host, h := g.connect(g.listen(52), port52)
	sent := g.fillHost(port52, h)

	// Another connection does not notice.
	other, _ := g.connect(g.listen(53), address{53, 2001})
	p := g.packetTo(opRW, address{53, 2001})
	p.len = 5
	g.send(p, []byte("hello"))
	b := make([]byte, 5)
	if _, err := io.ReadFull(other, b); err != nil || string(b) != "hello" {
		t.Fatalf("another connection: %q, %v", b, err)
	}

	host.SetReadDeadline(time.Now().Add(20 * time.Second))
	got := make([]byte, sent)
	if n, err := io.ReadFull(host, got); err != nil {
		t.Fatalf("%d bytes of %d: %v", n, sent, err)
	}
	for i, c := range got {
		if c != byte(i%251) {
			t.Fatalf("byte %d is %d, want %d", i, c, i%251)
		}
	}
	for fwd := h.fwdCnt; sent-fwd > h.bufAlloc/2; {
		h, _ := g.expect(opCreditUpdate, port52)
		fwd = h.fwdCnt
	}
}

// A guest that sends without credit loses the connection, but nothing that it
// had sent within its credit.
func TestCreditViolated(t *testing.T) {
	g := newGuest(t, 0).post()
	host, h := g.connect(g.listen(52), port52)
	sent := g.fillHost(port52, h)
	p := g.packetTo(opRW, port52)
	p.len = 1
	g.send(p, []byte("x"))
	g.expect(opRST, port52)
	g.quiet()
	if got := readAll(t, host); len(got) != int(sent) {
		t.Errorf("host reads %d bytes, want %d", len(got), sent)
	}
	if s := g.dev.Stats(); s.Invalid != 2 { // and quiet's
		t.Errorf("stats %+v", s)
	}
}

// The device sends what the guest has room for, asks once, and waits.
func TestGuestDoesNotRead(t *testing.T) {
	g := newGuest(t, 0).post()
	g.alloc = 10
	host, _ := g.connect(g.listen(52), port52)
	data := pattern(1, 100)
	if _, err := host.Write(data); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for len(got) < len(data) {
		_, payload := g.expect(opRW, port52)
		if len(payload) > 10 {
			t.Fatalf("%d bytes at once, want at most 10", len(payload))
		}
		if got = append(got, payload...); len(got) == len(data) {
			break
		}
		g.expect(opCreditRequest, port52)
		for range 3 { // an answer that gives nothing is not asked again
			h := g.packetTo(opCreditUpdate, port52)
			h.fwdCnt = uint32(len(got)) - 10
			g.send(h, nil)
		}
		g.quiet()
		h := g.packetTo(opCreditUpdate, port52)
		h.fwdCnt = uint32(len(got))
		g.send(h, nil)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("got % x, want % x", got, data)
	}
}

// A guest whose credit numbers make no sense never gets more than it has room for.
func TestWildCredit(t *testing.T) {
	for _, tc := range []struct {
		alloc, fwd uint32
		want       uint32 // credit with 100 bytes sent
	}{
		{0, 0, 0}, {100, 0, 0}, {99, 0, 0}, {101, 0, 1}, {64, 100, 64}, {64, 101, 0},
		{64, 1 << 31, 0}, {1<<32 - 1, 100, 1<<32 - 1}, {1<<32 - 1, 1<<32 - 1, 1<<32 - 102}, {200, 50, 150},
	} {
		c := &conn{sent: 100, peerBufAlloc: tc.alloc, peerFwdCnt: tc.fwd}
		if got := c.credit(); got != tc.want {
			t.Errorf("buf_alloc %d, fwd_cnt %d: credit %d, want %d", tc.alloc, tc.fwd, got, tc.want)
		}
	}
}

// A host that writes to a guest that takes nothing is stopped. The device then holds
// maxRead bytes of the stream, and the Unix socket is full.
func TestHostWritesUntilFull(t *testing.T) {
	g := newGuest(t, 0).post()
	g.alloc = 0
	host, _ := g.connect(g.listen(52), port52)
	host.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	n, err := host.Write(make([]byte, 64<<20))
	if err == nil || n > 4<<20 {
		t.Errorf("the host could write %d bytes, %v", n, err)
	}
}

// The credit of all connections together has a bound.
func TestWindows(t *testing.T) {
	m := &mux{d: &Device{max: DefaultMaxConnections}, slots: make(chan struct{}, DefaultMaxConnections), conns: map[address]*conn{}, spare: spareWindow}
	open := func() (sum uint64) {
		for i := range DefaultMaxConnections {
			m.slots <- struct{}{}
			c, ok := m.openLocked(address{1, uint32(i)}, connected)
			if !ok || c.window < minWindow || c.window > maxWindow {
				t.Fatalf("connection %d: %v, window 0x%x", i, ok, c.window)
			}
			sum += uint64(c.window)
		}
		return sum
	}
	const most = spareWindow + minWindow*DefaultMaxConnections
	if sum := open(); sum > most || sum < most*9/10 {
		t.Errorf("0x%x bytes are promised, want close to 0x%x", sum, most)
	}
	for _, c := range m.conns {
		c.finished = true
		m.forgetLocked(c)
	}
	if m.spare != spareWindow || len(m.slots) != 0 {
		t.Errorf("after the end: 0x%x bytes spare of 0x%x, %d slots taken", m.spare, spareWindow, len(m.slots))
	}
}

func TestRing(t *testing.T) {
	const most = 3 * minRing / 2 // no power of two
	var r ring
	var put, got int
	for i := range 2000 {
		n := min(i*7919%2500, most-r.len)
		b := make([]byte, n)
		for k := range b {
			b[k] = byte((put + k) % 251)
		}
		chain := virtio.Buffers{b[:n/3], b[n/3:]}
		r.put(&chain, n, most)
		put += n
		p := r.peek()
		if r.len > 0 && len(p) == 0 {
			t.Fatal("bytes that cannot be seen")
		}
		p = p[:min(len(p), i*104729%2700)]
		for k, c := range p {
			if c != byte((got+k)%251) {
				t.Fatalf("step %d: byte %d is %d, want %d", i, got+k, c, (got+k)%251)
			}
		}
		r.drop(len(p))
		got += len(p)
		if r.len != put-got || len(r.buf) > most {
			t.Fatalf("step %d: %d bytes, want %d; memory of %d", i, r.len, put-got, len(r.buf))
		}
	}
}
