package user

import (
	"context"
	"errors"
	"io"
	stdnet "net"
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Limits of TCP.
const (
	maxOpening   = 128 // streams whose other end has not answered
	maxLingering = 256
	streamBuffer = 256 << 10 // bytes in each direction, in the stack
	copyBuffer   = 64 << 10  // bytes in each direction, in relay
	dialTimeout  = 20 * time.Second
	keepAlive    = time.Minute // of a stream in which nothing happens
)

// limitTCP bounds the buffers of the stack's streams.
func (n *Network) limitTCP() tcpip.Error {
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: streamBuffer, Max: streamBuffer}
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: streamBuffer, Max: streamBuffer}
	if err := n.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &send); err != nil {
		return err
	}
	return n.stack.SetTransportProtocolOption(tcp.ProtocolNumber, &receive)
}

// openStream connects the guest to an address outside, or to the DNS. The stack calls it on
// a goroutine of its own. The guest's handshake ends after the one with the outside, so the
// guest sees whether anybody listens there.
func (n *Network) openStream(r *tcp.ForwarderRequest) {
	id := r.ID()
	to, ok := n.outside(id.LocalAddress)
	if !ok && !isDNS(id) || !n.acquire() {
		r.Complete(true)
		return
	}
	defer n.release()
	if isDNS(id) {
		n.openDNS(r)
		return
	}
	dialer := stdnet.Dialer{Timeout: dialTimeout}
	c, err := dialer.DialContext(n.ctx, "tcp4", netip.AddrPortFrom(to, id.LocalPort).String())
	if err != nil {
		r.Complete(true)
		return
	}
	out := hostStream{c.(*stdnet.TCPConn)}
	in, ok := acceptGuest(r)
	if !ok {
		out.Abort()
		return
	}
	n.relay(in, out)
}

// acceptGuest ends the handshake with the guest.
func acceptGuest(r *tcp.ForwarderRequest) (s *guestStream, ok bool) {
	var wq waiter.Queue
	ep, failed := r.CreateEndpoint(&wq)
	r.Complete(false)
	if failed != nil {
		return nil, false
	}
	return newGuestStream(&wq, ep), true
}

// acquire takes a token for a stream. It returns false at the limit, and after Close.
func (n *Network) acquire() (ok bool) {
	select {
	case n.streams <- struct{}{}:
		return true
	default:
		return false
	}
}

func (n *Network) release() { <-n.streams }

// A stream is a TCP connection whose directions end independently.
type stream interface {
	stdnet.Conn
	CloseWrite() error
	Abort() // both directions, with RST
}

type guestStream struct {
	*netstack.TCPConn
	ep tcpip.Endpoint
}

// newGuestStream makes a stream that regularly asks the guest whether it still knows the
// stream: after a reset it does not.
func newGuestStream(wq *waiter.Queue, ep tcpip.Endpoint) *guestStream {
	idle, interval := tcpip.KeepaliveIdleOption(keepAlive), tcpip.KeepaliveIntervalOption(keepAlive)
	ep.SetSockOpt(&idle)
	ep.SetSockOpt(&interval)
	ep.SocketOptions().SetKeepAlive(true)
	return &guestStream{netstack.NewTCPConn(wq, ep), ep}
}

func (s *guestStream) Abort() { s.ep.Abort() }

type hostStream struct{ *stdnet.TCPConn }

func (s hostStream) Abort() {
	s.SetLinger(0)
	s.Close()
}

// relay copies between two streams until both directions have ended or one has failed. It
// then closes both.
func (n *Network) relay(in *guestStream, out hostStream) {
	var wg sync.WaitGroup
	wg.Go(func() { pump(in, out) })
	pump(out, in)
	wg.Wait()
	in.Close()
	out.Close()
	n.lingering.add(in.ep)
}

// pump copies one direction. An error also ends the other direction, by a RST rather than
// as if everything had been sent.
func pump(to, from stream) {
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, copyBuffer))
	if err == nil {
		err = to.CloseWrite()
	}
	if err != nil {
		to.Abort()
		from.Abort()
	}
}

// lingering holds the streams that were closed last and that the stack may not have ended
// yet. Earlier ones are cut off.
type lingering struct {
	mu   sync.Mutex
	last [maxLingering]tcpip.Endpoint
	next int
}

func (l *lingering) add(ep tcpip.Endpoint) {
	l.mu.Lock()
	old := l.last[l.next]
	l.last[l.next] = ep
	l.next = (l.next + 1) % maxLingering
	l.mu.Unlock()
	if old != nil {
		old.Abort()
	}
}

// dialGuest connects to a port of the guest.
func (n *Network) dialGuest(to netip.AddrPort) (*guestStream, error) {
	ctx, cancel := context.WithTimeout(n.ctx, dialTimeout)
	defer cancel()
	var wq waiter.Queue
	ep, failed := n.stack.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if failed != nil {
		return nil, errors.New(failed.String())
	}
	entry, connected := waiter.NewChannelEntry(waiter.WritableEvents)
	wq.EventRegister(&entry)
	defer wq.EventUnregister(&entry)
	failed = ep.Connect(address(to.Addr(), to.Port()))
	if _, started := failed.(*tcpip.ErrConnectStarted); started {
		select {
		case <-connected:
			failed = ep.LastError()
		case <-ctx.Done():
			ep.Abort()
			return nil, ctx.Err()
		}
	}
	if failed != nil {
		ep.Close()
		return nil, errors.New(failed.String())
	}
	return newGuestStream(&wq, ep), nil
}
