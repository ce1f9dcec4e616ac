package user

import (
	"errors"
	stdnet "net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/rfc1035label"
	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	dhcpPort  = 67
	maxDHCP   = 4096 // bytes in a message of a client
	leaseTime = time.Hour
	offerTime = time.Minute // for which an address that was offered is kept
)

// dhcpServer answers DHCP messages (RFC 2131). It is the only server of its network, so it
// also speaks for clients that it does not know: those of an earlier process.
type dhcpServer struct {
	leases *leases // which only serve's goroutine uses
	mtu    int
	search func() []string // the host's search domains
}

// serveDHCP starts the DHCP server, until Close.
func (n *Network) serveDHCP(c Config) error {
	conn, err := n.listenBroadcast(dhcpPort)
	if err != nil {
		return err
	}
	n.closers = append(n.closers, conn)
	s := &dhcpServer{leases: newLeases(c.MAC), mtu: c.MTU, search: n.resolver.search}
	n.wg.Go(func() { s.serve(conn) })
	return nil
}

// listenBroadcast opens a UDP port of the gateway that takes and sends broadcasts.
func (n *Network) listenBroadcast(port uint16) (*netstack.UDPConn, error) {
	var wq waiter.Queue
	ep, failed := n.stack.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if failed != nil {
		return nil, errors.New(failed.String())
	}
	ep.SocketOptions().SetBroadcast(true)
	if failed := ep.Bind(tcpip.FullAddress{NIC: nicID, Port: port}); failed != nil {
		ep.Close()
		return nil, errors.New(failed.String())
	}
	return netstack.NewUDPConn(&wq, ep), nil
}

// serve answers messages until the connection is closed. What is no DHCP message is
// ignored, and so is an answer that cannot be sent.
func (s *dhcpServer) serve(conn stdnet.PacketConn) {
	b := make([]byte, maxDHCP)
	for {
		k, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		m, err := dhcpv4.FromBytes(b[:k])
		if err != nil {
			continue
		}
		if reply := s.answer(m, time.Now()); reply != nil {
			conn.WriteTo(reply.ToBytes(), &stdnet.UDPAddr{IP: destination(m, reply), Port: from.(*stdnet.UDPAddr).Port})
		}
	}
}

// destination is where an answer goes (RFC 2131, 4.1). A client without an address, which
// no ARP finds, gets a broadcast whether it asked for one or not.
func destination(m, reply *dhcpv4.DHCPv4) stdnet.IP {
	if m.ClientIPAddr.IsUnspecified() || reply.MessageType() == dhcpv4.MessageTypeNak {
		return stdnet.IPv4bcast.To4()
	}
	return m.ClientIPAddr
}

// answer returns the answer to a message, nil if there is none. A message of a relay gets
// none, because there is no network behind this one.
func (s *dhcpServer) answer(m *dhcpv4.DHCPv4, now time.Time) *dhcpv4.DHCPv4 {
	client := string(m.ClientHWAddr)
	if m.OpCode != dhcpv4.OpcodeBootRequest || client == "" || !m.GatewayIPAddr.IsUnspecified() {
		return nil
	}
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		return s.discover(m, client, now)
	case dhcpv4.MessageTypeRequest:
		return s.request(m, client, now)
	case dhcpv4.MessageTypeInform:
		return s.inform(m)
	case dhcpv4.MessageTypeRelease:
		s.leases.release(toAddr(m.ClientIPAddr), client, now)
	case dhcpv4.MessageTypeDecline:
		s.leases.decline(toAddr(m.RequestedIPAddress()), client, now.Add(leaseTime))
	}
	return nil
}

// discover offers a client an address, or leases it at once to a client that asks for that
// (RFC 4039). It returns nil if no address is left.
func (s *dhcpServer) discover(m *dhcpv4.DHCPv4, client string, now time.Time) *dhcpv4.DHCPv4 {
	a, ok := s.leases.choose(client, toAddr(m.RequestedIPAddress()), now)
	if !ok {
		return nil
	}
	if m.Options.Has(dhcpv4.OptionRapidCommit) {
		reply := s.grant(m, dhcpv4.MessageTypeAck, a)
		reply.UpdateOption(dhcpv4.OptGeneric(dhcpv4.OptionRapidCommit, nil))
		s.leases.hold(a, client, now.Add(leaseTime))
		return reply
	}
	s.leases.hold(a, client, now.Add(offerTime))
	return s.grant(m, dhcpv4.MessageTypeOffer, a)
}

