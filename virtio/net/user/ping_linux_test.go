package user

import (
	"net/netip"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// An echo request goes on if Linux allows it, and gets no answer if not.
func TestPing(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	switchOn(t, "lo")
	// In a new namespace nobody may ping.
	r := newRig(t, Config{})
	c := r.openPing(host)
	if _, err := c.Write(icmp4.echo(1, 64)); err != nil {
		t.Fatal(err)
	}
	r.mustPing(gateway, 2, 64)
	eventually(t, "the request has been given up", func() bool { return len(r.pings) == 0 })
	if c.answered() {
		t.Error("answered, though Linux does not allow to ping")
	}
	allowPing(t)
	for i, size := range []int{echoSize, 64, 1472, 4000} {
		r.mustPing(host, byte(i), size)
	}
	r.awaitAddress()
	for i, size := range []int{echoSize, 64, 1452} {
		r.mustPing(host6, byte(i), size)
	}
	eventually(t, "no request is under way", func() bool { return len(r.pings) == 0 })
	r.openPing(netip.MustParseAddr("192.0.2.1")).Write(icmp4.echo(1, 64)) // there is no route
	r.mustPing(host, 9, 64)
}

// A guest that uses addresses of others gets nothing for them, and the network goes on.
func TestSpoofedSources(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	switchOn(t, "lo")
	allowPing(t)
	r := newRig(t, Config{})
	r.awaitAddress()
	datagram := make(header.UDP, header.UDPMinimumSize)
	datagram.Encode(&header.UDPFields{SrcPort: 9, DstPort: 9, Length: header.UDPMinimumSize}) // nobody listens there
	for to, sources := range map[netip.Addr][]string{
		host:  {"192.168.127.1", "192.168.127.254", "192.168.127.255", "192.168.127.99", "0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1", "192.0.2.1"},
		host6: {"fd6d:696e:6962::1", "fd6d:696e:6962::fe", "fe80::1", "::", "::1", "ff02::1", "2001:db8::1", "::ffff:192.0.2.1"},
	} {
		v := versionOf(to)
		for _, text := range sources {
			from := netip.MustParseAddr(text)
			r.Send(packetFrom(from, to, icmpProtocol(to), v.echo(1, 64)))
			r.Send(packetFrom(from, to, header.UDPProtocolNumber, datagram))
			r.mustPing(to, 2, 64)
		}
	}
}
