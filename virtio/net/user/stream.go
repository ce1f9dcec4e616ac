package user

import (
	"context"
	"errors"
	"io"
	stdnet "net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Limits of TCP.
const (
	maxOpening   = 128 // streams whose other end has not answered
	maxLingering = 256
	dialTimeout  = 20 * time.Second
	keepAlive    = time.Minute // of a stream in which nothing happens
)

// limitTCP bounds the buffers of the stack's streams.
func (n *Network) limitTCP() tcpip.Error {
	most := part(sendShare, maxStream)
	send := tcpip.TCPSendBufferSizeRangeOption{Min: 4 << 10, Default: most, Max: most}
	most = part(receiveShare, maxStream)
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: 4 << 10, Default: most, Max: most}
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
	if !ok && !isDNS(id) {
		r.Complete(true)
		return
	}
	memory := n.acquire()
	if memory == 0 {
		r.Complete(true)
		return
	}
	defer n.release(memory)
	if isDNS(id) {
		n.openDNS(r, memory)
		return
	}
	dialer := stdnet.Dialer{Timeout: dialTimeout}
	c, err := dialer.DialContext(n.ctx, "tcp", netip.AddrPortFrom(to, id.LocalPort).String())
	if err != nil {
		r.Complete(true)
		return
	}
	out := hostStream{c.(*stdnet.TCPConn)}
	in, ok := acceptGuest(r, memory)
	if !ok {
		out.Abort()
		return
	}
	n.relay(in, out)
}

// acceptGuest ends the handshake with the guest.
func acceptGuest(r *tcp.ForwarderRequest, memory int) (s *guestStream, ok bool) {
	var wq waiter.Queue
	ep, failed := r.CreateEndpoint(&wq)
	r.Complete(false)
	if failed != nil {
		return nil, false
	}
	return newGuestStream(&wq, ep, memory), true
}

// acquire takes a token for a stream and the memory for it. It returns 0 if there is none of
// either, and after Close.
func (n *Network) acquire() (memory int) {
	select {
	case n.streams <- struct{}{}:
	default:
		return 0
	}
	memory = n.budget.takeStream()
	if memory == 0 {
		<-n.streams
	}
	return memory
}

func (n *Network) release(memory int) {
	n.budget.give(memory)
	<-n.streams
}

// A stream is a TCP connection whose directions end independently.
type stream interface {
	stdnet.Conn
	CloseWrite() error
	Abort() // both directions, with RST
}

type guestStream struct {
	*netstack.TCPConn
	ep     tcpip.Endpoint
	memory int // bytes of all its buffers
}

// newGuestStream makes a stream that regularly asks the guest whether it still knows the
// stream: after a reset it does not.
func newGuestStream(wq *waiter.Queue, ep tcpip.Endpoint, memory int) *guestStream {
	idle, interval := tcpip.KeepaliveIdleOption(keepAlive), tcpip.KeepaliveIntervalOption(keepAlive)
	ep.SetSockOpt(&idle)
	ep.SetSockOpt(&interval)
	ep.SocketOptions().SetKeepAlive(true)
	s := &guestStream{netstack.NewTCPConn(wq, ep), ep, memory}
	ep.SocketOptions().SetReceiveBufferSize(int64(part(receiveShare, memory)), true)
	ep.SocketOptions().SetSendBufferSize(int64(s.sendBuffer()), true)
	return s
}

// sendBuffer is how many bytes the stack keeps for the guest.
func (s *guestStream) sendBuffer() int { return part(sendShare, s.memory) }

// copyBuffer is how many bytes relay copies at a time.
func (s *guestStream) copyBuffer() int { return part(copyShare, s.memory) }

func (s *guestStream) Abort() { s.ep.Abort() }

type hostStream struct{ *stdnet.TCPConn }

func (s hostStream) Abort() {
	s.SetLinger(0)
	s.Close()
}

// relay copies between two streams until both directions have ended or one has failed. It
// then closes both.
func (n *Network) relay(in *guestStream, out hostStream) {
	defer context.AfterFunc(n.ctx, out.Abort)() // a direction that has not ended would wait for the host
	var wg sync.WaitGroup
	wg.Go(func() { pump(in, out, in.copyBuffer()) })
	pump(out, in, in.copyBuffer())
	wg.Wait()
	in.Close()
	out.Close()
	n.lingering.add(in)
}

// pump copies one direction. An error also ends the other direction, by a RST rather than
// as if everything had been sent.
func pump(to, from stream, buffer int) {
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, buffer))
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
	mu      sync.Mutex // a leaf
	streams []*guestStream
	bytes   int // of their send buffers
}

func (l *lingering) add(s *guestStream) {
	for _, old := range l.replace(s) {
		old.Abort()
	}
}

// replace adds a stream and removes those that leave no room for it.
func (l *lingering) replace(s *guestStream) (old []*guestStream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streams = append(l.streams, s)
	l.bytes += s.sendBuffer()
	k := 0
	for ; len(l.streams)-k > maxLingering || l.bytes > lingeringMemory; k++ {
		l.bytes -= l.streams[k].sendBuffer()
	}
	old = slices.Clone(l.streams[:k])
	l.streams = slices.Delete(l.streams, 0, k)
	return old
}

// dialGuest connects to a port of the guest.
func (n *Network) dialGuest(to netip.AddrPort, memory int) (*guestStream, error) {
	ctx, cancel := context.WithTimeout(n.ctx, dialTimeout)
	defer cancel()
	var wq waiter.Queue
	ep, failed := n.stack.NewEndpoint(tcp.ProtocolNumber, protocol(to.Addr()), &wq)
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
	return newGuestStream(&wq, ep, memory), nil
}