// request leases a client the address that it names (RFC 2131, 4.3.2). In the states
// SELECTING, with our server identifier, and INIT-REBOOT, without any, the option
// "requested IP address" names it; in RENEWING and REBINDING the field ciaddr. A client
// that names another address than its own has to start again.
func (s *dhcpServer) request(m *dhcpv4.DHCPv4, client string, now time.Time) *dhcpv4.DHCPv4 {
	if id := m.ServerIdentifier(); id != nil && toAddr(id) != gateway {
		return nil // it takes the offer of another server
	}
	wanted := toAddr(m.RequestedIPAddress())
	if !wanted.IsValid() || wanted.IsUnspecified() {
		wanted = toAddr(m.ClientIPAddr)
	}
	if wanted.IsUnspecified() {
		return nil
	}
	if a, ok := s.leases.choose(client, wanted, now); !ok || a != wanted {
		return newReply(m, dhcpv4.MessageTypeNak)
	}
	s.leases.hold(wanted, client, now.Add(leaseTime))
	reply := s.grant(m, dhcpv4.MessageTypeAck, wanted)
	reply.ClientIPAddr = m.ClientIPAddr
	return reply
}

// inform tells a client that has an address the rest (RFC 2131, 4.3.5).
func (s *dhcpServer) inform(m *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
	if m.ClientIPAddr.IsUnspecified() {
		return nil
	}
	reply := newReply(m, dhcpv4.MessageTypeAck)
	reply.ClientIPAddr = m.ClientIPAddr
	s.configure(reply, m)
	return reply
}

// grant makes an answer that gives an address.
func (s *dhcpServer) grant(m *dhcpv4.DHCPv4, t dhcpv4.MessageType, a netip.Addr) *dhcpv4.DHCPv4 {
	reply := newReply(m, t)
	reply.YourIPAddr = a.AsSlice()
	reply.UpdateOption(dhcpv4.OptIPAddressLeaseTime(leaseTime))
	s.configure(reply, m)
	return reply
}

// newReply makes an answer without an address and without configuration.
func newReply(m *dhcpv4.DHCPv4, t dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	reply := &dhcpv4.DHCPv4{
		ClientIPAddr: stdnet.IPv4zero, YourIPAddr: stdnet.IPv4zero, ServerIPAddr: stdnet.IPv4zero, GatewayIPAddr: stdnet.IPv4zero,
	}
	dhcpv4.WithReply(m)(reply)
	reply.UpdateOption(dhcpv4.OptMessageType(t))
	reply.UpdateOption(dhcpv4.OptServerIdentifier(gateway.AsSlice()))
	dhcpv4.WithOptionCopied(m, dhcpv4.OptionClientIdentifier)(reply) // RFC 6842
	return reply
}

// configure adds what a client needs to know of the network.
func (s *dhcpServer) configure(reply, m *dhcpv4.DHCPv4) {
	reply.UpdateOption(dhcpv4.OptSubnetMask(stdnet.CIDRMask(subnet.Bits(), 32)))
	reply.UpdateOption(dhcpv4.OptRouter(gateway.AsSlice()))
	reply.UpdateOption(dhcpv4.OptDNS(gateway.AsSlice()))
	reply.UpdateOption(dhcpv4.Option{Code: dhcpv4.OptionInterfaceMTU, Value: dhcpv4.Uint16(s.mtu)})
	search := s.search()
	if len(search) > 0 {
		addIfItFits(reply, m, dhcpv4.OptDomainName(search[0]))
	}
	for k := len(search); k > 0; k-- {
		if addIfItFits(reply, m, dhcpv4.OptDomainSearch(&rfc1035label.Labels{Labels: search[:k]})) {
			return
		}
	}
}

// addIfItFits adds an option unless it is longer than one option can be, or the answer
// would be longer than the client takes: 576 bytes with the headers of IP and UDP, or what
// it says (RFC 2132, 9.10). Not every client joins the parts of an option (RFC 3396).
func addIfItFits(reply, m *dhcpv4.DHCPv4, o dhcpv4.Option) bool {
	const headers, least, longest = 28, 576, 255
	size, _ := m.MaxMessageSize()
	reply.UpdateOption(o)
	if len(reply.Options.Get(o.Code)) <= longest && len(reply.ToBytes()) <= max(int(size), least)-headers {
		return true
	}
	reply.DeleteOption(o.Code)
	return false
}

// toAddr returns an address of a message. It is invalid if the message has none.
func toAddr(ip stdnet.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}
