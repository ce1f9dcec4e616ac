package user

import (
	"fmt"
	"log/slog"
	stdnet "net"
	"net/netip"
	"sync"
)

// refused are the addresses outside the private network that nothing is sent to: the host's
// own names for itself (RFC 1122, RFC 4291), link-local addresses (RFC 3927), multicast
// (RFC 5771), and reserved addresses including broadcast (RFC 1112).
var refused = prefixes("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/16", "fe80::/10", "ff00::/8")

// private are the addresses of networks that are not the internet: RFC 1918, RFC 6598,
// RFC 4193, RFC 3879 and RFC 8215.
var private = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10", "64:ff9b:1::/48")

// Addresses with one of IPv4 in them, which a translator on the way may send to: RFC 6052
// and RFC 3056.
var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
)

// metadata are the addresses at which clouds tell a machine its credentials.
var metadata = [...]netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // most of them
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
}

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, t := range texts {
		all = append(all, netip.MustParsePrefix(t))
	}
	return all
}

func contains(all []netip.Prefix, a netip.Addr) bool {
	for _, p := range all {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// A policy says where the guest may send.
type policy struct {
	noHost, noLAN, metadata bool // of the Config
	log                     *slog.Logger
	told                    [len(metadata)]sync.Once // that one of metadata was refused
}

// outside translates an address that the guest sends to. ok is false if the guest may not
// send there.
func (p *policy) outside(a netip.Addr) (to netip.Addr, ok bool) {
	switch {
	case a == host:
		return loopback, !p.noHost
	case a == host6:
		return loopback6, !p.noHost
	case !a.IsValid() || subnet.Contains(a) || subnet6.Contains(a):
		return a, false
	}
	if b, ok := embedded(a); ok && !p.allows(b) {
		return a, false
	}
	return a, p.allows(a)
}

// embedded returns the address of IPv4 in one of IPv6.
func embedded(a netip.Addr) (b netip.Addr, ok bool) {
	bytes := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(bytes[12:])), true
	case sixTo4.Contains(a):
		return netip.AddrFrom4([4]byte(bytes[2:])), true
	}
	return b, false
}

// allows reports whether the guest may send to an address outside the private network.
func (p *policy) allows(a netip.Addr) bool {
	for i, m := range metadata {
		if a == m {
			return p.allowMetadata(i)
		}
	}
	if contains(refused, a) || p.noLAN && contains(private, a) {
		return false
	}
	return !p.isNear(a)
}

// allowMetadata reports whether the guest may send to one of metadata. The first refusal of
// each is logged: software that fails without them does not say why.
func (p *policy) allowMetadata(i int) bool {
	if !p.metadata {
		p.told[i].Do(func() {
			p.log.Warn(fmt.Sprintf("user: the guest may not reach %v, where a cloud keeps this host's credentials", metadata[i]))
		})
	}
	return p.metadata
}

// isNear reports whether one of the host's interfaces makes an address one that is denied.
// Without an answer from the operating system it is.
func (p *policy) isNear(a netip.Addr) bool {
	if !p.noHost && !p.noLAN {
		return false
	}
	interfaces, err := stdnet.Interfaces()
	if err != nil {
		return true
	}
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil {
			return true
		}
		for _, b := range addresses {
			own, ok := prefixOf(b)
			if ok && (p.noHost && isOwn(a, own, i.Flags&stdnet.FlagLoopback != 0) || p.noLAN && isOnLink(a, own)) {
				return true
			}
		}
	}
	return false
}

// prefixOf returns an address of an interface with the length of its network's prefix.
func prefixOf(a stdnet.Addr) (p netip.Prefix, ok bool) {
	n, ok := a.(*stdnet.IPNet)
	if !ok {
		return p, false
	}
	own, _ := netip.AddrFromSlice(n.IP)
	own = own.Unmap()
	ones, bits := n.Mask.Size()
	p = netip.PrefixFrom(own, ones-bits+own.BitLen())
	return p, p.IsValid()
}

// isOwn reports whether packets to an address reach a host that has another one on an
// interface: they are the same, or the first is the broadcast address of the other's
// network, in its old form or its new (RFC 1122, 3.3.6). Linux takes all of a network for
// its own that is on a loopback interface.
func isOwn(a netip.Addr, own netip.Prefix, onLoopback bool) bool {
	network := own.Masked()
	switch {
	case a == own.Addr() || onLoopback && network.Contains(a):
		return true
	case !a.Is4() || network.Bits() >= 31 || !network.Contains(a): // RFC 3021
		return false
	}
	return a == network.Addr() || !network.Contains(a.Next())
}

// isOnLink reports whether an address is in the network of an interface, as neighbors are
// whose addresses are public. A network of everything says nothing about neighbors.
func isOnLink(a netip.Addr, own netip.Prefix) bool { return own.Bits() > 0 && own.Contains(a) }
