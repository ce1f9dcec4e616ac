package user

import (
	"bytes"
	"context"
	"encoding/binary"
	stdnet "net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/net/icmp"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Limits of ICMP.
const (
	maxPings    = 64
	pingTimeout = 10 * time.Second
)

// pingTTL is the TTL of echo replies from outside. It shows that they have come through a
// router, and tells them from those that the stack makes up for every address, with its
// default stackTTL (see madeUp).
const (
	pingTTL  = 63
	stackTTL = 64
)

// Offsets in an echo message (RFC 792, RFC 4443), and the size of its header.
const (
	offType     = 0
	offCode     = 1
	offChecksum = 2
	offSequence = 6
	echoSize    = 8
)

// icmpVersion is what differs between ICMP over IPv4 and over IPv6.
type icmpVersion struct {
	network, any   string // of icmp.ListenPacket
	request, reply byte   // types
}

var (
	icmp4 = icmpVersion{"udp4", "0.0.0.0", byte(header.ICMPv4Echo), byte(header.ICMPv4EchoReply)}
	icmp6 = icmpVersion{"udp6", "::", byte(header.ICMPv6EchoRequest), byte(header.ICMPv6EchoReply)}
)

// versionOf returns the version for an address.
func versionOf(a netip.Addr) icmpVersion {
	if a.Is4() {
		return icmp4
	}
	return icmp6
}

// handleICMP sends an echo request of the guest on. The stack, which calls it with each echo
// request and reply over IPv4, answers for the gateway itself.
func (n *Network) handleICMP(_ stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
	v := stack.PayloadSince(pkt.TransportHeader())
	defer v.Release()
	if m := v.AsSlice(); len(m) >= echoSize && m[offType] == icmp4.request {
		n.ping(pkt.Network(), slices.Clone(m))
	}
	return true
}

// inspect looks at a frame of IPv6 for what the stack keeps to itself: router solicitations,
// and echo requests, except those in fragments.
func (n *Network) inspect(frame []byte) {
	eth, ip := header.Ethernet(frame), header.IPv6(frame[ethernetSize:])
	if eth.Type() != header.IPv6ProtocolNumber || len(ip) < header.IPv6MinimumSize || !ip.IsValid(len(ip)) || ip.NextHeader() != uint8(header.ICMPv6ProtocolNumber) {
		return
	}
	m := ip[header.IPv6MinimumSize:][:ip.PayloadLength()]
	switch {
	case len(m) < echoSize:
	case m[offType] == byte(header.ICMPv6RouterSolicit) && ip.HopLimit() == header.NDPHopLimit: // RFC 4861, 6.1.1
		n.advertise()
	case m[offType] == icmp6.request:
		n.ping(ip, slices.Clone(m))
	}
}

// ping sends an echo request on, unless too many are under way. The answer goes back to the
// guest if there is one in time.
func (n *Network) ping(h header.Network, request []byte) {
	local, remote := h.DestinationAddress(), h.SourceAddress()
	to, ok := n.outside(local)
	if !ok {
		return
	}
	select {
	case n.pings <- struct{}{}:
	default:
		return
	}
	go func() { // endPings waits for it
		defer func() { <-n.pings }()
		ctx, cancel := context.WithTimeout(n.ctx, pingTimeout)
		defer cancel()
		if reply := exchangeEcho(ctx, to, request); reply != nil {
			n.sendICMP(local, remote, pingTTL, reply)
		}
	}()
}

// endPings waits until no echo request is under way, and keeps more from being sent.
func (n *Network) endPings() {
	for range maxPings {
		n.pings <- struct{}{}
	}
}

// exchangeEcho sends an echo request from the host and waits for its answer, which it
// returns with the request's identifier: the host's kernel puts one of its own into the
// request. It returns nil if there is none, or if the host does not allow its user to ask
// (Linux's net.ipv4.ping_group_range, and other systems than Linux and macOS).
func exchangeEcho(ctx context.Context, to netip.Addr, request []byte) []byte {
	version := versionOf(to)
	conn, err := icmp.ListenPacket(version.network, version.any)
	if err != nil {
		return nil
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.WriteTo(request, stdnet.UDPAddrFromAddrPort(netip.AddrPortFrom(to, 0))); err != nil {
		return nil
	}
	b := make([]byte, len(request)+1)
	for {
		k, from, err := conn.ReadFrom(b)
		if err != nil {
			return nil
		}
		if a, ok := from.(*stdnet.UDPAddr); ok && a.AddrPort().Addr().Unmap() == to && version.isReply(b[:k], request) {
			return version.replyTo(request)
		}
	}
}

// isReply reports whether a message answers a request, but for the identifier.
func (v icmpVersion) isReply(m, request []byte) bool {
	return len(m) >= echoSize && m[offType] == v.reply && bytes.Equal(m[offSequence:], request[offSequence:])
}

// replyTo returns the answer to a request, without its checksum.
func (v icmpVersion) replyTo(request []byte) []byte {
	reply := slices.Clone(request)
	reply[offType] = v.reply
	return reply
}

// putChecksum puts the checksum into a message of ICMP over IPv4.
func putChecksum(m []byte) {
	binary.BigEndian.PutUint16(m[offChecksum:], 0)
	binary.BigEndian.PutUint16(m[offChecksum:], header.ICMPv4Checksum(m, 0))
}

// sendUnreachable tells the guest that nobody takes the datagrams of a flow (RFC 792,
// RFC 4443). Of the datagram it has the headers, by which the guest's kernel finds the socket.
func (n *Network) sendUnreachable(id stack.TransportEndpointID) {
	m := make([]byte, echoSize, echoSize+header.IPv6MinimumSize+header.UDPMinimumSize)
	if id.LocalAddress.Len() == header.IPv4AddressSize {
		m[offType], m[offCode] = byte(header.ICMPv4DstUnreachable), byte(header.ICMPv4PortUnreachable)
		m = append(m, make([]byte, header.IPv4MinimumSize)...)
		ip := header.IPv4(m[echoSize:])
		ip.Encode(&header.IPv4Fields{
			TotalLength: header.IPv4MinimumSize + header.UDPMinimumSize, TTL: 1, Protocol: uint8(header.UDPProtocolNumber),
			SrcAddr: id.RemoteAddress, DstAddr: id.LocalAddress,
		})
		ip.SetChecksum(^ip.CalculateChecksum())
	} else {
		m[offType], m[offCode] = byte(header.ICMPv6DstUnreachable), byte(header.ICMPv6PortUnreachable)
		m = append(m, make([]byte, header.IPv6MinimumSize)...)
		header.IPv6(m[echoSize:]).Encode(&header.IPv6Fields{
			PayloadLength: header.UDPMinimumSize, HopLimit: 1, TransportProtocol: header.UDPProtocolNumber,
			SrcAddr: id.RemoteAddress, DstAddr: id.LocalAddress,
		})
	}
	datagram := make(header.UDP, header.UDPMinimumSize)
	datagram.Encode(&header.UDPFields{SrcPort: id.RemotePort, DstPort: id.LocalPort, Length: header.UDPMinimumSize})
	n.sendICMP(id.LocalAddress, id.RemoteAddress, stackTTL, append(m, datagram...))
}

// sendICMP sends the guest a message with its checksum.
func (n *Network) sendICMP(from, to tcpip.Address, ttl uint8, m []byte) {
	r, err := n.stack.FindRoute(nicID, from, to, protocol(fromStack(to)), false)
	if err != nil {
		return
	}
	defer r.Release()
	transport := header.ICMPv4ProtocolNumber
	if r.NetProto() == header.IPv4ProtocolNumber {
		putChecksum(m)
	} else {
		transport = header.ICMPv6ProtocolNumber
		h := header.ICMPv6(m)
		h.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{Header: h, Src: from, Dst: to}))
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{ReserveHeaderBytes: int(r.MaxHeaderLength()), Payload: buffer.MakeWithData(m)})
	defer pkt.DecRef()
	pkt.TransportProtocolNumber = transport
	r.WritePacket(stack.NetworkHeaderParams{Protocol: transport, TTL: ttl}, pkt)
}
