package user

import (
	"bytes"
	stdnet "net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// echo is an echo request of a size.
func (v icmpVersion) echo(sequence byte, size int) []byte {
	m := make([]byte, size)
	m[offType], m[offSequence+1] = v.request, sequence
	for i := echoSize; i < size; i++ {
		m[i] = byte(i)
	}
	if v == icmp4 {
		putChecksum(m)
	} // that of ICMPv6 is the socket's work
	return m
}

// pinger is a socket of the guest for echo requests to an address.
type pinger struct {
	*netstack.UDPConn
	ep tcpip.Endpoint
}

// answered reports whether an answer has come.
func (p pinger) answered() bool { return p.ep.Readiness(waiter.ReadableEvents) != 0 }

func (r *rig) openPing(to netip.Addr) pinger {
	r.t.Helper()
	var wq waiter.Queue
	ep, err := r.guest.NewEndpoint(icmpProtocol(to), protocol(to), &wq)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := ep.Connect(address(to, 0)); err != nil {
		r.t.Fatal(err)
	}
	c := netstack.NewUDPConn(&wq, ep)
	r.t.Cleanup(func() { c.Close() })
	return pinger{c, ep}
}

// mustPing sends an echo request and expects its answer.
func (r *rig) mustPing(to netip.Addr, sequence byte, size int) {
	r.t.Helper()
	c, v := r.openPing(to), versionOf(to)
	request := v.echo(sequence, size)
	if _, err := c.Write(request); err != nil {
		r.t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	b := make([]byte, size+1)
	n, err := c.Read(b)
	if err != nil || !v.isReply(b[:n], request) {
		r.t.Errorf("ping %v with %d bytes: %x, %v", to, size, b[:n], err)
	}
}

// The gateway answers for itself, and nobody for others. It does so in the order of the
// requests, so an answer to the first one would be there.
func TestPingIsNotMadeUp(t *testing.T) {
	r := newRig(t, Config{NoHost: true})
	r.awaitAddress()
	for _, text := range []string{"192.168.127.254", "192.168.127.77", "240.0.0.1", "fd6d:696e:6962::fe", "fd6d:696e:6962::77", "fd00:ec2::254"} {
		to, ours := netip.MustParseAddr(text), gateway
		if to.Is6() {
			ours = gateway6
		}
		c := r.openPing(to)
		for _, size := range []int{64, 4000} {
			if _, err := c.Write(versionOf(to).echo(1, size)); err != nil {
				t.Fatal(err)
			}
			r.mustPing(ours, 2, size)
		}
		if c.answered() {
			t.Errorf("ping %v is answered", to)
		}
	}
}

// Echo requests beyond the limit are dropped.
func TestPingLimit(t *testing.T) {
	r := newRig(t, Config{})
	for range maxPings {
		r.pings <- struct{}{}
	}
	r.openPing(host).Write(icmp4.echo(1, 64))
	r.mustPing(gateway, 2, 64)
	for range maxPings {
		<-r.pings
	}
}

func TestIsEchoReply(t *testing.T) {
	request := icmp4.echo(1, 64)
	reply := icmp4.replyTo(request)
	change := func(i int) []byte {
		m := bytes.Clone(reply)
		m[i] ^= 1
		return m
	}
	for _, tc := range []struct {
		what string
		m    []byte
		want bool
	}{
		{"the reply", reply, true},
		{"another identifier", change(4), true},
		{"the request", request, false},
		{"another sequence number", change(offSequence), false},
		{"other data", change(63), false},
		{"less data", reply[:63], false},
		{"more data", append(bytes.Clone(reply), 0), false},
		{"less than a header", reply[:7], false},
	} {
		if got := icmp4.isReply(tc.m, request); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, got, tc.want)
		}
	}
}

// A port of the host where nobody listens, and one that the guest may not reach, are
// unreachable for UDP. The flow goes on: somebody may listen there later.
func TestUnreachable(t *testing.T) {
	r := newRig(t, Config{})
	l, err := stdnet.ListenUDP("udp4", &stdnet.UDPAddr{IP: stdnet.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	at := l.LocalAddr().(*stdnet.UDPAddr)
	l.Close()
	for _, to := range []netip.AddrPort{netip.AddrPortFrom(host, uint16(at.Port)), netip.AddrPortFrom(gateway, 9), netip.MustParseAddrPort("169.254.1.1:9")} {
		r.awaitUnreachable(to)
	}
}

// awaitUnreachable has the guest send datagrams until it learns that nobody takes them, twice.
func (r *rig) awaitUnreachable(to netip.AddrPort) {
	r.t.Helper()
	var wq waiter.Queue
	ep, err := r.guest.NewEndpoint(udp.ProtocolNumber, protocol(to.Addr()), &wq)
	if err == nil {
		err = ep.Connect(address(to.Addr(), to.Port()))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	defer ep.Close()
	for range 2 {
		if _, err := ep.Write(strings.NewReader("x"), tcpip.WriteOptions{}); err != nil {
			r.t.Fatal(err)
		}
		eventually(r.t, to.String()+" is unreachable", func() bool {
			_, refused := ep.LastError().(*tcpip.ErrConnectionRefused)
			return refused
		})
	}
}
