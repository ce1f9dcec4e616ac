package user

import (
	"io"
	stdnet "net"
	"os"
	"sync"
	"time"

	"github.com/containers/gvisor-tap-vsock/pkg/services/dhcp"
	"github.com/containers/gvisor-tap-vsock/pkg/services/dns"
	"github.com/containers/gvisor-tap-vsock/pkg/tap"
	"github.com/containers/gvisor-tap-vsock/pkg/types"
	"github.com/sirupsen/logrus"
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

// quiet keeps what the services write about a guest's mistakes away from
// standard error, which the guest could flood, unless the program has given
// logrus a place of its own.
var quiet = sync.OnceFunc(func() {
	if logrus.StandardLogger().Out == os.Stderr {
		logrus.SetOutput(io.Discard)
	}
})

// serveDHCP starts the DHCP service, until the stack ends.
func (n *Network) serveDHCP(c Config) error {
	quiet()
	pool := tap.NewIPPool(&stdnet.IPNet{IP: subnet.Addr().AsSlice(), Mask: stdnet.CIDRMask(subnet.Bits(), 32)})
	pool.Reserve(gateway.AsSlice(), gatewayMAC.String())
	pool.Reserve(host.AsSlice(), "the host")
	pool.Reserve(guest.AsSlice(), c.MAC.String())
	server, err := dhcp.New(&types.Configuration{Subnet: subnet.String(), GatewayIP: gateway.String(), MTU: int(n.link.mtu)}, n.stack, pool)
	if err != nil {
		return err
	}
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
	server, err := dns.NewWithUpstreamResolver(packets, netutil.LimitListener(listener, maxDNSConns), zones, resolver)
	if err != nil {
		return err
	}
	n.wg.Go(func() { server.Serve() })
	n.wg.Go(func() { server.ServeTCP() })
	return nil
}
