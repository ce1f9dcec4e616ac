package user

import (
	stdnet "net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/iana"
	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

func testDHCP(search ...string) *dhcpServer {
	return &dhcpServer{leases: newLeases(guestMAC), mtu: DefaultMTU, search: func() []string { return search }}
}

// mac returns the hardware address of a client. Client 1 is the guest.
func mac(client byte) stdnet.HardwareAddr { return stdnet.HardwareAddr{2, 0, 0, 0, 0, client} }

// message makes a client's message.
func message(client byte, t dhcpv4.MessageType, change ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	m, err := dhcpv4.New(append([]dhcpv4.Modifier{dhcpv4.WithHwAddr(mac(client)), dhcpv4.WithMessageType(t)}, change...)...)
	if err != nil {
		panic(err)
	}
	return m
}

func option(code dhcpv4.OptionCode, value ...byte) dhcpv4.Modifier {
	return dhcpv4.WithOption(dhcpv4.OptGeneric(code, value))
}

// The parts of a message by which its client says in which state it is (RFC 2131, table 4).
func requested(last byte) dhcpv4.Modifier {
	return option(dhcpv4.OptionRequestedIPAddress, 192, 168, 127, last)
}
func ciaddr(last byte) dhcpv4.Modifier { return dhcpv4.WithClientIP(stdnet.IP{192, 168, 127, last}) }

var (
	ours      = option(dhcpv4.OptionServerIdentifier, 192, 168, 127, 1)
	anothers  = option(dhcpv4.OptionServerIdentifier, 192, 168, 127, 9)
	malformed = option(dhcpv4.OptionServerIdentifier, 1)
	elsewhere = option(dhcpv4.OptionRequestedIPAddress, 10, 0, 0, 2)
	rapid     = option(dhcpv4.OptionRapidCommit)
)

// Conversations with one server.
func TestDHCP(t *testing.T) {
	const (
		discover = dhcpv4.MessageTypeDiscover
		request  = dhcpv4.MessageTypeRequest
		inform   = dhcpv4.MessageTypeInform
		release  = dhcpv4.MessageTypeRelease
		decline  = dhcpv4.MessageTypeDecline
		offer    = dhcpv4.MessageTypeOffer
		ack      = dhcpv4.MessageTypeAck
		nak      = dhcpv4.MessageTypeNak
		none     = dhcpv4.MessageTypeNone
	)
	type parts = []dhcpv4.Modifier
	type step struct {
		after  time.Duration // since the step before
		client byte
		kind   dhcpv4.MessageType
		parts  parts
		want   dhcpv4.MessageType
		last   byte // of yiaddr, 0 for 0.0.0.0
	}
	for name, steps := range map[string][]step{
		"the guest": {
			{0, 1, discover, nil, offer, 2},
			{0, 1, request, parts{ours, requested(2)}, ack, 2},
			{time.Minute, 1, request, parts{ciaddr(2)}, ack, 2},
			{10 * leaseTime, 1, request, parts{ciaddr(2)}, ack, 2},
			{0, 1, request, parts{requested(2)}, ack, 2},
		},
		"the guest's address is kept for it": {
			{0, 2, discover, parts{requested(2)}, offer, 3},
			{0, 2, request, parts{requested(2)}, nak, 0},
			{0, 1, discover, parts{requested(9)}, offer, 2},
		},
		"SELECTING": {
			{0, 2, discover, nil, offer, 3},
			{0, 2, request, parts{ours, requested(4)}, nak, 0},
			{0, 2, request, parts{ours, elsewhere}, nak, 0},
			{0, 2, request, parts{anothers, requested(3)}, none, 0},
			{0, 2, request, parts{ours, requested(3)}, ack, 3},
			{0, 2, request, parts{ours, ciaddr(3)}, ack, 3},
			{0, 2, request, parts{malformed, requested(3)}, ack, 3},
		},
		"INIT-REBOOT": {
			{0, 2, request, parts{requested(7)}, ack, 7}, // of an earlier process
			{0, 2, request, parts{requested(8)}, nak, 0},
			{0, 3, request, parts{requested(7)}, nak, 0},
			{0, 3, request, parts{elsewhere}, nak, 0},
			{0, 3, request, parts{requested(1)}, nak, 0},
			{0, 3, request, parts{requested(254)}, nak, 0},
			{0, 3, request, parts{requested(255)}, nak, 0},
			{0, 3, request, parts{requested(0)}, nak, 0},
		},
		"RENEWING and REBINDING": {
			{0, 2, request, parts{ciaddr(7)}, ack, 7},
			{leaseTime - time.Second, 2, request, parts{ciaddr(7)}, ack, 7},
			{leaseTime - time.Second, 3, request, parts{ciaddr(7)}, nak, 0},
			{time.Second, 3, request, parts{ciaddr(7)}, ack, 7}, // the lease has ended
			{0, 2, request, parts{ciaddr(7)}, nak, 0},
		},
		"an address of nobody": {
			{0, 2, request, nil, none, 0},
			{0, 2, request, parts{ours}, none, 0},
		},
		"a wish": {
			{0, 2, discover, parts{requested(77)}, offer, 77},
			{0, 2, discover, parts{requested(78)}, offer, 77},
			{0, 3, discover, parts{requested(77)}, offer, 3},
			{0, 4, discover, parts{elsewhere}, offer, 4},
		},
		"an offer ends": {
			{0, 2, discover, parts{requested(77)}, offer, 77},
			{offerTime - time.Second, 3, request, parts{requested(77)}, nak, 0},
			{time.Second, 3, request, parts{requested(77)}, ack, 77},
		},
		"an offer does not shorten a lease": {
			{0, 2, request, parts{requested(77)}, ack, 77},
			{0, 2, discover, nil, offer, 77},
			{2 * offerTime, 3, request, parts{requested(77)}, nak, 0},
		},
		"RELEASE": {
			{0, 2, request, parts{requested(77)}, ack, 77},
			{0, 3, release, parts{ciaddr(77)}, none, 0}, // it is not the client's
			{0, 3, release, parts{ciaddr(0)}, none, 0},
			{0, 3, request, parts{requested(77)}, nak, 0},
			{0, 2, release, parts{ours, ciaddr(77)}, none, 0},
			{0, 2, discover, nil, offer, 77},
			{0, 2, release, parts{ours, ciaddr(77)}, none, 0},
			{0, 3, request, parts{requested(77)}, ack, 77},
			{0, 2, discover, nil, offer, 3},
		},
		"DECLINE": {
			{0, 2, discover, nil, offer, 3},
			{0, 3, decline, parts{ours, requested(3)}, none, 0}, // it is not the client's
			{0, 3, decline, parts{ours, elsewhere}, none, 0},
			{0, 2, request, parts{ours, requested(3)}, ack, 3},
			{0, 2, decline, parts{ours, requested(3)}, none, 0},
			{0, 2, discover, parts{requested(3)}, offer, 4},
			{0, 3, request, parts{requested(3)}, nak, 0},
			{leaseTime, 4, request, parts{requested(3)}, ack, 3},
		},
		"the guest declines": {
			{0, 1, request, parts{requested(2)}, ack, 2},
			{0, 1, decline, parts{requested(2)}, none, 0},
			{0, 1, discover, nil, offer, 3},
			{leaseTime, 2, discover, nil, offer, 4},
		},
		"INFORM":       {{0, 2, inform, parts{ciaddr(200)}, ack, 0}, {0, 2, inform, nil, none, 0}},
		"Rapid Commit": {{0, 2, discover, parts{rapid}, ack, 3}, {2 * offerTime, 3, request, parts{requested(3)}, nak, 0}},
		"no client's message": {
			{0, 2, offer, nil, none, 0}, {0, 2, ack, nil, none, 0}, {0, 2, none, nil, none, 0}, {0, 2, 0xff, nil, none, 0},
			{0, 2, discover, parts{func(m *dhcpv4.DHCPv4) { m.OpCode = dhcpv4.OpcodeBootReply }}, none, 0},
			{0, 2, discover, parts{dhcpv4.WithGatewayIP(stdnet.IP{192, 168, 127, 1})}, none, 0},
			{0, 2, discover, parts{dhcpv4.WithHwAddr(nil)}, none, 0},
		},
	} {
		s, now := testDHCP(), time.Unix(1e9, 0)
		for i, step := range steps {
			now = now.Add(step.after)
			got, last := none, byte(0)
			if reply := s.answer(message(step.client, step.kind, step.parts...), now); reply != nil {
				got, last = reply.MessageType(), reply.YourIPAddr.To4()[3]
			}
			if got != step.want || last != step.last {
				t.Errorf("%s, step %d, %v: %v of %d, want %v of %d", name, i, step.kind, got, last, step.want, step.last)
			}
		}
	}
}

// What an answer says (RFC 2131, table 3).
func TestDHCPOptions(t *testing.T) {
	s := testDHCP("example.com", "corp.example.com")
	id := option(dhcpv4.OptionClientIdentifier, 1, 2, 3)
	for _, tc := range []struct {
		m               *dhcpv4.DHCPv4
		lease, settings bool
	}{
		{message(1, dhcpv4.MessageTypeDiscover, id), true, true},
		{message(1, dhcpv4.MessageTypeRequest, id, ciaddr(2)), true, true},
		{message(1, dhcpv4.MessageTypeInform, id, ciaddr(2)), false, true},
		{message(1, dhcpv4.MessageTypeRequest, id, requested(3)), false, false},
	} {
		tc.m.SetBroadcast()
		tc.m.HWType = iana.HWTypeEthernet
		reply, err := dhcpv4.FromBytes(s.answer(tc.m, time.Now()).ToBytes())
		if err != nil {
			t.Fatal(err)
		}
		got := []any{
			reply.OpCode, reply.TransactionID, reply.ClientHWAddr.String(), reply.IsBroadcast(), reply.ServerIdentifier().String(),
			string(reply.Options.Get(dhcpv4.OptionClientIdentifier)), reply.IPAddressLeaseTime(0),
		}
		want := []any{dhcpv4.OpcodeBootReply, tc.m.TransactionID, mac(1).String(), true, "192.168.127.1", "\x01\x02\x03", time.Duration(0)}
		if tc.lease {
			want[6] = leaseTime
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", tc.m.MessageType(), got, want)
		}
		if has := reply.SubnetMask() != nil; has != tc.settings {
			t.Errorf("%v: a mask %v, want %v", tc.m.MessageType(), has, tc.settings)
			continue
		}
		if !tc.settings {
			continue
		}
		mtu, _ := dhcpv4.GetUint16(dhcpv4.OptionInterfaceMTU, reply.Options)
		got = []any{reply.SubnetMask().String(), reply.Router()[0].String(), reply.DNS()[0].String(), mtu, reply.DomainName(), strings.Join(reply.DomainSearch().Labels, " ")}
		want = []any{"ffffff00", "192.168.127.1", "192.168.127.1", uint16(DefaultMTU), "example.com", "example.com corp.example.com"}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", tc.m.MessageType(), got, want)
		}
	}
	reply := testDHCP().answer(message(1, dhcpv4.MessageTypeDiscover), time.Now())
	if reply.Options.Has(dhcpv4.OptionDomainName) || reply.Options.Has(dhcpv4.OptionDNSDomainSearchList) {
		t.Errorf("a host without search domains: %v", reply.Summary())
	}
}

