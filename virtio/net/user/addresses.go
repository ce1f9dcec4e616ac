package user

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// The private network.
var (
	subnet    = netip.MustParsePrefix("192.168.127.0/24")
	gateway   = netip.MustParseAddr("192.168.127.1")
	guest     = netip.MustParseAddr("192.168.127.2")
	host      = netip.MustParseAddr("192.168.127.254")
	broadcast = netip.MustParseAddr("192.168.127.255")

	subnet6  = netip.MustParsePrefix("fd6d:696e:6962::/64") // a unique local one (RFC 4193)
	gateway6 = netip.MustParseAddr("fd6d:696e:6962::1")
	host6    = netip.MustParseAddr("fd6d:696e:6962::fe")
	router6  = netip.MustParseAddr("fe80::1") // the gateway's link-local address

	linkLocal  = netip.MustParsePrefix("fe80::/64")
	multicast6 = netip.MustParsePrefix("ff00::/8")
	allNodes   = netip.MustParseAddr("ff02::1") // RFC 4291, 2.7.1

	gatewayMAC = tcpip.LinkAddress("\x5a\x94\xef\xe4\x0c\xdd")
)

// loopback and loopback6 are the addresses of the host that the guest reaches by the
// addresses host and host6.
var (
	loopback  = netip.MustParseAddr("127.0.0.1")
	loopback6 = netip.MustParseAddr("::1")
)

// isOurs reports whether the stack itself has an address.
func isOurs(a netip.Addr) bool {
	switch a {
	case gateway, host, gateway6, host6, router6:
		return true
	}
	return false
}

// isGateway reports whether an address is one of the gateway.
func isGateway(a netip.Addr) bool { return a == gateway || a == gateway6 || a == router6 }

// fromStack returns an address of the stack's type, which has 4 or 16 bytes.
func fromStack(a tcpip.Address) netip.Addr {
	b, _ := netip.AddrFromSlice(a.AsSlice())
	return b
}

// protocol returns the network protocol of an address.
func protocol(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}

// outside translates an address that the guest sends to. ok is false if the guest may not
// send there.
func (n *Network) outside(a tcpip.Address) (to netip.Addr, ok bool) {
	return n.policy.outside(fromStack(a))
}

// address returns an address and a port in the stack's type.
func address(a netip.Addr, port uint16) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nicID, Addr: tcpip.AddrFromSlice(a.AsSlice()), Port: port}
}
