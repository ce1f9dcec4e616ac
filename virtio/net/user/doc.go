// Package user is a network for a guest that needs no rights on the host: a
// backend of virtio/net in which the guest is alone with a gateway, in this
// process. It is made of the DHCP and DNS services of gvisor-tap-vsock and the
// network stack of gVisor; what the guest connects to becomes a socket of the
// host.
//
//	192.168.127.0/24   the network
//	192.168.127.1      the gateway: DHCP, DNS, and the way to everywhere else
//	192.168.127.2      the guest, as DHCP tells it
//	192.168.127.254    the host: its 127.0.0.1, unless Config.NoHost
//
// The DNS answers what the host's resolver does, and the names
// gateway.miniboot.internal and host.miniboot.internal.
//
// Implemented: TCP and UDP over IPv4 in both directions: from the guest to
// anywhere, and from ports of the host to the guest (Forward). Checksums and TCP
// segmentation are offloaded: what is between the guest and the stack is memory.
//
// Missing: IPv6, ICMP to the outside (the gateway itself answers every ping),
// multicast.
//
// # Threats
//
// A guest opens connections from this process, with the rights of its user: to
// the host's loopback interface by the address .254, and to whatever network the
// host is in. Refused are the other addresses of the private network, link-local
// ones (169.254.0.0/16, where clouds keep credentials), this host by its other
// names (127.0.0.0/8, 0.0.0.0/8), multicast, broadcast and reserved ones.
//
// What a guest can make grow is bounded: streams and datagram flows, each up to
// MaxStreams and MaxFlows and with at most 640 KiB and 128 KiB of memory; streams
// that are being set up; DNS queries under way, and connections to the DNS;
// streams that linger after their end; packets on the way to the guest. What is
// beyond a limit is refused or dropped; of datagram flows the one that has been
// idle longest ends.
package user
