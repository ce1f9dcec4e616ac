package vsock

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Reset while packets and bytes are everywhere: the host's programs see the
// end, nothing stays behind, and the next driver finds a device that works.
func TestResetInFlight(t *testing.T) {
	g := newGuest(t, 0)
	before := runtime.NumGoroutine()
	for round := range 10 {
		g.post()
		l := g.listen(52)
		var wg sync.WaitGroup
		wg.Go(func() { serveEcho(l, &wg) })
		for range 20 {
			wg.Go(func() { babble(g.path) })
		}
		accept := round%2 == 0 // or leave the host without an answer
		for i := range 100 + 20*round {
			g.send(g.packetTo(opRequest, address{52, uint32(i)}), nil)
			h := g.packetTo(opRW, address{52, uint32(i / 2)})
			h.len = 1000
			g.send(h, make([]byte, h.len))
			for u, ok := g.rx.Take(); ok; u, ok = g.rx.Take() {
				if h, _ := g.packet(u); h.op == opRequest && accept {
					g.send(g.packetTo(opResponse, address{h.srcPort, h.dstPort}), nil)
				}
			}
		}
		g.Reset()
		l.Close()
		if n := g.dev.Stats().Open; n != 0 {
			t.Fatalf("%d connections after the reset", n)
		}
		g.boot()
		refuseAll(g, &wg)
		g.Reset()
		g.boot()
	}
	g.post()
	host, _ := g.connect(g.listen(53), address{53, 1})
	h := g.packetTo(opRW, address{53, 1})
	h.len = 5
	g.send(h, []byte("again"))
	b := make([]byte, 5)
	if _, err := io.ReadFull(host, b); err != nil || string(b) != "again" {
		t.Errorf("after resets: %q, %v", b, err)
	}
	g.Reset()
	await(t, "goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

// babble is a program of the host that talks until the end.
func babble(path string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := DialContext(ctx, path, 1024)
	if err != nil {
		return
	}
	defer c.Close()
	go io.Copy(io.Discard, c)
	for err == nil {
		_, err = c.Write(make([]byte, 1000))
	}
}

// refuseAll is a driver that refuses all connections that waited for a driver, until wg is
// done.
func refuseAll(g *guest, wg *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	g.post()
	for {
		for u, ok := g.rx.Take(); ok; u, ok = g.rx.Take() {
			h, _ := g.packet(u)
			g.send(g.packetTo(opRST, address{h.srcPort, h.dstPort}), nil)
		}
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// What the device has taken reaches the host, whatever the guest does next.
func TestResetDelivers(t *testing.T) {
	g := newGuest(t, 0).post()
	host, _ := g.connect(g.listen(52), port52)
	want := pattern(3, maxPayload)
	h := g.packetTo(opRW, port52)
	h.len = maxPayload
	g.send(h, want)
	g.quiet()
	g.Reset()
	if got := readAll(t, host); !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrive, want %d", len(got), len(want))
	}
}

// A host that neither reads nor closes does not hold up the reset.
func TestResetDoesNotWait(t *testing.T) {
	g := newGuest(t, 0).post()
	_, h := g.connect(g.listen(52), port52)
	g.fillHost(port52, h)
	start := time.Now()
	g.Reset()
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("the reset takes %v", d)
	}
}

// A connection from the host waits for the driver.
func TestDialBeforeDriver(t *testing.T) {
	g := newGuest(t, 0)
	g.Reset()
	var c *net.UnixConn
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { c, err = Dial(g.path, 1024) })
	g.boot()
	g.post()
	h, _ := g.receive()
	g.send(g.packetTo(opResponse, address{h.srcPort, h.dstPort}), nil)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestTransportReset(t *testing.T) {
	g := newGuest(t, 0).post()
	host, _ := g.connect(g.listen(52), port52)
	h := g.packetTo(opRW, port52)
	h.len = 4
	g.send(h, []byte("last"))
	g.quiet()
	g.dev.ResetTransport()
	at := g.Alloc(64)
	g.events.Chain(0, virtiotest.Buffer{Addr: at, Len: 64, Writable: true})
	g.events.Offer(0)
	g.events.Kick()
	if u := g.events.Await(); u.Written != 4 || !bytes.Equal(g.Bytes(at, 4), []byte{0, 0, 0, 0}) {
		t.Errorf("event of %d bytes: % x", u.Written, g.Bytes(at, 4))
	}
	if got := readAll(t, host); string(got) != "last" {
		t.Errorf("host reads %q", got)
	}
	g.quiet() // no packet of a connection that the guest has dropped
	g.send(g.packetTo(opCreditRequest, port52), nil)
	g.expect(opRST, port52)
	await(t, "closed", func() bool { return g.dev.Stats().Open == 0 })
}

// When there are as many connections as allowed, the guest gets RST and the host waits.
func TestMaxConnections(t *testing.T) {
	const most = 4
	g := newGuest(t, most).post()
	l := g.listen(52)
	var hosts []net.Conn // they stay open: the device closes its side
	for i := uint32(0); ; i++ {
		at := address{52, i}
		g.send(g.packetTo(opRequest, at), nil)
		if h, _ := g.receive(); h.op == opRST {
			break
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, c)
	}
	// The device may keep one place for the next connection from the host.
	if s := g.dev.Stats(); len(hosts) != s.Open || s.Open > most || s.Open < most-1 || s.Refused != 1 {
		t.Errorf("%d connections; stats %+v", len(hosts), s)
	}
	for i := range hosts {
		g.send(g.packetTo(opRST, address{52, uint32(i)}), nil)
	}
	await(t, "all places free", func() bool { return g.dev.Stats().Open == 0 })
	var wg sync.WaitGroup
	defer wg.Wait()
	for range most + 1 {
		wg.Go(func() { askEcho(g.path, nil) })
	}
	var asked []address
	request := func() {
		h, _ := g.receive()
		asked = append(asked, address{h.srcPort, h.dstPort})
		if h.op != opRequest || slices.Contains(asked[:len(asked)-1], asked[len(asked)-1]) {
			t.Errorf("%v from port %d", h.op, h.srcPort)
		}
	}
	for range most {
		request()
	}
	g.quiet() // one waits
	g.send(g.packetTo(opRST, asked[0]), nil)
	request()
	for _, at := range asked[1:] {
		g.send(g.packetTo(opRST, at), nil)
	}
}

// Lines that are no request for a port, and their end.
func TestBadHandshakes(t *testing.T) {
	g := newGuest(t, 0).post()
	for _, line := range []string{"\n", "HELLO\n", "connect 1\n", "CONNECT\n", "CONNECT \n", "CONNECT -1\n", "CONNECT x\n", "CONNECT 4294967296\n", "CONNECT 1 2\n", "CONNECT 00000000000000000000000000000000000000000001"} {
		c, err := net.Dial("unix", g.path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%q: an answer", line)
		}
		c.Close()
	}
	g.quiet()
}
