package user

import (
	"net/netip"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// leases are the addresses of the subnet, by their last byte.
type leases struct {
	guest string // the hardware address that the address guest is kept for
	held  [256]lease
}

// A lease is an address and who has it, or had it last.
type lease struct {
	client string    // a hardware address, "" for nobody
	until  time.Time // nobody else gets the address before
}

func newLeases(mac net.MAC) *leases { return &leases{guest: string(mac[:])} }

// choose returns the address that a client has or may have: its own, even if the lease has
// ended; else the one kept for it; else the one it wants; else the one that has been free
// longest (RFC 2131, 4.3.1). ok is false if there is none.
func (l *leases) choose(client string, wanted netip.Addr, now time.Time) (a netip.Addr, ok bool) {
	for i := range l.held {
		if l.held[i].client == client {
			return inSubnet(i), true
		}
	}
	for _, a := range []netip.Addr{guest, wanted} {
		if subnet.Contains(a) && l.free(a, client, now) {
			return a, true
		}
	}
	var until time.Time
	for i := range l.held {
		if b := inSubnet(i); l.free(b, client, now) && (!ok || l.held[i].until.Before(until)) {
			a, ok, until = b, true, l.held[i].until
		}
	}
	return a, ok
}

// free reports whether a client may have an address that it does not have.
func (l *leases) free(a netip.Addr, client string, now time.Time) bool {
	switch a {
	case subnet.Addr(), gateway, host, broadcast:
		return false
	case guest:
		if client != l.guest {
			return false
		}
	}
	return !now.Before(l.of(a).until)
}

// hold keeps an address for a client. It shortens no lease.
func (l *leases) hold(a netip.Addr, client string, until time.Time) {
	h := l.of(a)
	if h.client == client && until.Before(h.until) {
		return
	}
	*h = lease{client, until}
}

// release ends a client's lease. The client gets the same address again unless somebody
// else has got it.
func (l *leases) release(a netip.Addr, client string, now time.Time) {
	if l.has(a, client) {
		l.of(a).until = now
	}
}

// decline takes a client's address out of use for a time: the client has seen somebody else
// use it.
func (l *leases) decline(a netip.Addr, client string, until time.Time) {
	if l.has(a, client) {
		*l.of(a) = lease{until: until}
	}
}

func (l *leases) has(a netip.Addr, client string) bool {
	return subnet.Contains(a) && l.of(a).client == client
}

func (l *leases) of(a netip.Addr) *lease { return &l.held[a.As4()[3]] }

// inSubnet returns an address of the subnet by its last byte.
func inSubnet(last int) netip.Addr {
	b := subnet.Addr().As4()
	b[3] = byte(last)
	return netip.AddrFrom4(b)
}
