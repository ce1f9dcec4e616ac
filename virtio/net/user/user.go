package user

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// Defaults of a Config.
const (
	DefaultMTU = 1500
	MaxStreams = 1024
	MaxFlows   = 512
)

// defaultMAC is locally administered, and has the guest's IP address in it.
var defaultMAC = net.MAC{0x02, 0, 192, 168, 127, 2}

// Limits of an MTU: what every IPv4 host accepts (RFC 791), and what fits a
// packet with room for a header.
const MinMTU, MaxMTU = 576, 65520

// Config says what a network is like.
type Config struct {
	// MAC is the guest's MAC address, to which DHCP gives the first IP address.
	// Zero is 02:00:c0:a8:7f:02. A second network of the same guest needs another.
	MAC net.MAC

	// MTU is the most bytes of an IP packet, 576 to 65520; 0 is DefaultMTU.
	MTU int

	// NoHost denies the guest the host: its loopback interface, and every address that an
	// interface has when the guest sends there.
	NoHost bool

	// NoLAN denies the guest all private networks (RFC 1918, RFC 6598, RFC 4193) but its own,
	// and the networks that the host's interfaces are in when the guest sends there.
	NoLAN bool

	// Metadata allows the guest the addresses at which clouds tell a machine its
	// credentials: 169.254.169.254, 100.100.100.200, 168.63.129.16 and fd00:ec2::254.
	Metadata bool

	// Log gets a line for each of these addresses that the guest is denied. It may be nil.
	Log *slog.Logger

	// Forwards are the ports of the host that lead to ports of the guest.
	Forwards []Forward
}

// Network is a network with one guest. It is a net.Backend.
type Network struct {
	link   *link
	mac    net.MAC // the guest's
	mtu    int
	stack  *stack.Stack
	policy policy

	ctx       context.Context // done at Close
	cancel    context.CancelFunc
	wg        sync.WaitGroup
	closing   sync.Once
	closers   []io.Closer
	addresses []netip.AddrPort // of Config.Forwards

	budget    budget        // for streams and flows
	streams   chan struct{} // has a token for each stream that may be opened
	lingering lingering
	flows     flows
	pings     chan struct{} // has a token for each echo request that may be under way

	resolver *resolver
	dnsConns chan struct{} // has a token for each stream to the DNS
}

var _ net.Addresser = (*Network)(nil)

// nicID is the stack's only interface.
const nicID = 1