// Only as many search domains are sent as the client has room for.
func TestDHCPSize(t *testing.T) {
	var search []string
	for range maxSearch {
		search = append(search, strings.Repeat("a", 38)) // 40 bytes in the option, of 255
	}
	for _, tc := range []struct{ size, domains int }{{0, 5}, {100, 5}, {576, 5}, {587, 5}, {588, 6}, {1500, 6}, {65535, 6}} {
		m := message(1, dhcpv4.MessageTypeDiscover)
		if tc.size > 0 {
			m.UpdateOption(dhcpv4.OptMaxMessageSize(uint16(tc.size)))
		}
		reply := testDHCP(search...).answer(m, time.Now())
		n := len(reply.DomainSearch().Labels)
		if b := len(reply.ToBytes()); n != tc.domains || b > max(tc.size, 576)-28 {
			t.Errorf("a client with room for %d: %d domains, %d bytes, want %d", tc.size, n, b, tc.domains)
		}
	}
}

// Clients without end get no more addresses than there are, and those that have ended
// leases, longest ago first.
func TestLeasesAreBounded(t *testing.T) {
	s, now := testDHCP(), time.Unix(1e9, 0)
	client := func(i int) dhcpv4.Modifier {
		return dhcpv4.WithHwAddr(stdnet.HardwareAddr{6, 0, 0, 0, byte(i >> 8), byte(i)})
	}
	given := map[netip.Addr]bool{}
	for i := range 1000 {
		reply := s.answer(message(0, dhcpv4.MessageTypeDiscover, rapid, client(i)), now.Add(time.Duration(i)*time.Second))
		if reply != nil {
			given[toAddr(reply.YourIPAddr)] = true
		}
	}
	if len(given) != 251 { // of 256, without .0, .1, .2, .254, .255
		t.Errorf("%d addresses were given", len(given))
	}
	if s.answer(message(1, dhcpv4.MessageTypeDiscover), now.Add(1000*time.Second)) == nil {
		t.Error("nothing is left for the guest")
	}
	reply := s.answer(message(0, dhcpv4.MessageTypeDiscover, client(2000)), now.Add(leaseTime+time.Second))
	if reply == nil || toAddr(reply.YourIPAddr) != inSubnet(3) {
		t.Errorf("after the end of the first lease: %v", reply)
	}
}

