package user

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/miekg/dns"

	"github.com/miniboot-vmm/miniboot/virtio/net"
)

// FuzzFrames gives the stack frames of any bytes. Without an Ethernet header in front
// they are like those of a guest that does its worst.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x08\x00\x45\x00\x00\x1c\x00\x00\x00\x00\x40\x01\x00\x00\xc0\xa8\x7f\x02\xc0\xa8\x7f\x01\x08\x00\xf7\xff\x00\x00\x00\x00"), uint8(3))
	f.Add([]byte("\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\xc0\xa8\x7f\x02\x00\x00\x00\x00\x00\x00\xc0\xa8\x7f\x01"), uint8(200))
	f.Add([]byte("\x08\x00\x45\x00\x00\x30\x00\x00\x00\x00\x40\x11\x00\x00\xc0\xa8\x7f\x02\xc0\xa8\x7f\x01\x00\x44\x00\x43\x00\x1c\x00\x00"), uint8(7))
	f.Add([]byte("\x86\xdd\x60\x00\x00\x00\x00\x08\x3a\xff\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xfe\x00\x00\x01\xff\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x85\x00\x7d\x38\x00\x00\x00\x00"), uint8(50))
	n, err := New(Config{MAC: guestMAC, NoHost: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { n.Close() })
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		if len(b) > 65000 {
			return
		}
		for _, frame := range [][]byte{b, b[:min(len(b), int(cut))], append(bytes.Clone(b), b...)} {
			p := append(make([]byte, net.HeaderSize), gatewayMAC...)
			p = append(append(p, guestMAC[:]...), frame...)
			if len(p) >= net.HeaderSize+14 && !outbound(p) {
				n.Send(p)
			}
		}
		drain(n)
	})
}

// outbound reports whether a frame would have the fuzzer connect to somebody
// out there.
func outbound(p []byte) bool {
	ip := p[net.HeaderSize+14:]
	switch etherType := binary.BigEndian.Uint16(p[net.HeaderSize+12:]); {
	case etherType == 0x0800 && len(ip) >= 20:
		to, _ := netip.AddrFromSlice(ip[16:20])
		return !subnet.Contains(to)
	case etherType == 0x86dd && len(ip) >= 40:
		to, _ := netip.AddrFromSlice(ip[24:40])
		return !subnet6.Contains(to) && !linkLocal.Contains(to) && !multicast6.Contains(to)
	}
	return false
}

func drain(n *Network) {
	for len(n.link.queue) > 0 {
		n.Receive(make([]byte, net.MaxPacket))
	}
}

// FuzzDNS gives the resolver a message of the guest, and what a name server answers to it.
// The guest gets at most what it takes. It can parse it unless the name server is odd.
func FuzzDNS(f *testing.F) {
	for _, m := range []*dns.Msg{
		question("host.miniboot.internal.", dns.TypeA), question("printer.", dns.TypeAAAA), question("all.example.com.", dns.TypeTXT, withEDNS(1232)),
		question("1.2.0.192.in-addr.arpa.", dns.TypePTR), question("example.com.", dns.TypeAXFR), question("example.com.", 65280),
	} {
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		answer := new(dns.Msg).SetReply(m)
		answer.Answer = texts(20)
		long, err := answer.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, long, false)
		f.Add(b, b, true)
	}
	r := testResolver(f.Context())
	r.library = library{}
	r.hosts = func() hostNames { return parseHosts([]byte("192.0.2.1 printer")) }
	f.Fuzz(func(t *testing.T, b, theirs []byte, tcp bool) {
		b = b[:min(len(b), maxQuery)]
		a := r.answer(b, tcp)
		checkAnswer(t, b, a, tcp)
		if err := new(dns.Msg).Unpack(a); a != nil && err != nil {
			t.Errorf("%x is answered by %x: %v", b, a, err)
		}
		_, q := r.local(b, tcp)
		if q == nil {
			return
		}
		if out, err := q.onward().Pack(); err != nil || len(out) > 2*maxQuery {
			t.Errorf("%x goes on as %x, %v", b, out, err)
		}
		m := new(dns.Msg)
		if m.Unpack(theirs) == nil && m.Response {
			answers(m, q.onward())
			checkAnswer(t, b, q.passBack(&response{m, bytes.Clone(theirs)}), tcp)
		}
	})
}

// checkAnswer checks an answer to a message, which may be nil.
func checkAnswer(t *testing.T, b, answer []byte, tcp bool) {
	t.Helper()
	if answer == nil && len(b) >= 12 && b[2]&0x80 == 0 {
		t.Errorf("%x got no answer", b)
	}
	if answer == nil {
		return
	}
	size, m := 512, new(dns.Msg)
	if m.Unpack(b) == nil && m.IsEdns0() != nil {
		size = max(size, int(m.IsEdns0().UDPSize()))
	}
	if tcp {
		size = dns.MaxMsgSize
	}
	if len(answer) < 12 || len(answer) > size || answer[2]&0x80 == 0 || !bytes.Equal(answer[:2], b[:2]) {
		t.Errorf("%x: %d bytes of %d: %x", b, len(answer), size, answer)
	}
}

// FuzzDHCP gives the server two messages. Its answers are messages for the client, which
// give it an address of the pool or none.
func FuzzDHCP(f *testing.F) {
	for _, m := range []*dhcpv4.DHCPv4{
		message(1, dhcpv4.MessageTypeDiscover, rapid), message(2, dhcpv4.MessageTypeRequest, ours, requested(3)), message(2, dhcpv4.MessageTypeInform, ciaddr(3)),
		message(2, dhcpv4.MessageTypeRelease, ciaddr(3)), message(2, dhcpv4.MessageTypeDecline, requested(3)),
	} {
		f.Add(message(2, dhcpv4.MessageTypeDiscover).ToBytes(), m.ToBytes(), uint16(100))
	}
	f.Fuzz(func(t *testing.T, first, second []byte, seconds uint16) {
		s, now := testDHCP("example.com"), time.Unix(1e9, 0)
		for _, b := range [][]byte{first, second, first} {
			now = now.Add(time.Duration(seconds) * time.Second)
			m, err := dhcpv4.FromBytes(b[:min(len(b), maxDHCP)])
			if err != nil {
				continue
			}
			reply := s.answer(m, now)
			if reply == nil {
				continue
			}
			out := reply.ToBytes()
			back, err := dhcpv4.FromBytes(out)
			if err != nil || len(out) > maxDHCP+576 || back.TransactionID != m.TransactionID || len(destination(m, reply)) != 4 {
				t.Fatalf("%x: answered %x, %v", b, out, err)
			}
			if a := toAddr(back.YourIPAddr); !a.IsUnspecified() && (!subnet.Contains(a) || a == gateway || a == host || a == broadcast || a == subnet.Addr()) {
				t.Errorf("%x: gives %v", b, a)
			}
		}
	})
}
