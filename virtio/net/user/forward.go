package user

import (
	"errors"
	"fmt"
	stdnet "net"
	"net/netip"
	"sync"
	"time"

	netstack "gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)

// Forward is a port of the host that leads to a port of the guest. The host listens
// as soon as the network exists. If nobody listens in the guest, a connection is
// accepted and ends at once.
type Forward struct {
	UDP  bool           // false means TCP
	Host netip.AddrPort // port 0: any free port

	// To is in the private network. Without an address it is the guest's of IPv4:
	// netip.AddrPortFrom(netip.Addr{}, 22) is the guest's port 22. An address of IPv6 must
	// be one that the guest has made itself.
	To netip.AddrPort
}

// check refuses what would listen, but lead nowhere.
func (f Forward) check() error {
	switch {
	case !f.Host.IsValid():
		return errors.New("forward: Host has no address: give one, such as 127.0.0.1:0")
	case f.To.Port() == 0:
		return fmt.Errorf("forward from %v: To has no port: give one from 1 on", f.Host)
	}
	return nil
}

// forward listens at a port of the host.
func (n *Network) forward(f Forward) error {
	if err := f.check(); err != nil {
		return err
	}
	if !f.To.Addr().IsValid() {
		f.To = netip.AddrPortFrom(guest, f.To.Port())
	}
	if to := f.To.Addr(); !subnet.Contains(to) && !subnet6.Contains(to) || isOurs(to) {
		return fmt.Errorf("forward to %v: the guest is %v, or has an address in %v", f.To, guest, subnet6)
	}
	if f.UDP {
		return n.forwardUDP(f)
	}
	l, err := stdnet.ListenTCP("tcp", stdnet.TCPAddrFromAddrPort(f.Host))
	if err != nil {
		return err
	}
	n.closers = append(n.closers, l)
	n.addresses = append(n.addresses, l.Addr().(*stdnet.TCPAddr).AddrPort())
	n.wg.Go(func() { n.acceptStreams(l, f.To) })
	return nil
}

// ForwardAddresses returns the addresses at which the host listens, one for each of
// Config.Forwards.
func (n *Network) ForwardAddresses() []netip.AddrPort { return n.addresses }

// acceptStreams connects each client to the guest, until the listener closes.
func (n *Network) acceptStreams(l *stdnet.TCPListener, to netip.AddrPort) {
	for {
		c, err := l.AcceptTCP()
		if errors.Is(err, stdnet.ErrClosed) {
			return
		}
		if err != nil { // too many open files, or a connection that has already ended
			time.Sleep(10 * time.Millisecond)
			continue
		}
		out := hostStream{c}
		memory := n.acquire()
		if memory == 0 {
			out.Abort()
			continue
		}
		go func() { // endStreams waits for it
			defer n.release(memory)
			in, err := n.dialGuest(to, memory)
			if err != nil {
				out.Abort()
				return
			}
			n.relay(in, out)
		}()
	}
}

// forwardUDP listens at a port of the host. Each sender is a flow.
func (n *Network) forwardUDP(f Forward) error {
	l, err := stdnet.ListenUDP("udp", stdnet.UDPAddrFromAddrPort(f.Host))
	if err != nil {
		return err
	}
	n.closers = append(n.closers, l)
	n.addresses = append(n.addresses, l.LocalAddr().(*stdnet.UDPAddr).AddrPort())
	n.wg.Go(func() { n.acceptFlows(l, f.To) })
	return nil
}

// acceptFlows gives each datagram to the flow of its sender.
func (n *Network) acceptFlows(l *stdnet.UDPConn, to netip.AddrPort) {
	senders := senders{listener: l, of: map[netip.AddrPort]*sender{}}
	b := make([]byte, maxDatagram)
	for {
		k, from, err := l.ReadFromUDPAddrPort(b)
		if errors.Is(err, stdnet.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		s, isNew := senders.find(from)
		if isNew {
			guestAddr := address(to.Addr(), to.Port())
			in, err := netstack.DialUDP(n.stack, nil, &guestAddr, protocol(to.Addr()))
			if err != nil {
				s.Close()
				continue
			}
			n.run(newFlow(in, s))
		}
		s.give(b[:k])
	}
}

// senders are the clients that have sent to a listener.
type senders struct {
	listener *stdnet.UDPConn
	mu       sync.Mutex // a leaf
	of       map[netip.AddrPort]*sender
}

// find returns the sender at an address.
func (s *senders) find(from netip.AddrPort) (found *sender, isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found = s.of[from]
	if found == nil {
		found, isNew = newSender(s, from), true
		s.of[from] = found
	}
	return found, isNew
}

// forget removes a sender whose flow has ended.
func (s *senders) forget(from netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, from)
}
