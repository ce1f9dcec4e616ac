package user

import (
	"net/netip"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

const ethernetSize = header.EthernetMinimumSize

// maxQueued is how many packets wait for the guest, with at most queueMemory bytes.
const maxQueued = 1024

// link is the stack's end of the cable.
type link struct {
	mtu        uint32
	dispatcher atomic.Pointer[stack.NetworkDispatcher]
	queue      chan *stack.PacketBuffer // for the guest
	bytes      atomic.Int64             // of queue
	interrupt  chan struct{}            // holds one token when receive is to return
	closed     atomic.Bool
	dropped    atomic.Uint64
	inspect    func(frame []byte) // sees each frame for the stack; set before the first one, may be nil
}

var _ interface {
	stack.LinkEndpoint
	stack.GSOEndpoint
} = (*link)(nil)

func newLink(mtu int) *link {
	return &link{mtu: uint32(mtu), queue: make(chan *stack.PacketBuffer, maxQueued), interrupt: make(chan struct{}, 1)}
}

// deliver gives the stack a frame of the guest. It drops a frame for another address:
// there is nobody else on this network.
func (l *link) deliver(frame []byte) {
	eth := header.Ethernet(frame)
	d, dst := l.dispatcher.Load(), eth.DestinationAddress()
	if d == nil || dst != gatewayMAC && !header.IsMulticastEthernetAddress(dst) && dst != header.EthernetBroadcastAddress {
		return
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
	defer pkt.DecRef()
	pkt.PktType = tcpip.PacketHost
	if dst == header.EthernetBroadcastAddress {
		pkt.PktType = tcpip.PacketBroadcast
	}
	if l.ParseHeader(pkt) {
		if l.inspect != nil {
			l.inspect(frame)
		}
		(*d).DeliverNetworkPacket(eth.Type(), pkt)
	}
}

// WritePackets implements stack.LinkWriter.
func (l *link) WritePackets(list stack.PacketBufferList) (int, tcpip.Error) {
	for _, pkt := range list.AsSlice() {
		if l.closed.Load() || claims(pkt) || madeUp(pkt) {
			continue
		}
		if !l.enqueue(pkt) {
			l.dropped.Add(1)
		}
	}
	return list.Len(), nil
}

// enqueue lets a packet wait for the guest. It returns false if there is no room.
func (l *link) enqueue(pkt *stack.PacketBuffer) (ok bool) {
	size := int64(pkt.Size())
	if l.bytes.Add(size) <= queueMemory {
		select {
		case l.queue <- pkt.IncRef():
			return true
		default:
			pkt.DecRef()
		}
	}
	l.bytes.Add(-size)
	return false
}

// dequeue ends the wait of a packet.
func (l *link) dequeue(pkt *stack.PacketBuffer) {
	l.bytes.Add(-int64(pkt.Size()))
	pkt.DecRef()
}

// claims reports whether a packet is an answer of ARP or NDP in which the stack claims an
// address of the guest's network that it does not have. In promiscuous mode it claims all
// addresses.
func claims(pkt *stack.PacketBuffer) bool {
	switch pkt.NetworkProtocolNumber {
	case header.ARPProtocolNumber:
		h := header.ARP(pkt.NetworkHeader().Slice())
		return h.IsValid() && h.Op() == header.ARPReply && !isOurs(netip.AddrFrom4([4]byte(h.ProtocolAddressSender())))
	case header.IPv6ProtocolNumber:
		m := header.ICMPv6(pkt.TransportHeader().Slice())
		if pkt.TransportProtocolNumber != header.ICMPv6ProtocolNumber || len(m) < header.ICMPv6NeighborAdvertMinimumSize || m.Type() != header.ICMPv6NeighborAdvert {
			return false
		}
		return !isOurs(fromStack(header.NDPNeighborAdvert(m.MessageBody()).TargetAddress()))
	}
	return false
}

// madeUp reports whether a packet is an echo reply, or the start of one, that the stack
// gives in the name of somebody else, as it does in promiscuous mode.
func madeUp(pkt *stack.PacketBuffer) bool {
	var ttl, reply byte
	var from tcpip.Address
	switch b := pkt.NetworkHeader().Slice(); pkt.NetworkProtocolNumber {
	case header.IPv4ProtocolNumber:
		h := header.IPv4(b)
		if h.Protocol() != uint8(header.ICMPv4ProtocolNumber) || h.FragmentOffset() != 0 {
			return false
		}
		ttl, reply, from = h.TTL(), byte(header.ICMPv4EchoReply), h.SourceAddress()
	case header.IPv6ProtocolNumber:
		h := header.IPv6(b)
		if !startsICMPv6(h) {
			return false
		}
		ttl, reply, from = h.HopLimit(), byte(header.ICMPv6EchoReply), h.SourceAddress()
	default:
		return false
	}
	m := pkt.TransportHeader().Slice()
	if len(m) == 0 {
		m, _ = pkt.Data().PullUp(1)
	}
	return len(m) > 0 && m[0] == reply && ttl != pingTTL && !isGateway(fromStack(from))
}

// startsICMPv6 reports whether the start of a message of ICMPv6 follows a header, which may
// have one of a fragment behind it (RFC 8200, 4.5).
func startsICMPv6(h header.IPv6) bool {
	next := h.NextHeader()
	if next == uint8(header.IPv6FragmentExtHdrIdentifier) && len(h) >= header.IPv6MinimumSize+header.IPv6FragmentHeaderSize {
		f := header.IPv6Fragment(h[header.IPv6MinimumSize:])
		if f.FragmentOffset() != 0 {
			return false
		}
		next = f.NextHeader()
	}
	return next == uint8(header.ICMPv6ProtocolNumber)
}

// receive waits for a packet for the guest.
func (l *link) receive(packet []byte) (int, error) {
	select {
	case pkt := <-l.queue:
		defer l.dequeue(pkt)
		return encode(packet, pkt), nil
	case <-l.interrupt:
		return 0, net.ErrInterrupted
	}
}

// encode writes a packet of the stack, which fits into packet. A TCP packet has the
// checksum of the pseudo header only, and may be a large segment.
func encode(packet []byte, pkt *stack.PacketBuffer) int {
	var h net.Header
	if gso := pkt.GSOOptions; gso.NeedsCsum {
		h.Flags = net.FlagNeedsCsum
		h.CsumStart = ethernetSize + gso.L3HdrLen
		h.CsumOffset = gso.CsumOffset
		if pkt.Data().Size() > int(gso.MSS) {
			h.GSOType, h.GSOSize = net.GSOTCPv4, gso.MSS
			if gso.Type == stack.GSOTCPv6 {
				h.GSOType = net.GSOTCPv6
			}
		}
	}
	h.Put(packet)
	n := net.HeaderSize
	views, skip := pkt.AsViewList()
	for v := views.Front(); v != nil; v = v.Next() {
		b := v.AsSlice()
		k := min(skip, len(b))
		skip -= k
		n += copy(packet[n:], b[k:])
	}
	return n
}

// interruptReceive makes receive return.
func (l *link) interruptReceive() {
	select {
	case l.interrupt <- struct{}{}:
	default:
	}
}

// Close implements stack.NetworkLinkEndpoint: packets are dropped from now on.
func (l *link) Close() {
	l.closed.Store(true)
	for {
		select {
		case pkt := <-l.queue:
			l.dequeue(pkt)
		default:
			return
		}
	}
}

// Attach implements stack.NetworkLinkEndpoint.
func (l *link) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		l.dispatcher.Store(nil)
		return
	}
	l.dispatcher.Store(&d)
}

