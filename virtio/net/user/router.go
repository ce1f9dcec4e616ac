package user

import (
	"encoding/binary"
	"time"

	"github.com/miekg/dns"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// Times of router advertisements (RFC 4861, 6.2.1), in seconds except the first.
const (
	advertiseEvery = 10 * time.Minute
	routerLifetime = 9000
	prefixLifetime = 86400
)

// advertiseAgain advertises the router now and then, until Close, because what an
// advertisement says ends with its lifetime.
func (n *Network) advertiseAgain() {
	ticker := time.NewTicker(advertiseEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			n.advertise()
		case <-n.ctx.Done():
			return
		}
	}
}

// advertise tells the guest about the router and the network, from which it makes its own
// address (RFC 4862). Packets of less than 1280 bytes are too small for IPv6 (RFC 8200, 5).
func (n *Network) advertise() {
	if n.mtu < header.IPv6MinimumMTU {
		return
	}
	from, to := tcpip.AddrFrom16(router6.As16()), tcpip.AddrFrom16(allNodes.As16())
	n.sendICMP(from, to, header.NDPHopLimit, advertisement(n.mtu, n.resolver.search()))
}

// advertisement returns a router advertisement (RFC 4861, 4.2) without its checksum.
func advertisement(mtu int, search []string) []byte {
	const hopLimit = 64
	b := []byte{byte(header.ICMPv6RouterAdvert), 0, 0, 0, hopLimit, 0}
	b = binary.BigEndian.AppendUint16(b, routerLifetime)
	b = append(b, make([]byte, 8)...) // reachable time, retrans timer: not specified

	const sourceLinkLayer, prefix, linkMTU, rdnss, dnssl = 1, 3, 5, 25, 31 // options, with their length in units of 8 bytes
	b = append(append(b, sourceLinkLayer, 1), gatewayMAC...)

	b = append(b, linkMTU, 1, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(mtu))

	const onLink, autonomous = 1 << 7, 1 << 6
	b = append(b, prefix, 4, byte(subnet6.Bits()), onLink|autonomous)
	b = binary.BigEndian.AppendUint32(b, prefixLifetime) // valid
	b = binary.BigEndian.AppendUint32(b, prefixLifetime) // preferred
	b = append(append(b, 0, 0, 0, 0), subnet6.Addr().AsSlice()...)

	b = append(b, rdnss, 3, 0, 0) // RFC 8106, 5.1
	b = binary.BigEndian.AppendUint32(b, routerLifetime)
	b = append(b, gateway6.AsSlice()...)

	if names := searchNames(search); len(names) > 0 { // RFC 8106, 5.2
		b = append(b, dnssl, byte(1+len(names)/8), 0, 0)
		b = binary.BigEndian.AppendUint32(b, routerLifetime)
		b = append(b, names...)
	}
	return b
}

// maxSearchNames is how many bytes of search domains an advertisement has room for. With
// them it fits the smallest packet that a link with IPv6 carries.
const maxSearchNames = 1024

// searchNames returns domains in the form of the DNS (RFC 1035, 3.1), with zeros behind them
// up to a multiple of 8 bytes. It leaves out those that find no room.
func searchNames(domains []string) []byte {
	b, used := make([]byte, maxSearchNames), 0
	for _, d := range domains {
		end, err := dns.PackDomainName(dns.Fqdn(d), b, used, nil, false)
		if err != nil {
			break
		}
		used = end
	}
	clear(b[used:])
	return b[:(used+7)&^7]
}
