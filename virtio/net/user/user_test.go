package user

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	gonet "net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// Where the guest may go, and where it may not.
func TestOutside(t *testing.T) {
	for _, tc := range []struct {
		from   string
		noHost bool
		to     string // "" for nowhere
	}{
		{"192.0.2.1", false, "192.0.2.1"},
		{"10.0.0.1", false, "10.0.0.1"},
		{"192.168.127.254", false, "127.0.0.1"},
		{"192.168.127.254", true, ""},
		{"192.168.127.1", false, ""},
		{"192.168.127.77", false, ""},
		{"192.168.126.255", false, "192.168.126.255"},
		{"127.0.0.1", false, ""}, {"127.255.255.255", false, ""},
		{"0.0.0.0", false, ""}, {"0.1.2.3", false, ""},
		{"169.254.169.254", false, ""},
		{"224.0.0.1", false, ""}, {"239.255.255.255", false, ""},
		{"240.0.0.1", false, ""}, {"255.255.255.255", false, ""},
		{"::1", false, ""},
	} {
		n := &Network{noHost: tc.noHost}
		to, ok := n.outside(tcpip.AddrFromSlice(netip.MustParseAddr(tc.from).AsSlice()))
		if ok != (tc.to != "") || ok && to.String() != tc.to {
			t.Errorf("%s, NoHost %v: %v, %v, want %q", tc.from, tc.noHost, to, ok, tc.to)
		}
	}
}

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

