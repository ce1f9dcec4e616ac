package user

import (
	"context"
	"errors"
	"io"
	stdnet "net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

var guestMAC = net.MAC{2, 0, 0, 0, 0, 1}

// guest6 is the address that the guest makes itself of guestMAC (RFC 4291, appendix A).
var guest6 = netip.MustParseAddr("fd6d:696e:6962::ff:fe00:1")

// autoconfigured has the guest make its addresses itself (RFC 4862).
var autoconfigured = ipv6.Options{
	AutoGenLinkLocal: true,
	NDPConfigs: ipv6.NDPConfigurations{
		MaxRtrSolicitations: 3, RtrSolicitationInterval: time.Second, HandleRAs: ipv6.HandlingRAsEnabledWhenForwardingDisabled, AutoGenGlobalAddresses: true,
	},
}

// rig is a network and a guest in it, which is another stack of gVisor's.
type rig struct {
	*Network
	t     *testing.T
	guest *stack.Stack
}

// newRig makes a rig. What is to be changed of the network is changed before the guest
// starts, which asks for a router at once.
func newRig(t *testing.T, c Config, change ...func(*Network)) *rig {
	t.Helper()
	c.MAC = guestMAC
	n, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(n)
	}
	r := &rig{n, t, plug(t, n, guestMAC, netip.PrefixFrom(guest, subnet.Bits()))}
	t.Cleanup(func() {
		if err := n.Close(); err != nil && !errors.Is(err, stdnet.ErrClosed) {
			t.Error(err)
		}
	})
	r.guest.SetRouteTable([]tcpip.Route{
		routeTo(subnet), routeTo(subnet6), routeTo(linkLocal), routeTo(multicast6),
		{Destination: header.IPv6EmptySubnet, Gateway: tcpip.AddrFrom16(router6.As16()), NIC: nicID},
		{Destination: header.IPv4EmptySubnet, Gateway: tcpip.AddrFrom4(gateway.As4()), NIC: nicID},
	})
	return r
}

// plug makes a stack with an interface in a network, which has addresses there.
func plug(t *testing.T, b net.Backend, mac net.MAC, addresses ...netip.Prefix) *stack.Stack {
	t.Helper()
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocolWithOptions(autoconfigured), arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
	})
	end := channel.New(1024, DefaultMTU+header.EthernetMinimumSize, tcpip.LinkAddress(mac[:]))
	end.LinkEPCapabilities = stack.CapabilityRXChecksumOffload
	if err := s.CreateNIC(nicID, ethernet.New(end)); err != nil {
		t.Fatal(err)
	}
	for _, p := range addresses {
		if err := s.AddProtocolAddress(nicID, tcpip.ProtocolAddress{
			Protocol:          protocol(p.Addr()),
			AddressWithPrefix: tcpip.AddressWithPrefix{Address: tcpip.AddrFromSlice(p.Addr().AsSlice()), PrefixLen: p.Bits()},
		}, stack.AddressProperties{}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { fromGuest(ctx, b, end) })
	wg.Go(func() { toGuest(ctx, b, end) })
	t.Cleanup(func() {
		cancel()
		b.Interrupt()
		wg.Wait()
		end.Close()
		s.Destroy()
	})
	return s
}

func fromGuest(ctx context.Context, n net.Backend, end *channel.Endpoint) {
	for {
		pkt := end.ReadContext(ctx)
		if pkt == nil {
			return
		}
		frame := pkt.ToView().AsSlice()
		n.Send(append(make([]byte, net.HeaderSize), frame...))
		pkt.DecRef()
	}
}

func toGuest(ctx context.Context, n net.Backend, end *channel.Endpoint) {
	b := make([]byte, net.MaxPacket)
	for {
		k, err := n.Receive(b)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			continue
		}
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b[net.HeaderSize:k])})
		end.InjectInbound(header.Ethernet(b[net.HeaderSize:]).Type(), pkt)
		pkt.DecRef()
	}
}

// dial connects the guest to an address.
func (r *rig) dial(to netip.AddrPort) (*netstack.TCPConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return netstack.DialContextTCP(ctx, r.guest, address(to.Addr(), to.Port()), protocol(to.Addr()))
}

func (r *rig) mustDial(to netip.AddrPort) *netstack.TCPConn {
	r.t.Helper()
	c, err := r.dial(to)
	if err != nil {
		r.t.Fatalf("%v: %v", to, err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

// dialUDP connects a port of the guest that nothing else uses.
func (r *rig) dialUDP(to netip.AddrPort) *netstack.UDPConn {
	r.t.Helper()
	at := address(to.Addr(), to.Port())
	c, err := netstack.DialUDP(r.guest, nil, &at, protocol(to.Addr()))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

// awaitAddress waits until the guest has made its address.
func (r *rig) awaitAddress() {
	r.t.Helper()
	eventually(r.t, "the guest has its address", func() bool {
		return r.guest.CheckLocalAddress(nicID, header.IPv6ProtocolNumber, tcpip.AddrFrom16(guest6.As16())) != 0
	})
}

// serve has a server on the host's loopback interface treat each connection,
// and returns where the guest finds it.
func serve(t *testing.T, treat func(*stdnet.TCPConn)) netip.AddrPort {
	t.Helper()
	l, err := stdnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				treat(c.(*stdnet.TCPConn))
			}()
		}
	}()
	return netip.AddrPortFrom(host, l.Addr().(*stdnet.TCPAddr).AddrPort().Port())
}

func echo(c *stdnet.TCPConn) {
	io.Copy(struct{ io.Writer }{c}, c)
	c.CloseWrite()
}

// serveUDP is a server that sends datagrams back.
func serveUDP(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := stdnet.ListenUDP("udp4", &stdnet.UDPAddr{IP: stdnet.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, maxDatagram)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			c.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	return netip.AddrPortFrom(host, c.LocalAddr().(*stdnet.UDPAddr).AddrPort().Port())
}

// eventually waits for a condition that another goroutine makes true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