// IsAttached implements stack.NetworkLinkEndpoint.
func (l *link) IsAttached() bool { return l.dispatcher.Load() != nil }

// Capabilities implements stack.NetworkLinkEndpoint: the stack checks no checksums.
func (l *link) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityResolutionRequired | stack.CapabilityRXChecksumOffload
}

// AddHeader implements stack.NetworkLinkEndpoint.
func (l *link) AddHeader(pkt *stack.PacketBuffer) {
	eth := header.Ethernet(pkt.LinkHeader().Push(ethernetSize))
	eth.Encode(&header.EthernetFields{
		SrcAddr: gatewayMAC, DstAddr: pkt.EgressRoute.RemoteLinkAddress, Type: pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.NetworkLinkEndpoint.
func (l *link) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(ethernetSize)
	return ok
}

// The rest of stack.LinkEndpoint and stack.GSOEndpoint.

func (l *link) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }
func (l *link) GSOMaxSize() uint32                      { return 1<<16 - 1 }
func (l *link) LinkAddress() tcpip.LinkAddress          { return gatewayMAC }
func (l *link) MTU() uint32                             { return l.mtu }
func (l *link) MaxHeaderLength() uint16                 { return ethernetSize }
func (l *link) SetLinkAddress(tcpip.LinkAddress)        {}
func (l *link) SetMTU(uint32)                           {}
func (l *link) SetOnCloseAction(func())                 {}
func (l *link) SupportedGSO() stack.SupportedGSO        { return stack.HostGSOSupported }
func (l *link) Wait()                                   {}