// Where answers go (RFC 2131, 4.1).
func TestDHCPDestination(t *testing.T) {
	s := testDHCP()
	for _, tc := range []struct {
		m    *dhcpv4.DHCPv4
		want string
	}{
		{message(1, dhcpv4.MessageTypeDiscover), "255.255.255.255"},
		{message(1, dhcpv4.MessageTypeRequest, ours, requested(2)), "255.255.255.255"},
		{message(1, dhcpv4.MessageTypeRequest, ciaddr(2)), "192.168.127.2"},
		{message(1, dhcpv4.MessageTypeRequest, ciaddr(3)), "255.255.255.255"}, // NAK
		{message(1, dhcpv4.MessageTypeInform, ciaddr(9)), "192.168.127.9"},
	} {
		if got := destination(tc.m, s.answer(tc.m, time.Now())).String(); got != tc.want {
			t.Errorf("%v: to %s, want %s", tc.m.Summary(), got, tc.want)
		}
	}
}

// Messages through the network, after some that are none.
func TestServeDHCP(t *testing.T) {
	r := newRig(t, Config{MTU: 9000})
	var wq waiter.Queue
	ep, failed := r.guest.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if failed != nil {
		t.Fatal(failed)
	}
	ep.SocketOptions().SetBroadcast(true)
	if failed := ep.Bind(tcpip.FullAddress{NIC: nicID, Port: 68}); failed != nil {
		t.Fatal(failed)
	}
	c := netstack.NewUDPConn(&wq, ep)
	defer c.Close()
	b := make([]byte, 1500)
	for _, m := range []*dhcpv4.DHCPv4{
		message(1, dhcpv4.MessageTypeDiscover), message(1, dhcpv4.MessageTypeRequest, ours, requested(2)),
		message(1, dhcpv4.MessageTypeRequest, ciaddr(2)), message(1, dhcpv4.MessageTypeRequest, requested(3)),
	} {
		var reply *dhcpv4.DHCPv4
		eventually(t, "an answer to "+m.MessageType().String(), func() bool {
			for _, b := range [][]byte{nil, []byte("x"), m.ToBytes()[:250], make([]byte, maxDHCP+1), m.ToBytes()} {
				c.WriteTo(b, &stdnet.UDPAddr{IP: stdnet.IPv4bcast.To4(), Port: dhcpPort})
			}
			c.SetReadDeadline(time.Now().Add(time.Second))
			n, _, err := c.ReadFrom(b)
			if err == nil {
				reply, err = dhcpv4.FromBytes(b[:n])
			}
			return err == nil && reply.TransactionID == m.TransactionID
		})
		mtu, _ := dhcpv4.GetUint16(dhcpv4.OptionInterfaceMTU, reply.Options)
		if nak := reply.MessageType() == dhcpv4.MessageTypeNak; !nak && (toAddr(reply.YourIPAddr) != guest || mtu != 9000) {
			t.Errorf("%v\ngot %v", m.Summary(), reply.Summary())
		}
	}
}
