package user

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	stdnet "net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

func TestAdvertisement(t *testing.T) {
	want := ""
	for _, field := range []string{
		"86 00 0000 40 00 2328", "00000000 00000000", // type 134, hop limit 64, router for 9000 s
		"01 01 5a94efe40cdd",                     // source link-layer address
		"05 01 0000 000005dc",                    // MTU 1500
		"03 04 40 c0 00015180 00015180 00000000", // prefix of 64 bits, on-link and autonomous, for a day
		"fd6d696e69620000 0000000000000000",
		"19 03 0000 00002328", // DNS server for 9000 s
		"fd6d696e69620000 0000000000000001",
	} {
		want += strings.ReplaceAll(field, " ", "")
	}
	if got := hex.EncodeToString(advertisement(1500, nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want += "1f03000000002328" + hex.EncodeToString([]byte("\x03lan\x00\x04corp\x00\x00\x00\x00\x00\x00")) // search domains
	if got := hex.EncodeToString(advertisement(1500, []string{"lan", "corp"})); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// 32 domains of 64 bytes with their ends: 16 find room. The packet is at most the smallest MTU.
	many := slices.Repeat([]string{strings.Repeat("a", 62)}, maxSearch)
	if got, size := advertisement(1500, many), header.IPv6MinimumSize; len(searchNames(many)) != maxSearchNames || size+len(got) > header.IPv6MinimumMTU {
		t.Errorf("%d bytes, of them %d of names", size+len(got), len(searchNames(many)))
	}
}

// needsIPv6 skips a test on a host without ::1.
func needsIPv6(t *testing.T) {
	t.Helper()
	l, err := stdnet.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("skipped: this host has no IPv6:", err)
	}
	l.Close()
}

// The guest makes its address of the advertised prefix, reaches the host's ::1, and is
// reached from a port of the host.
func TestIPv6(t *testing.T) {
	needsIPv6(t)
	r := newRig(t, Config{Forwards: []Forward{
		{Host: netip.MustParseAddrPort("127.0.0.1:0"), To: netip.AddrPortFrom(guest6, 22)},
		{Host: netip.MustParseAddrPort("[::1]:0"), To: netip.AddrPortFrom(guest6, 53), UDP: true},
	}})
	r.awaitAddress()

	l, err := stdnet.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go acceptEcho(l)
	port := l.Addr().(*stdnet.TCPAddr).AddrPort().Port()
	checkEcho(t, r.mustDial(netip.AddrPortFrom(host6, port)))

	u, err := stdnet.ListenUDP("udp6", &stdnet.UDPAddr{IP: stdnet.IPv6loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	go echoPackets(u)
	at6 := netip.AddrPortFrom(host6, u.LocalAddr().(*stdnet.UDPAddr).AddrPort().Port())
	for _, size := range []int{1, 5000, maxDatagram} {
		checkEchoUDP(t, r.dialUDP(at6), size)
	}

	in, err := netstack.ListenTCP(r.guest, address(guest6, 22), header.IPv6ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	go acceptEcho(in)
	c, err := stdnet.Dial("tcp", r.ForwardAddresses()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	checkEcho(t, c)

	at := address(guest6, 53)
	inUDP, err := netstack.DialUDP(r.guest, &at, nil, header.IPv6ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer inUDP.Close()
	go echoPackets(inUDP)
	if c, err = stdnet.Dial("udp", r.ForwardAddresses()[1].String()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	checkEchoUDP(t, c, 1)
}

// The DNS is at the address that is advertised, over UDP and TCP.
func TestDNSIPv6(t *testing.T) {
	r := newRig(t, Config{})
	r.awaitAddress()
	at := netip.AddrPortFrom(gateway6, dnsPort)
	for _, c := range []stdnet.Conn{r.dialUDP(at), r.mustDial(at)} {
		c.SetDeadline(time.Now().Add(30 * time.Second))
		framed := &dns.Conn{Conn: c}
		if err := framed.WriteMsg(question("host.miniboot.internal.", dns.TypeAAAA)); err != nil {
			t.Fatal(err)
		}
		m, err := framed.ReadMsg()
		if err != nil || len(m.Answer) != 1 || !strings.HasSuffix(m.Answer[0].String(), "\tfd6d:696e:6962::fe") {
			t.Errorf("%v, %v", m, err)
		}
	}
}

// What the guest may not reach is refused.
func TestRefusedIPv6(t *testing.T) {
	r := newRig(t, Config{NoHost: true})
	r.awaitAddress()
	for _, to := range []string{"[fd6d:696e:6962::fe]:80", "[fd6d:696e:6962::1]:9", "[fd00:ec2::254]:80", "[64:ff9b::127.0.0.1]:80"} {
		if _, err := r.dial(netip.MustParseAddrPort(to)); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("TCP %s: %v, want a refusal", to, err)
		}
		r.awaitUnreachable(netip.MustParseAddrPort(to))
	}
}

// The gateway answers a neighbor solicitation only for its own addresses: a guest asks so
// whether anybody else has an address that it is about to use.
func TestNeighborSolicitation(t *testing.T) {
	n, err := New(Config{MAC: guestMAC})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for a, want := range map[netip.Addr]int{gateway6: 1, host6: 1, router6: 1, guest6: 0, netip.MustParseAddr("2001:db8::1"): 0} {
		target := tcpip.AddrFrom16(a.As16())
		to := header.SolicitedNodeAddr(target)
		m := make(header.ICMPv6, header.ICMPv6NeighborSolicitMinimumSize)
		m.SetType(header.ICMPv6NeighborSolicit)
		header.NDPNeighborSolicit(m.MessageBody()).SetTargetAddress(target)
		m.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: m, Src: header.IPv6Any, Dst: to}))
		n.Send(packetFrom(netip.IPv6Unspecified(), fromStack(to), header.ICMPv6ProtocolNumber, m))
		if got := len(n.link.queue); got != want {
			t.Errorf("who has %v: %d answers, want %d", a, got, want)
		}
		drain(n)
	}
}

// A router advertisement of the guest changes nothing.
func TestGuestIsNoRouter(t *testing.T) {
	n, err := New(Config{MAC: guestMAC})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	m := header.ICMPv6(advertisement(DefaultMTU, nil))
	copy(m[bytes.Index(m, subnet6.Addr().AsSlice()):], "\x20\x01\x0d\xb8") // another prefix
	from := netip.MustParseAddr("fe80::2")
	m.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: m, Src: tcpip.AddrFrom16(from.As16()), Dst: tcpip.AddrFrom16(allNodes.As16())}))
	routes, addresses := n.stack.GetRouteTable(), n.stack.NICInfo()[nicID].ProtocolAddresses
	n.Send(packetFrom(from, allNodes, header.ICMPv6ProtocolNumber, m))
	if received := n.stack.Stats().ICMP.V6.PacketsReceived.RouterAdvert.Value(); received != 1 {
		t.Errorf("%d advertisements received", received)
	}
	if got := n.stack.GetRouteTable(); !slices.Equal(got, routes) {
		t.Errorf("routes %v, want %v", got, routes)
	}
	if got := n.stack.NICInfo()[nicID].ProtocolAddresses; len(got) != len(addresses) {
		t.Errorf("addresses %v, want %v", got, addresses)
	}
}

