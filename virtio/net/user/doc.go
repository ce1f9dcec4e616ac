// Package user is a network for a guest that needs no rights on the host. It is a backend
// of virtio/net in which the guest is alone with a gateway inside this process. The
// gateway consists of gVisor's network stack, a DHCP server and a DNS forwarder. Each
// connection of the guest becomes a socket of the host.
//
//	192.168.127.0/24   the network
//	192.168.127.1      the gateway: DHCP, DNS, and the route to everywhere else
//	192.168.127.2      the guest, which gets this address by DHCP
//	192.168.127.254    the host: its 127.0.0.1, unless Config.NoHost
//
//	fd6d:696e:6962::/64     the network with IPv6
//	fd6d:696e:6962::1       the gateway; as a router also fe80::1
//	fd6d:696e:6962::fe      the host: its ::1, unless Config.NoHost
//
// The guest makes an address of IPv6 itself (RFC 4862) from router advertisements, which
// also name the DNS and the search domains (RFC 8106). It is a unique local one (RFC 4193).
// So a guest that follows RFC 6724 prefers IPv4 for a server with addresses of both kinds,
// whether or not the host has IPv6. With a Config.MTU of less than 1280 there is no IPv6.
//
// Implemented: TCP and UDP over IPv4 and IPv6 in both directions: from the guest to anywhere, and
// from ports of the host to the guest (Forward). Checksums and TCP segmentation are
// offloaded, because packets between the guest and the stack only move through memory.
//
// An echo request (ping) goes on from the host if the host lets its user send one. macOS
// does; Linux does for the groups in net.ipv4.ping_group_range. Otherwise nobody answers,
// except the gateway for itself. A UDP port where nobody listens is unreachable by ICMP; not
// on Windows.
//
// Missing: ping over IPv6 in fragments, other ICMP, multicast, DHCPv6.
//
// # DHCP
//
// The server follows RFC 2131, with the search domains of the host's resolv.conf (RFC 3397)
// and with Rapid Commit (RFC 4039). The guest's hardware address gets 192.168.127.2, others
// get the rest of the network. A lease ends after an hour. As the only server of its
// network it also renews leases that it does not know, those of an earlier process.
//
// # DNS
//
// The forwarder speaks UDP and TCP (RFC 1035, RFC 7766) with EDNS (RFC 6891). It looks for
// an answer in this order:
//
//   - It knows gateway.miniboot.internal and host.miniboot.internal and their addresses.
//     Nothing about miniboot.internal is passed on.
//   - An address of a name in the host's /etc/hosts comes from there.
//   - Any other question, of any type and class and with its options, goes to the name
//     servers in the host's /etc/resolv.conf. The answer comes back with its RCODE. Zone
//     transfers are refused.
//   - A host without name servers there, like one with Windows, is asked by Go's
//     net.Resolver. It answers for A, AAAA, CNAME, MX, NS, SRV, TXT and PTR.
//
// Both files are read again when they change. Nothing is kept: the TTL of an answer of our
// own is 0. A host that chooses its name servers by the domain (macOS with a VPN) does so
// for its own programs only, not for the guest.
//
// # Threats
//
// A guest opens connections from this process, with the rights of its user: to the host's
// loopback interface by the address .254, and to every network that the host reaches.
// Refused are the other addresses of the private network, link-local addresses
// (169.254.0.0/16, fe80::/10), the host's other names for itself (127.0.0.0/8, 0.0.0.0/8,
// ::1), multicast, broadcast and reserved addresses. Unless Config.Metadata is set, the
// addresses at which clouds tell a machine its credentials are refused, too; the first
// refusal of each is logged.
//
// Config.NoHost denies the host: .254, each address that one of its interfaces has at the
// time of the connection, and the broadcast addresses of its networks. Config.NoLAN denies
// private networks (RFC 1918, RFC 6598, RFC 4193) and the networks of the host's interfaces.
// An address of IPv6 that has one of IPv4 in it (RFC 6052, RFC 3056) is denied like that
// one. An address that the host only has in the eyes of others, such as its public one
// behind a NAT, is not known here.
//
// An echo request of the guest goes on as one of the host's user, to where TCP and UDP may
// go, with a header that the host's kernel writes. Of the answer the guest gets nothing but
// what it has sent itself. The stack takes no router advertisement of the guest, so the
// guest changes no route of the stack.
//
// The DNS asks the host's name servers for the guest, also with Config.NoHost and also at
// an address like 127.0.0.53. They get a question that was parsed and written anew, with an
// ID and a port that the guest does not learn.
//
// Everything that a guest can make grow is bounded. MaxMemory is the bound for the buffers
// of all connections together. A stream gets a 256th of what is left of it, 40 KiB to 1 MiB;
// a flow gets 256 KiB, if necessary from the flow that has been idle longest. There are up
// to MaxStreams streams, and MaxFlows datagram flows; 128 streams that are being set up; 256
// that linger after their end; 1,024 packets on the way to the guest; 64 echo requests and
// 64 DNS queries under way for 10 seconds; 16 streams to the DNS; 251 DHCP leases. What
// exceeds a limit is refused or dropped. Nothing else that a guest does is logged.
package user
