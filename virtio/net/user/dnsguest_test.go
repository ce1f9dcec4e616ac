package user

import (
	stdnet "net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// zone has records of many types. What is not there does not exist, "fail" fails, and
// about "silent" there is no answer.
var zone = []string{
	"example.com. 60 IN A 192.0.2.1", "example.com. 60 IN A 192.0.2.2", "example.com. 60 IN AAAA 2001:db8::1",
	"example.com. 60 IN MX 10 mail.example.com.", `example.com. 60 IN TXT "one" "two\"s"`,
	"example.com. 60 IN SOA ns.example.com. admin.example.com. 1 2 3 4 5", `example.com. 60 IN HTTPS 1 . alpn="h2"`,
	"_sip._tcp.example.com. 60 IN SRV 1 2 5060 sip.example.com.", "1.2.0.192.in-addr.arpa. 60 IN PTR example.com.",
	"alias.example.com. 60 IN CNAME example.com.", "mail.only.example.com. 60 IN MX 1 .",
}

// zoneServer answers from zone.
func zoneServer(q *dns.Msg, _ string, send func(*dns.Msg)) {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	name, qtype := dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype
	switch name {
	case "fail.example.com.":
		send(m.SetRcode(q, dns.RcodeServerFailure))
		return
	case "silent.example.com.":
		return
	}
	exists := false
	for _, text := range zone {
		r := rr(text)
		exists = exists || r.Header().Name == name
		if r.Header().Name == name && (qtype == dns.TypeANY || r.Header().Rrtype == qtype || r.Header().Rrtype == dns.TypeCNAME) {
			m.Answer = append(m.Answer, r)
		}
	}
	if !exists {
		m.SetRcode(q, dns.RcodeNameError)
	}
	if o := q.IsEdns0(); o != nil {
		m.SetEdns0(1232, o.Do())
	}
	send(m)
}

// The guest's programs get what the host's own get, by UDP and TCP, over IPv4 and IPv6.
func TestDNSAsOnTheHost(t *testing.T) {
	server := upstream(zoneServer).listen(t)
	r := newRig(t, Config{}, asking(testResolver(t.Context(), server).config()))
	r.awaitAddress()
	for _, tc := range []struct {
		name  string
		types []uint16
		rcode int
	}{
		{"example.com.", []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeMX, dns.TypeTXT, dns.TypeSOA, dns.TypeHTTPS, dns.TypeANY, dns.TypeSRV}, dns.RcodeSuccess},
		{"eXaMPLE.com.", []uint16{dns.TypeA}, dns.RcodeSuccess},
		{"_sip._tcp.example.com.", []uint16{dns.TypeSRV, dns.TypeANY}, dns.RcodeSuccess},
		{"1.2.0.192.in-addr.arpa.", []uint16{dns.TypePTR}, dns.RcodeSuccess},
		{"alias.example.com.", []uint16{dns.TypeA, dns.TypeCNAME}, dns.RcodeSuccess},
		{"mail.only.example.com.", []uint16{dns.TypeMX, dns.TypeA}, dns.RcodeSuccess},
		{"nobody.example.com.", []uint16{dns.TypeA, dns.TypeMX}, dns.RcodeNameError},
		{"fail.example.com.", []uint16{dns.TypeA, dns.TypeHTTPS}, dns.RcodeServerFailure},
	} {
		for _, qtype := range tc.types {
			for _, edns := range []bool{false, true} {
				q := question(tc.name, qtype)
				if edns {
					withEDNS(1232)(q)
				}
				want := exchange(t, mustDialHost(t, server), q)
				if want.Rcode != tc.rcode {
					t.Fatalf("%s: the host gets %v", tc.name, want)
				}
				for _, at := range []netip.Addr{gateway, gateway6} {
					for _, c := range []stdnet.Conn{r.dialUDP(netip.AddrPortFrom(at, dnsPort)), r.mustDial(netip.AddrPortFrom(at, dnsPort))} {
						if got := exchange(t, c, q); got.String() != want.String() {
							t.Errorf("by %T to %v the guest gets\n%v\nthe host\n%v", c, at, got, want)
						}
						c.Close()
					}
				}
			}
		}
	}
}

// A name about which the host gets no answer is not said to be unknown.
func TestDNSTimeout(t *testing.T) {
	conf := testResolver(t.Context(), upstream(zoneServer).listen(t)).config()
	conf.timeout = 100 * time.Millisecond
	r := newRig(t, Config{}, asking(conf))
	at := netip.AddrPortFrom(gateway, dnsPort)
	for _, c := range []stdnet.Conn{r.dialUDP(at), r.mustDial(at)} {
		if m := exchange(t, c, question("silent.example.com.", dns.TypeA)); m.Rcode != dns.RcodeServerFailure {
			t.Errorf("by %T: %v, want SERVFAIL", c, m)
		}
	}
}

func mustDialHost(t *testing.T, server string) stdnet.Conn {
	t.Helper()
	c, err := stdnet.Dial("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// exchange sends a query and returns the answer.
func exchange(t *testing.T, c stdnet.Conn, q *dns.Msg) *dns.Msg {
	t.Helper()
	framed := &dns.Conn{Conn: c}
	if err := framed.WriteMsg(q); err != nil {
		t.Fatal(err)
	}
	return mustRead(t, framed)
}
