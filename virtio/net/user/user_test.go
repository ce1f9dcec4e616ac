package user

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	stdnet "net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"gvisor.dev/gvisor/pkg/tcpip"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// A stream's bytes, and the end of each direction by itself.
func TestStream(t *testing.T) {
	r := newRig(t, Config{})
	c := r.mustDial(serve(t, echo))
	sent := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{}).Read(sent)
	go func() {
		c.Write(sent)
		c.CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came back, or others: %v", len(got), len(sent), err)
	}
	c.Close()
	eventually(t, "the stream's token is given back", func() bool { return len(r.streams) == 0 })
}

// A stream that ends with a reset does not look as if it had ended normally.
func TestReset(t *testing.T) {
	r := newRig(t, Config{})
	c := r.mustDial(serve(t, func(c *stdnet.TCPConn) {
		c.Read(make([]byte, 1))
		io.WriteString(c, "some")
		c.SetLinger(0)
	}))
	c.Write([]byte("x"))
	if b, err := io.ReadAll(c); err == nil {
		t.Errorf("read %q and then the end, want an error", b)
	}
	failed := make(chan error)
	d := r.mustDial(serve(t, func(c *stdnet.TCPConn) {
		_, err := io.ReadAll(c)
		failed <- err
	}))
	if _, err := d.Write([]byte("some")); err != nil {
		t.Fatal(err)
	}
	for _, ep := range r.guest.RegisteredEndpoints() {
		if ep, ok := ep.(tcpip.Endpoint); ok {
			ep.Abort()
		}
	}
	if err := <-failed; err == nil {
		t.Error("the host's server has read the end, want an error")
	}
}

func TestRefused(t *testing.T) {
	r := newRig(t, Config{NoHost: true})
	server := serve(t, echo)
	for _, to := range []string{server.String(), "192.168.127.1:9", "192.168.127.77:80", "169.254.169.254:80", "240.0.0.1:1"} {
		if c, err := r.dial(netip.MustParseAddrPort(to)); err == nil || !strings.Contains(err.Error(), "refused") && !strings.Contains(err.Error(), "no route") {
			t.Errorf("%s: %v, %v, want a refusal", to, c, err)
		}
	}
	open := newRig(t, Config{})
	l, err := stdnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there
	if _, err := open.dial(netip.AddrPortFrom(host, l.Addr().(*stdnet.TCPAddr).AddrPort().Port())); err == nil {
		t.Error("connected to nobody")
	}
}

