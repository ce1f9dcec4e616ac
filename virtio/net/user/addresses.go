package user

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// The private network.
var (
	subnet    = netip.MustParsePrefix("192.168.127.0/24")
	gateway   = netip.MustParseAddr("192.168.127.1")
	guest     = netip.MustParseAddr("192.168.127.2")
	host      = netip.MustParseAddr("192.168.127.254")
	broadcast = netip.MustParseAddr("192.168.127.255")

	gatewayMAC = tcpip.LinkAddress("\x5a\x94\xef\xe4\x0c\xdd")
)

// loopback is the address of the host that the guest reaches by the address host.
var loopback = netip.MustParseAddr("127.0.0.1")

// outside translates an address that the guest sends to. ok is false if the guest may not
// send there.
func (n *Network) outside(a tcpip.Address) (to netip.Addr, ok bool) {
	to, ok = netip.AddrFromSlice(a.AsSlice())
	if !ok {
		return to, false
	}
	return n.policy.outside(to)
}

// address returns an address and a port in the stack's type.
func address(a netip.Addr, port uint16) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nicID, Addr: tcpip.AddrFrom4(a.As4()), Port: port}
}
