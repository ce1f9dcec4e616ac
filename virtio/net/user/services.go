package user

import (
	stdnet "net"
	"time"

	"github.com/containers/gvisor-tap-vsock/pkg/services/dhcp"
	"github.com/containers/gvisor-tap-vsock/pkg/services/dns"
	"github.com/containers/gvisor-tap-vsock/pkg/tap"
	"github.com/containers/gvisor-tap-vsock/pkg/types"
	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/server4"
	"golang.org/x/net/netutil"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

// Limits of the DNS.
const (
	dnsPort     = 53
	maxQueries  = 64 // under way
	maxDNSConns = 16
	dnsTimeout  = 10 * time.Second
)

// The services log a guest's mistakes with logrus to the process's standard error, which
// the guest could flood. The following types hide such mistakes from the services.

// withoutComplaints returns a DHCP handler that passes on only messages that handle
// answers, and hides answers that cannot be sent.
func withoutComplaints(handle server4.Handler, pool *tap.IPPool) server4.Handler {
	return func(conn stdnet.PacketConn, peer stdnet.Addr, m *dhcpv4.DHCPv4) {
		if t := m.MessageType(); t != dhcpv4.MessageTypeDiscover && t != dhcpv4.MessageTypeRequest {
			return
		}
		if _, err := pool.GetOrAssign(m.ClientHWAddr.String()); err != nil { // there is no free address
			return
		}
		handle(carelessPackets{conn}, peer, m)
	}
}

// carelessPackets silently drops what cannot be written.
type carelessPackets struct{ stdnet.PacketConn }

func (c carelessPackets) WriteTo(p []byte, addr stdnet.Addr) (int, error) {
	c.PacketConn.WriteTo(p, addr)
	return len(p), nil
}

// carelessListener accepts streams that silently drop what cannot be written.
type carelessListener struct{ stdnet.Listener }

func (l carelessListener) Accept() (stdnet.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return carelessStream{c}, nil
}

type carelessStream struct{ stdnet.Conn }

func (c carelessStream) Write(p []byte) (int, error) {
	c.Conn.Write(p)
	return len(p), nil
}

// serveDHCP starts the DHCP service, until the stack ends.
func (n *Network) serveDHCP(c Config) error {
	pool := tap.NewIPPool(&stdnet.IPNet{IP: subnet.Addr().AsSlice(), Mask: stdnet.CIDRMask(subnet.Bits(), 32)})
	pool.Reserve(gateway.AsSlice(), gatewayMAC.String())
	pool.Reserve(host.AsSlice(), "the host")
	pool.Reserve(guest.AsSlice(), c.MAC.String())
	server, err := dhcp.New(&types.Configuration{Subnet: subnet.String(), GatewayIP: gateway.String(), MTU: int(n.link.mtu)}, n.stack, pool)
	if err != nil {
		return err
	}
	server.Underlying.Handler = withoutComplaints(server.Underlying.Handler, pool)
	n.closers = append(n.closers, server.Underlying)
	n.wg.Go(func() { server.Serve() })
	return nil
}

// serveDNS starts the DNS service, over UDP and TCP, until the stack ends.
func (n *Network) serveDNS() error {
	at := address(gateway, dnsPort)
	packets, err := netstack.DialUDP(n.stack, &at, nil, ipv4.ProtocolNumber)
	if err != nil {
		return err
	}
	n.closers = append(n.closers, packets)
	listener, err := netstack.ListenTCP(n.stack, at, ipv4.ProtocolNumber)
	if err != nil {
		return err
	}
	n.closers = append(n.closers, listener)
	zones := []types.Zone{{Name: "miniboot.internal.", Records: []types.Record{
		{Name: "gateway", IP: gateway.AsSlice()}, {Name: "host", IP: host.AsSlice()},
	}}}
	resolver := &limitedResolver{n: n, tokens: make(chan struct{}, maxQueries)}
	server, err := dns.NewWithUpstreamResolver(carelessPackets{packets}, carelessListener{netutil.LimitListener(listener, maxDNSConns)}, zones, resolver)
	if err != nil {
		return err
	}
	n.wg.Go(func() { server.Serve() })
	n.wg.Go(func() { server.ServeTCP() })
	return nil
}