// What ends with a reset does not end as if all were well.
func TestReset(t *testing.T) {
	r := newRig(t, Config{})
	c := r.mustDial(serve(t, func(c *gonet.TCPConn) {
		c.Read(make([]byte, 1))
		io.WriteString(c, "some")
		c.SetLinger(0)
	}))
	c.Write([]byte("x"))
	if b, err := io.ReadAll(c); err == nil {
		t.Errorf("read %q and then the end, want an error", b)
	}
	failed := make(chan error)
	d := r.mustDial(serve(t, func(c *gonet.TCPConn) {
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
	l, err := gonet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there
	if _, err := open.dial(netip.AddrPortFrom(host, l.Addr().(*gonet.TCPAddr).AddrPort().Port())); err == nil {
		t.Error("connected to nobody")
	}
}

// At the limit a stream is refused, and one that ends makes room.
func TestStreamLimit(t *testing.T) {
	r := newRig(t, Config{})
	server := serve(t, echo)
	for range MaxStreams - 1 {
		r.acquire()
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
	for range MaxStreams - 1 {
		r.release()
	}
}

func TestFlow(t *testing.T) {
	r := newRig(t, Config{})
	server := serveUDP(t)
	for _, size := range []int{0, 1, 1472, 5000, maxDatagram} {
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

// More flows than there may be end those that have been idle longest.
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
	for range MaxFlows + 20 {
		c := r.dialUDP(server)
		c.Write([]byte("x"))
		if n := count(); n > MaxFlows {
			t.Fatalf("%d flows, of %d", n, MaxFlows)
		}
	}
	eventually(t, "as many flows as there may be", func() bool { return count() == MaxFlows })
	b := make([]byte, 10)
	eventually(t, "a new flow in the place of the first", func() bool {
		first.Write([]byte("y"))
		first.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, _ := first.Read(b)
		return n == 1 && b[0] == 'y'
	})
}

func TestForwardTCP(t *testing.T) {
	r := newRig(t, Config{Forwards: []Forward{{Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(netip.Addr{}, 22)}}})
	at := r.ForwardAddresses()[0].String()
	c, err := gonet.Dial("tcp", at)
	if err == nil { // or the reset was there first
		if b, err := io.ReadAll(c); err == nil {
			t.Errorf("nobody listens in the guest: read %q", b)
		}
	}
	l, err := netstack.ListenTCP(r.guest, address(guest, 22), ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		io.Copy(c, c)
		c.(*netstack.TCPConn).CloseWrite()
	}()
	if c, err = gonet.Dial("tcp", at); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := bytes.Repeat([]byte("0123456789"), 100000)
	go func() {
		c.Write(sent)
		c.(*gonet.TCPConn).CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came back, or others: %v", len(got), len(sent), err)
	}
}

func TestForwardUDP(t *testing.T) {
	r := newRig(t, Config{Forwards: []Forward{{UDP: true, Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(guest, 53)}}})
	at := address(guest, 53)
	l, err := netstack.DialUDP(r.guest, &at, nil, ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		b := make([]byte, maxDatagram)
		for {
			n, from, err := l.ReadFrom(b)
			if err != nil {
				return
			}
			l.WriteTo(b[:n], from)
		}
	}()
	for _, word := range []string{"one", "two"} { // two senders
		c, err := gonet.Dial("udp", r.ForwardAddresses()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b := make([]byte, 10)
		eventually(t, "an answer", func() bool {
			io.WriteString(c, word)
			c.SetReadDeadline(time.Now().Add(time.Second))
			n, _ := c.Read(b)
			return string(b[:n]) == word
		})
	}
}

func TestForwardErrors(t *testing.T) {
	port := netip.MustParseAddrPort
	taken, err := gonet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tc := range []struct {
		f   Forward
		err string
	}{
		{Forward{Host: port(taken.Addr().String()), To: port("192.168.127.2:1")}, "address already in use"},
		{Forward{Host: port("127.0.0.1:0"), To: port("192.168.127.1:1")}, "the guest is 192.168.127.2"},
		{Forward{Host: port("127.0.0.1:0"), To: port("192.168.127.254:1")}, "the guest is"},
		{Forward{Host: port("127.0.0.1:0"), To: port("10.0.0.1:1")}, "the guest is"},
		{Forward{Host: port("127.0.0.1:0"), To: port("[::1]:1"), UDP: true}, "the guest is"},
	} {
		n, err := New(Config{MAC: guestMAC, Forwards: []Forward{tc.f}})
		if err == nil {
			n.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tc.err) && runtime.GOOS != "windows" {
			t.Errorf("%+v: %v, want %q", tc.f, err, tc.err)
		}
	}
}

// The names of the private network, over UDP and TCP.
func TestDNS(t *testing.T) {
	r := newRig(t, Config{})
	resolver := gonet.Resolver{PreferGo: true, Dial: func(_ context.Context, network, _ string) (gonet.Conn, error) {
		if strings.HasPrefix(network, "udp") {
			return r.dialUDP(netip.AddrPortFrom(gateway, 53)), nil
		}
		return r.dial(netip.AddrPortFrom(gateway, 53))
	}}
	for name, want := range map[string]string{"gateway.miniboot.internal.": "192.168.127.1", "host.miniboot.internal.": "192.168.127.254"} {
		if got, err := resolver.LookupHost(t.Context(), name); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, %v, want %s", name, got, err, want)
		}
	}
	if got, err := resolver.LookupHost(t.Context(), "nobody.miniboot.internal."); err == nil {
		t.Errorf("a name that is not there: %q", got)
	}
}

// Queries beyond the limit are answered at once, whatever the host's resolver
// does.
func TestQueryLimit(t *testing.T) {
	r := &limitedResolver{n: &Network{ctx: t.Context()}, tokens: make(chan struct{}, 1)}
	started, end := make(chan struct{}), make(chan struct{})
	go lookUp(r, func(ctx context.Context) (int, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("a query without an end")
		}
		close(started)
		<-end
		return 0, nil
	})
	<-started
	if _, err := lookUp(r, func(context.Context) (int, error) { return 1, nil }); err != errBusy {
		t.Errorf("%v, want %v", err, errBusy)
	}
	close(end)
	eventually(t, "there is room again", func() bool {
		n, err := lookUp(r, func(context.Context) (int, error) { return 2, nil })
		return n == 2 && err == nil
	})
}

// The gateway answers ARP for what is its own, and not for all addresses: a
// guest asks whether somebody has its own.
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

// Close ends streams, flows, and those that are being opened, with all their
// goroutines.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("rig", func(t *testing.T) {
		r := newRig(t, Config{Forwards: []Forward{{Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(guest, 22)}}})
		server, flows := serve(t, echo), serveUDP(t)
		for range 20 {
			r.mustDial(server).Write([]byte("x"))
			r.dialUDP(flows).Write([]byte("x"))
			go r.dial(server)
		}
		if c, err := gonet.Dial("tcp", r.ForwardAddresses()[0].String()); err == nil {
			defer c.Close()
		}
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

// FuzzFrames gives the stack frames of any bytes: with no Ethernet header in
// front they are as from a guest that does its worst.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x08\x00\x45\x00\x00\x1c\x00\x00\x00\x00\x40\x01\x00\x00\xc0\xa8\x7f\x02\xc0\xa8\x7f\x01\x08\x00\xf7\xff\x00\x00\x00\x00"), uint8(3))
	f.Add([]byte("\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\xc0\xa8\x7f\x02\x00\x00\x00\x00\x00\x00\xc0\xa8\x7f\x01"), uint8(200))
	f.Add([]byte("\x08\x00\x45\x00\x00\x30\x00\x00\x00\x00\x40\x11\x00\x00\xc0\xa8\x7f\x02\xc0\xa8\x7f\x01\x00\x44\x00\x43\x00\x1c\x00\x00"), uint8(7))
	n, err := New(Config{MAC: guestMAC, NoHost: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { n.Close() })
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		if len(b) > 65000 {
			return
		}
		for _, frame := range [][]byte{b, b[:min(len(b), int(cut))], append(bytes.Clone(b), b...)} {
			p := append(make([]byte, net.HeaderSize), gatewayMAC...)
			p = append(append(p, guestMAC[:]...), frame...)
			if len(p) >= net.HeaderSize+14 && !outbound(p) {
				n.Send(p)
			}
		}
		drain(n)
	})
}

// outbound reports whether a frame would have the fuzzer connect to somebody
// out there.
func outbound(p []byte) bool {
	ip := p[net.HeaderSize+14:]
	if len(ip) < 20 || binary.BigEndian.Uint16(p[net.HeaderSize+12:]) != 0x0800 {
		return false
	}
	to, _ := netip.AddrFromSlice(ip[16:20])
	return !subnet.Contains(to)
}

func drain(n *Network) {
	for len(n.link.queue) > 0 {
		n.Receive(make([]byte, net.MaxPacket))
	}
}
