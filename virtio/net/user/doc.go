// Package user is a network for a guest that needs no rights on the host. It is a backend
// of virtio/net in which the guest is alone with a gateway inside this process. The
// gateway consists of gVisor's network stack and the DHCP and DNS services of
// gvisor-tap-vsock. Each connection of the guest becomes a socket of the host.
//
//	192.168.127.0/24   the network
//	192.168.127.1      the gateway: DHCP, DNS, and the route to everywhere else
//	192.168.127.2      the guest, which gets this address by DHCP
//	192.168.127.254    the host: its 127.0.0.1, unless Config.NoHost
//
// The DNS gives the answers of the host's resolver, and knows the names
// gateway.miniboot.internal and host.miniboot.internal.
//
// Implemented: TCP and UDP over IPv4 in both directions: from the guest to anywhere, and
// from ports of the host to the guest (Forward). Checksums and TCP segmentation are
// offloaded, because packets between the guest and the stack only move through memory.
//
// Missing: IPv6, ICMP to the outside (the gateway itself answers every ping),
// multicast.
//
// # Threats
//
// A guest opens connections from this process, with the rights of its user: to the host's
// loopback interface by the address .254, and to every network that the host reaches.
// Refused are the other addresses of the private network, link-local addresses
// (169.254.0.0/16, where clouds keep credentials), the host's other names for itself
// (127.0.0.0/8, 0.0.0.0/8), multicast, broadcast and reserved addresses.
//
// Everything that a guest can make grow is bounded: up to MaxStreams streams with at most
// 640 KiB of memory each; up to MaxFlows datagram flows with at most 128 KiB each; streams
// that are being set up; DNS queries under way, and connections to the DNS; streams that
// linger after their end; packets on the way to the guest. What exceeds a limit is refused
// or dropped. If there are too many datagram flows, the one that has been idle longest
// ends.
package user