// packetFrom is a packet of the guest with any source.
func packetFrom(from, to netip.Addr, transport tcpip.TransportProtocolNumber, payload []byte) []byte {
	b := append(append(make([]byte, net.HeaderSize), gatewayMAC...), guestMAC[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(protocol(to)))
	if to.Is4() {
		ip := make(header.IPv4, header.IPv4MinimumSize)
		ip.Encode(&header.IPv4Fields{
			TotalLength: uint16(len(ip) + len(payload)), TTL: 64, Protocol: uint8(transport),
			SrcAddr: tcpip.AddrFrom4(from.As4()), DstAddr: tcpip.AddrFrom4(to.As4()),
		})
		ip.SetChecksum(^ip.CalculateChecksum())
		return append(append(b, ip...), payload...)
	}
	ip := make(header.IPv6, header.IPv6MinimumSize)
	ip.Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(payload)), TransportProtocol: transport, HopLimit: header.NDPHopLimit,
		SrcAddr: tcpip.AddrFrom16(from.As16()), DstAddr: tcpip.AddrFrom16(to.As16()),
	})
	return append(append(b, ip...), payload...)
}

func icmpProtocol(a netip.Addr) tcpip.TransportProtocolNumber {
	if a.Is4() {
		return header.ICMPv4ProtocolNumber
	}
	return header.ICMPv6ProtocolNumber
}

func acceptEcho(l stdnet.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
			c.(interface{ CloseWrite() error }).CloseWrite()
		}()
	}
}

func checkEcho(t *testing.T, c stdnet.Conn) {
	t.Helper()
	sent := bytes.Repeat([]byte("0123456789"), 100000)
	go func() {
		c.Write(sent)
		c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes of %d came back, or others: %v", len(got), len(sent), err)
	}
}

func echoPackets(c stdnet.PacketConn) {
	b := make([]byte, maxDatagram)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		c.WriteTo(b[:n], from)
	}
}

func checkEchoUDP(t *testing.T, c stdnet.Conn, size int) {
	t.Helper()
	sent, b := bytes.Repeat([]byte("x"), size), make([]byte, maxDatagram+1)
	eventually(t, "a datagram comes back", func() bool {
		c.Write(sent)
		c.SetReadDeadline(time.Now().Add(time.Second))
		n, _ := c.Read(b)
		return bytes.Equal(b[:n], sent)
	})
}
