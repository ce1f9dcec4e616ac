package user

import (
	"context"
	"errors"
	"maps"
	stdnet "net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// flowTimeout is how long a flow lives without a datagram.
const flowTimeout = 2 * time.Minute // RFC 4787, REQ-5

// flowBuffer is how many bytes the stack keeps of a flow in each direction.
const flowBuffer = udp.DefaultReceiveBufferSize

// maxDatagram is the most bytes in a UDP datagram: over IPv6, where only its own header
// takes from the 65535 that a length can say.
const maxDatagram = 65527

// A flow is the datagrams between one port of the guest and one port outside. It ends when
// none has come for flowTimeout.
type flow struct {
	last    atomic.Int64 // time of the last datagram, in nanoseconds of Unix time
	in, out stdnet.Conn  // the guest's end, and the host's
	refused func()       // tells the guest that nobody takes its datagrams; may be nil
}

func newFlow(in, out stdnet.Conn) *flow {
	f := &flow{in: in, out: out}
	f.touch()
	return f
}

func (f *flow) touch() { f.last.Store(time.Now().UnixNano()) }

func (f *flow) close() {
	f.in.Close()
	f.out.Close()
}

// isRefused reports whether an error of the host's end says that nobody took a datagram
// sent before, and if so tells the guest.
func (f *flow) isRefused(err error) bool {
	refused := errors.Is(err, syscall.ECONNREFUSED)
	if refused && f.refused != nil {
		f.refused()
	}
	return refused
}

// copy copies datagrams from one end to the other until the flow is idle or closed.
func (f *flow) copy(to, from stdnet.Conn) {
	b := make([]byte, maxDatagram)
	for {
		idle := time.Since(time.Unix(0, f.last.Load()))
		from.SetReadDeadline(time.Now().Add(flowTimeout - idle))
		n, err := from.Read(b)
		if err == nil {
			f.touch()
			if _, err := to.Write(b[:n]); f.isRefused(err) {
				to.Write(b[:n])
			}
			continue
		}
		if f.isRefused(err) {
			continue
		}
		if timeout, ok := err.(stdnet.Error); ok && timeout.Timeout() && time.Since(time.Unix(0, f.last.Load())) < flowTimeout {
			continue
		}
		return
	}
}

// flows are the open flows, up to MaxFlows.
type flows struct {
	budget *budget

	mu     sync.Mutex // above the budget's
	open   map[*flow]struct{}
	closed bool
}

// add adds a flow. If there are too many, or they have too much memory, it closes those that
// have been idle longest. It returns false if there is no room even so, and after close.
func (s *flows) add(f *flow) (ok bool) {
	s.mu.Lock()
	var old []*flow
	ok = !s.closed
	for ok && (len(s.open) >= MaxFlows || s.budget.takeFlow() == 0) {
		idlest := s.idlestLocked()
		if ok = idlest != nil; ok {
			s.removeLocked(idlest)
			old = append(old, idlest)
		}
	}
	if ok {
		s.open[f] = struct{}{}
	}
	s.mu.Unlock()
	for _, f := range old {
		f.close()
	}
	return ok
}

// idlestLocked returns the flow that has been idle longest, nil if there is none.
func (s *flows) idlestLocked() (idlest *flow) {
	for f := range s.open {
		if idlest == nil || f.last.Load() < idlest.last.Load() {
			idlest = f
		}
	}
	return idlest
}

func (s *flows) remove(f *flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(f)
}

func (s *flows) removeLocked(f *flow) {
	if _, ok := s.open[f]; ok {
		delete(s.open, f)
		s.budget.give(flowMemory)
	}
}

// close closes all flows. Afterwards add adds none.
func (s *flows) close() {
	s.mu.Lock()
	s.closed = true
	all := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, f := range all {
		f.close()
	}
}

// run copies both directions of a flow until it ends. The Network waits for its
// goroutines.
func (n *Network) run(f *flow) {
	if !n.flows.add(f) {
		f.close()
		return
	}
	n.wg.Go(func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			f.copy(f.in, f.out)
			f.close()
		})
		f.copy(f.out, f.in)
		f.close()
		wg.Wait()
		n.flows.remove(f)
	})
}

// handleUDP takes the datagrams that belong to no flow yet. If it returns false, the stack
// says that the port is unreachable.
func (n *Network) handleUDP(id stack.TransportEndpointID, pkt *stack.PacketBuffer) bool {
	to, ok := n.outside(id.LocalAddress)
	if !ok {
		return false
	}
	open := func(r *udp.ForwarderRequest) { n.openFlow(r, netip.AddrPortFrom(to, id.LocalPort)) }
	return udp.NewForwarder(n.stack, open).HandlePacket(id, pkt)
}

// openFlow connects a port of the guest to an address outside. The stack calls
// it on the goroutine that delivers the first datagram.
func (n *Network) openFlow(r *udp.ForwarderRequest, to netip.AddrPort) {
	var dialer stdnet.Dialer // does not wait for UDP
	out, err := dialer.DialContext(context.Background(), "udp", to.String())
	if err != nil { // no route, for example: there may be no IPv6
		n.sendUnreachable(r.ID())
		return
	}
	var wq waiter.Queue
	ep, failed := r.CreateEndpoint(&wq)
	if failed != nil {
		out.Close()
		return
	}
	f := newFlow(netstack.NewUDPConn(&wq, ep), out)
	f.refused = func() { n.sendUnreachable(r.ID()) }
	n.run(f)
}
