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
	return !p.noHost || !reachesHost(a)
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

// reachesHost reports whether what is sent to an address reaches the host itself, also or
// only. Without an answer from the operating system it does.
func reachesHost(a netip.Addr) bool {
	interfaces, err := stdnet.Interfaces()
	if err != nil {
		return true
	}
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil {
			return true
		}
		for _, own := range addresses {
			n, ok := own.(*stdnet.IPNet)
			if ok && isOwn(a, n, i.Flags&stdnet.FlagLoopback != 0) {
				return true
			}
		}
	}
	return false
}

// isOwn reports whether packets to an address reach a host with an interface that has
// another one: they are the same, or the first is the broadcast address of the other's
// network, in its old form or its new (RFC 1122, 3.3.6). Linux takes all of a network for
// its own that is on a loopback interface.
func isOwn(a netip.Addr, n *stdnet.IPNet, onLoopback bool) bool {
	own, ok := netip.AddrFromSlice(n.IP)
	if own = own.Unmap(); !ok || own.Is4() != a.Is4() {
		return false
	}
	ones, bits := n.Mask.Size()
	network := netip.PrefixFrom(own, ones-bits+own.BitLen()).Masked()
	switch {
	case a == own || onLoopback && network.Contains(a):
		return true
	case !a.Is4() || network.Bits() >= 31 || !network.Contains(a): // RFC 3021
		return false
	}
	return a == network.Addr() || !network.Contains(a.Next())
}
