package user

import (
	"context"
	"encoding/binary"
	"io"
	stdnet "net"
	"net/netip"
	"runtime"
	"time"

	"github.com/miekg/dns"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

const (
	dnsPort     = 53
	maxDNSConns = 16
)

// newResolver makes the resolver from the host's files. On Windows they mean nothing, and
// every user may write some.
func newResolver(ctx context.Context) *resolver {
	conf := &hostFile[resolverConfig]{path: "/etc/resolv.conf", parse: parseResolvConf}
	hosts := &hostFile[hostNames]{path: "/etc/hosts", parse: parseHosts}
	if runtime.GOOS == "windows" {
		conf.path, hosts.path = "", ""
	}
	return &resolver{
		ctx: ctx, tokens: make(chan struct{}, maxQueries), config: conf.load, hosts: hosts.load, library: new(stdnet.Resolver),
	}
}

// serveDNS answers queries over UDP, until Close. Those over TCP come to openStream.
func (n *Network) serveDNS() error {
	for _, a := range []netip.Addr{gateway, gateway6} {
		at := address(a, dnsPort)
		conn, err := netstack.DialUDP(n.stack, &at, nil, protocol(a))
		if err != nil {
			return err
		}
		n.closers = append(n.closers, conn)
		n.wg.Go(func() { n.answerPackets(conn) })
	}
	return nil
}

// answerPackets answers queries until the connection is closed. There are only as many
// goroutines as queries may be passed on. An answer that cannot be sent is dropped.
func (n *Network) answerPackets(conn stdnet.PacketConn) {
	b := make([]byte, maxQuery)
	for {
		k, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		answer, q := n.resolver.local(b[:k], false)
		switch {
		case q != nil && n.resolver.acquire():
			n.wg.Go(func() {
				defer n.resolver.release()
				conn.WriteTo(n.resolver.pass(q), from)
			})
			continue
		case q != nil:
			answer = q.refuse(dns.RcodeServerFailure)
		}
		if answer != nil {
			conn.WriteTo(answer, from)
		}
	}
}

// isDNS reports whether a stream of the guest is for the DNS.
func isDNS(id stack.TransportEndpointID) bool {
	a := fromStack(id.LocalAddress)
	return (a == gateway || a == gateway6) && id.LocalPort == dnsPort
}

// openDNS answers the queries of a stream, or refuses it if there are too many.
func (n *Network) openDNS(r *tcp.ForwarderRequest, memory int) {
	select {
	case n.dnsConns <- struct{}{}:
		defer func() { <-n.dnsConns }()
	default:
		r.Complete(true)
		return
	}
	if s, ok := acceptGuest(r, memory); ok {
		n.answerStream(s)
	}
}

// answerStream answers the queries of a stream (RFC 7766), one at a time, until the stream
// ends, has nothing to ask for a while, or sends what is no query.
func (n *Network) answerStream(s *guestStream) {
	defer n.lingering.add(s)
	defer s.Close()
	defer context.AfterFunc(n.ctx, s.Abort)()
	b := make([]byte, maxQuery)
	for {
		s.SetDeadline(time.Now().Add(queryTimeout))
		k, err := readQuery(s, b)
		if err != nil {
			return
		}
		answer := n.resolver.answer(b[:k], true)
		if answer == nil {
			return
		}
		s.SetDeadline(time.Now().Add(queryTimeout))
		if _, err := s.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// readQuery reads a message with its length in front (RFC 1035, 4.2.2).
func readQuery(r io.Reader, b []byte) (int, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return 0, err
	}
	k := int(binary.BigEndian.Uint16(size[:]))
	if k > len(b) {
		return 0, io.ErrShortBuffer
	}
	return io.ReadFull(r, b[:k])
}