// At the limit a stream is refused, and one that ends makes room.
func TestStreamLimit(t *testing.T) {
	r := newRig(t, Config{})
	server := serve(t, echo)
	var memory []int
	for range MaxStreams - 1 {
		memory = append(memory, r.acquire())
	}
	c := r.mustDial(server)
	if _, err := r.dial(server); err == nil {
		t.Error("one stream too many")
	}
	c.Close()
	eventually(t, "there is room again", func() bool {
		c, err := r.dial(server)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	for _, m := range memory {
		r.release(m)
	}
}

func TestFlow(t *testing.T) {
	r := newRig(t, Config{})
	server := serveUDP(t)
	for _, size := range []int{0, 1, 1472, 5000, 65507} {
		c := r.dialUDP(server)
		sent := bytes.Repeat([]byte{byte(size)}, size)
		b := make([]byte, maxDatagram+1)
		n := -1
		for range 20 { // datagrams may be lost
			c.Write(sent)
			c.SetReadDeadline(time.Now().Add(time.Second))
			if k, err := c.Read(b); err == nil {
				n = k
				break
			}
		}
		if n != size || !bytes.Equal(b[:n], sent) {
			t.Errorf("%d bytes came back of %d", n, size)
		}
	}
}

// Above the limit, a new flow ends the one that has been idle longest.
func TestFlowLimit(t *testing.T) {
	r := newRig(t, Config{})
	server := serveUDP(t)
	count := func() int {
		r.flows.mu.Lock()
		defer r.flows.mu.Unlock()
		return len(r.flows.open)
	}
	first := r.dialUDP(server)
	first.Write([]byte("x"))
	eventually(t, "the first flow is open", func() bool { return count() == 1 })
	another := func() (open int) {
		r.dialUDP(server).Write([]byte("x"))
		if open = count(); open > MaxFlows {
			t.Fatalf("%d flows, of %d", open, MaxFlows)
		}
		return open
	}
	for range MaxFlows + 20 {
		another()
	}
	eventually(t, "as many flows as there may be", func() bool { return another() == MaxFlows }) // datagrams may be lost
	b := make([]byte, 10)
	eventually(t, "a new flow in the place of the first", func() bool {
		first.Write([]byte("y"))
		first.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, _ := first.Read(b)
		return n == 1 && b[0] == 'y'
	})
}

// The gateway answers ARP only for its own addresses: a guest asks whether anybody else has
// the guest's.
func TestARP(t *testing.T) {
	n, err := New(Config{MAC: guestMAC})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ask := func(a netip.Addr) bool {
		frame := make([]byte, net.HeaderSize)
		frame = append(frame, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"...)
		frame = append(frame, guestMAC[:]...)
		frame = append(frame, guest.AsSlice()...)
		frame = append(frame, make([]byte, 6)...)
		frame = append(frame, a.AsSlice()...)
		n.Send(frame)
		time.AfterFunc(300*time.Millisecond, n.Interrupt)
		b := make([]byte, net.MaxPacket)
		k, err := n.Receive(b)
		if err == nil { // that interrupt is left over
			n.Receive(make([]byte, net.MaxPacket))
		}
		return err == nil && k >= net.HeaderSize+42 && binary.BigEndian.Uint16(b[net.HeaderSize+20:]) == 2
	}
	for a, want := range map[netip.Addr]bool{gateway: true, host: true, guest: false, netip.MustParseAddr("192.168.127.77"): false} {
		if got := ask(a); got != want {
			t.Errorf("who has %v: answered %v, want %v", a, got, want)
		}
	}
}

// Packets that the guest does not take are dropped at a limit.
func TestDropped(t *testing.T) {
	n, err := New(Config{MAC: guestMAC})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	ping := make([]byte, net.HeaderSize)
	ping = append(ping, "\x5a\x94\xef\xe4\x0c\xdd\x02\x00\x00\x00\x00\x01\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01"...)
	ping = append(append(append(append(ping, guestMAC[:]...), guest.AsSlice()...), make([]byte, 6)...), gateway.AsSlice()...)
	for range maxQueued + 100 {
		n.Send(ping)
	}
	if d := n.Dropped(); d < 100 || len(n.link.queue) > maxQueued {
		t.Errorf("%d dropped, %d wait", d, len(n.link.queue))
	}
}

// Close ends streams, flows, those that are being opened, and queries under way, with all
// their goroutines.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("rig", func(t *testing.T) {
		r := newRig(t, Config{Forwards: []Forward{{Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(guest, 22)}}},
			asking(testResolver(t.Context(), upstream(silent).listen(t)).config()))
		server, flows := serve(t, echo), serveUDP(t)
		for range 20 {
			r.mustDial(server).Write([]byte("x"))
			r.dialUDP(flows).Write([]byte("x"))
			go r.dial(server)
		}
		if c, err := stdnet.Dial("tcp", r.ForwardAddresses()[0].String()); err == nil {
			defer c.Close()
		}
		half := make(chan bool)
		r.mustDial(serve(t, func(c *stdnet.TCPConn) { // says nothing, and does not close
			io.Copy(io.Discard, c)
			close(half)
			<-t.Context().Done()
		})).CloseWrite()
		<-half
		r.mustDial(netip.AddrPortFrom(gateway, dnsPort)) // asks nothing
		for _, c := range []stdnet.Conn{r.mustDial(netip.AddrPortFrom(gateway, dnsPort)), r.dialUDP(netip.AddrPortFrom(gateway, dnsPort))} {
			(&dns.Conn{Conn: c}).WriteMsg(question("example.com.", dns.TypeA))
		}
		eventually(t, "two queries are under way", func() bool { return len(r.resolver.tokens) == 2 })
		start := time.Now()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("Close took %v", d)
		}
	})
	eventually(t, "the goroutines have ended", func() bool {
		after := runtime.NumGoroutine()
		return after <= before+5 // of the runtime and of the test's own
	})
}
