package user

import (
	"errors"
	"io/fs"
	stdnet "net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/miniboot-vmm/miniboot/virtio/net"
	"github.com/miniboot-vmm/miniboot/virtio/net/tap"
)

// The host's address in a network with a peer, and the peer's, over IPv4 and IPv6.
var (
	ownPrefixes  = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("2001:db8::1/64")}
	peerPrefixes = []netip.Prefix{netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("2001:db8::2/64")}
)

const peerPort = 7

// A machine in a network of the host, which is a namespace of this test's own. The guest
// reaches that machine, and the host at its address there, unless the Config denies them.
func TestPeer(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	newPeer(t)
	for _, tc := range []struct {
		config    Config
		own, peer bool // is reached
	}{
		{Config{}, true, true},
		{Config{NoHost: true}, false, true},
		{Config{NoLAN: true}, false, false},
	} {
		r := newRig(t, tc.config)
		r.awaitAddress()
		for i := range ownPrefixes {
			r.checkReach(ownPrefixes[i].Addr(), tc.own)
			r.checkReach(peerPrefixes[i].Addr(), tc.peer)
		}
	}
}

// Nobody answers for an address that nobody has, and there is no way to a network without a
// route.
func TestSilence(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	newPeer(t)
	r := newRig(t, Config{})
	r.awaitAddress()
	pingers := map[netip.Addr]pinger{}
	for _, text := range []string{"192.0.2.99", "2001:db8::99", "198.51.100.1", "2001:db8:1::1"} {
		to := netip.MustParseAddr(text)
		pingers[to] = r.openPing(to)
		if _, err := pingers[to].Write(versionOf(to).echo(1, 64)); err != nil {
			t.Fatal(err)
		}
	}
	r.mustPing(gateway, 2, 64)
	r.mustPing(gateway6, 2, 64) // when these are answered, those are under way
	eventually(t, "the requests have been given up", func() bool { return len(r.pings) == 0 })
	for to, p := range pingers {
		if p.answered() {
			t.Errorf("ping %v is answered", to)
		}
	}
	r.checkReach(netip.MustParseAddr("198.51.100.1"), false)
	r.checkReach(netip.MustParseAddr("2001:db8:1::1"), false)
}

// newPeer makes the network, with servers at peerPort of the host and of the peer that send
// back what they get.
func newPeer(t *testing.T) {
	t.Helper()
	const name = "mbpeer0"
	switchOn(t, "lo")
	allowPing(t)
	cable, err := tap.Open(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.ENODEV) {
		t.Skip("skipped: this host has no TUN driver for a namespace:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cable.Close() })
	switchOn(t, name)
	peer := plug(t, cable, net.MAC{2, 0, 0, 0, 0, 2}, peerPrefixes...)
	peer.SetRouteTable(nil)
	for i := range ownPrefixes {
		addAddress(t, name, ownPrefixes[i])
		peer.AddRoute(routeTo(ownPrefixes[i].Masked()))
		serveAt(t, netip.AddrPortFrom(ownPrefixes[i].Addr(), peerPort))
		servePeer(t, peer, netip.AddrPortFrom(peerPrefixes[i].Addr(), peerPort))
	}
}

// serveAt has the host echo streams and datagrams.
func serveAt(t *testing.T, at netip.AddrPort) {
	t.Helper()
	l, err := stdnet.ListenTCP("tcp", stdnet.TCPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	u, err := stdnet.ListenUDP("udp", stdnet.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); u.Close() })
	go acceptEcho(l)
	go echoPackets(u)
}

// servePeer has a stack do the same.
func servePeer(t *testing.T, s *stack.Stack, at netip.AddrPort) {
	t.Helper()
	a := address(at.Addr(), at.Port())
	l, err := netstack.ListenTCP(s, a, protocol(at.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	u, err := netstack.DialUDP(s, &a, nil, protocol(at.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); u.Close() })
	go acceptEcho(l)
	go echoPackets(u)
}

// checkReach has the guest use an address by TCP, UDP and ping, or be refused by all.
func (r *rig) checkReach(to netip.Addr, want bool) {
	r.t.Helper()
	at := netip.AddrPortFrom(to, peerPort)
	if !want {
		if _, err := r.dial(at); err == nil || !strings.Contains(err.Error(), "refused") {
			r.t.Errorf("TCP %v: %v, want a refusal", at, err)
		}
		r.awaitUnreachable(at)
		return
	}
	checkEcho(r.t, r.mustDial(at))
	checkEchoUDP(r.t, r.dialUDP(at), 1)
	r.mustPing(to, 1, 64)
}