// New starts a network. Close ends it. A guest asks for its address by DHCP: the default
// guest (package vmm/vmtest/guest) does when its command dhcp runs.
func New(c Config) (*Network, error) {
	if c.MAC == (net.MAC{}) {
		c.MAC = defaultMAC
	}
	if c.MTU == 0 {
		c.MTU = DefaultMTU
	}
	if c.MTU < MinMTU || c.MTU > MaxMTU {
		return nil, fmt.Errorf("user: an MTU of %d: give %d to %d", c.MTU, MinMTU, MaxMTU)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	n := &Network{
		link: newLink(c.MTU), mac: c.MAC, streams: make(chan struct{}, MaxStreams), dnsConns: make(chan struct{}, maxDNSConns),
		pings: make(chan struct{}, maxPings), policy: policy{noHost: c.NoHost, noLAN: c.NoLAN, metadata: c.Metadata, log: c.Log},
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.resolver = newResolver(n.ctx)
	n.budget.left = connectionMemory
	n.flows.open, n.flows.budget = map[*flow]struct{}{}, &n.budget
	n.mtu = c.MTU
	err := n.newStack()
	if err == nil {
		err = n.serveDHCP(c)
	}
	if err == nil {
		err = n.serveDNS()
	}
	if err == nil {
		n.link.inspect = n.inspect
		n.wg.Go(n.advertiseAgain)
	}
	for i := 0; err == nil && i < len(c.Forwards); i++ {
		err = n.forward(c.Forwards[i])
	}
	if err != nil {
		n.Close()
		return nil, fmt.Errorf("user: %w", err)
	}
	return n, nil
}

// newStack makes the network stack. It accepts packets to any address (promiscuous mode)
// and sends from any address (spoofing).
func (n *Network) newStack() error {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocolWithOptions(ipv6.Options{}), arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
	})
	n.stack = s
	errs := []tcpip.Error{s.CreateNIC(nicID, n.link)}
	for _, p := range []netip.Prefix{
		netip.PrefixFrom(gateway, subnet.Bits()), netip.PrefixFrom(host, subnet.Bits()),
		netip.PrefixFrom(gateway6, subnet6.Bits()), netip.PrefixFrom(host6, subnet6.Bits()), netip.PrefixFrom(router6, linkLocal.Bits()),
	} {
		errs = append(errs, s.AddProtocolAddress(nicID, tcpip.ProtocolAddress{
			Protocol:          protocol(p.Addr()),
			AddressWithPrefix: tcpip.AddressWithPrefix{Address: tcpip.AddrFromSlice(p.Addr().AsSlice()), PrefixLen: p.Bits()},
		}, stack.AddressProperties{}))
	}
	errs = append(errs, s.SetSpoofing(nicID, true), s.SetPromiscuousMode(nicID, true), n.limitTCP())
	for _, err := range errs {
		if err != nil {
			return errors.New(err.String())
		}
	}
	s.SetRouteTable([]tcpip.Route{routeTo(subnet), routeTo(subnet6), routeTo(linkLocal), routeTo(multicast6)})
	s.SetTransportProtocolHandler(tcp.ProtocolNumber, tcp.NewForwarder(s, part(receiveShare, maxStream), maxOpening, n.openStream).HandlePacket)
	s.SetTransportProtocolHandler(udp.ProtocolNumber, n.handleUDP)
	s.SetTransportProtocolHandler(icmp.ProtocolNumber4, n.handleICMP)
	return nil
}

// routeTo returns the route to addresses on the link.
func routeTo(p netip.Prefix) tcpip.Route {
	a := tcpip.AddressWithPrefix{Address: tcpip.AddrFromSlice(p.Addr().AsSlice()), PrefixLen: p.Bits()}
	return tcpip.Route{Destination: a.Subnet(), NIC: nicID}
}

// Close ends all connections and the network. No device may use it afterwards.
func (n *Network) Close() (err error) {
	n.closing.Do(func() { err = n.close() })
	return err
}

func (n *Network) close() error {
	n.cancel()
	var errs []error
	for _, c := range n.closers {
		errs = append(errs, c.Close())
	}
	n.flows.close()
	n.link.Close()
	n.wg.Wait()
	n.endStreams()
	n.endPings()
	n.stack.Destroy()
	return errors.Join(errs...)
}

// endStreams ends all streams, including those that are being opened. It waits for their
// goroutines and keeps their tokens.
func (n *Network) endStreams() {
	const interval = 10 * time.Millisecond
	for range MaxStreams {
		for ended := false; !ended; {
			for _, ep := range n.stack.RegisteredEndpoints() {
				ep.Abort()
			}
			select {
			case n.streams <- struct{}{}:
				ended = true
			case <-time.After(interval):
			}
		}
	}
}

// GuestMAC implements net.Addresser.
func (n *Network) GuestMAC() net.MAC { return n.mac }

// Offloads implements net.Backend.
func (n *Network) Offloads() uint64 {
	return net.FeatureCsum | net.FeatureHostTSO4 | net.FeatureHostTSO6
}

// Send implements net.Backend.
func (n *Network) Send(packet []byte) error {
	n.link.deliver(packet[net.HeaderSize:])
	return nil
}

// Receive implements net.Backend.
func (n *Network) Receive(packet []byte) (int, error) { return n.link.receive(packet) }

// Interrupt implements net.Backend.
func (n *Network) Interrupt() { n.link.interruptReceive() }

// Dropped returns how many packets for the guest have been dropped because too many were
// waiting.
func (n *Network) Dropped() uint64 { return n.link.dropped.Load() }
