package user

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// answerTo answers a message without any name server.
func answerTo(t *testing.T, b []byte) (m *dns.Msg, ok bool) {
	t.Helper()
	b = testResolver(t.Context()).answer(b, false)
	if b == nil {
		return nil, false
	}
	m = new(dns.Msg)
	if err := m.Unpack(b); err != nil {
		t.Fatalf("the answer %x: %v", b, err)
	}
	return m, true
}

// Messages that are no question that can be answered (RFC 1035, 4.1.1; RFC 6891; RFC 9619).
func TestNoQuery(t *testing.T) {
	const none = -1
	opcode := func(code int) func(*dns.Msg) { return func(m *dns.Msg) { m.Opcode = code } }
	version := func(m *dns.Msg) { m.SetEdns0(1232, true).IsEdns0().SetVersion(1) }
	cut := func(b []byte) []byte { return b[:len(b)-3] }
	whole := func(b []byte) []byte { return b }
	for _, tc := range []struct {
		name  string
		query *dns.Msg
		bytes func([]byte) []byte
		rcode int
	}{
		{"shorter than a header", question("example.com.", dns.TypeA), func(b []byte) []byte { return b[:11] }, none},
		{"a header", question("example.com.", dns.TypeA), func(b []byte) []byte { return b[:12] }, dns.RcodeFormatError},
		{"an answer", question("example.com.", dns.TypeA, func(m *dns.Msg) { m.Response = true }), whole, none},
		{"an answer that is cut", question("example.com.", dns.TypeA, func(m *dns.Msg) { m.Response = true }), cut, none},
		{"IQUERY", question("example.com.", dns.TypeA, opcode(dns.OpcodeIQuery)), whole, dns.RcodeNotImplemented},
		{"STATUS", question("example.com.", dns.TypeA, opcode(dns.OpcodeStatus)), whole, dns.RcodeNotImplemented},
		{"NOTIFY", question("example.com.", dns.TypeSOA, opcode(dns.OpcodeNotify)), whole, dns.RcodeNotImplemented},
		{"UPDATE", question("example.com.", dns.TypeSOA, opcode(dns.OpcodeUpdate)), whole, dns.RcodeNotImplemented},
		{"UPDATE that is cut", question("example.com.", dns.TypeSOA, opcode(dns.OpcodeUpdate)), cut, dns.RcodeNotImplemented},
		{"an opcode of nothing", question("example.com.", dns.TypeA, opcode(15)), whole, dns.RcodeNotImplemented},
		{"no question", question("example.com.", dns.TypeA, func(m *dns.Msg) { m.Question = nil }), whole, dns.RcodeFormatError},
		{"two questions", question("example.com.", dns.TypeA, func(m *dns.Msg) { m.Question = slices.Repeat(m.Question, 2) }), whole, dns.RcodeFormatError},
		{"two questions, one there", question("example.com.", dns.TypeA), func(b []byte) []byte { b[5] = 2; return b }, dns.RcodeFormatError},
		{"cut", question("example.com.", dns.TypeA), cut, dns.RcodeFormatError},
		{"a name that points to itself", question("example.com.", dns.TypeA), func(b []byte) []byte { b[12], b[13] = 0xc0, 12; return b }, dns.RcodeFormatError},
		{"two OPT records", question("example.com.", dns.TypeA, withEDNS(512), withEDNS(512)), whole, dns.RcodeFormatError},
		{"EDNS version 1", question("example.com.", dns.TypeA, version), whole, dns.RcodeBadVers},
		{"AXFR", question("example.com.", dns.TypeAXFR), whole, dns.RcodeRefused},
		{"IXFR", question("example.com.", dns.TypeIXFR), whole, dns.RcodeRefused},
	} {
		b, err := tc.query.Pack()
		if err != nil {
			t.Fatal(err)
		}
		m, ok := answerTo(t, tc.bytes(b))
		if ok != (tc.rcode != none) || ok && m.Rcode != tc.rcode {
			t.Errorf("%s: answered %v, %v, want RCODE %d", tc.name, ok, m, tc.rcode)
			continue
		}
		if ok && (m.Id != tc.query.Id || !m.Response || m.Opcode != tc.query.Opcode || len(m.Answer) != 0) {
			t.Errorf("%s: the answer is\n%v", tc.name, m)
		}
	}
}

// The names of the private network.
func TestOwnNames(t *testing.T) {
	for _, tc := range []struct {
		name  string
		t     uint16
		rcode int
		want  string // of the answer
	}{
		{"gateway.miniboot.internal.", dns.TypeA, dns.RcodeSuccess, "192.168.127.1"},
		{"host.miniboot.internal.", dns.TypeA, dns.RcodeSuccess, "192.168.127.254"},
		{"HOST.MiniBoot.Internal.", dns.TypeA, dns.RcodeSuccess, "192.168.127.254"},
		{"host.miniboot.internal.", dns.TypeANY, dns.RcodeSuccess, "192.168.127.254fd6d:696e:6962::fe"},
		{"host.miniboot.internal.", dns.TypeAAAA, dns.RcodeSuccess, "fd6d:696e:6962::fe"},
		{"gateway.miniboot.internal.", dns.TypeAAAA, dns.RcodeSuccess, "fd6d:696e:6962::1"},
		{"e.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.6.9.6.e.6.9.6.d.6.d.f.ip6.arpa.", dns.TypePTR, dns.RcodeSuccess, "host.miniboot.internal."},
		{"host.miniboot.internal.", dns.TypeHTTPS, dns.RcodeSuccess, ""},
		{"miniboot.internal.", dns.TypeA, dns.RcodeSuccess, ""},
		{"nobody.miniboot.internal.", dns.TypeA, dns.RcodeNameError, ""},
		{"nobody.MINIBOOT.internal.", dns.TypeAAAA, dns.RcodeNameError, ""},
		{"a.host.miniboot.internal.", dns.TypeA, dns.RcodeNameError, ""},
		{"1.127.168.192.in-addr.arpa.", dns.TypePTR, dns.RcodeSuccess, "gateway.miniboot.internal."},
		{"254.127.168.192.IN-ADDR.arpa.", dns.TypePTR, dns.RcodeSuccess, "host.miniboot.internal."},
		{"254.127.168.192.in-addr.arpa.", dns.TypeTXT, dns.RcodeSuccess, ""},
	} {
		q := question(tc.name, tc.t, withEDNS(1232))
		q.IsEdns0().SetDo()
		m, _ := testResolver(t.Context()).askFor(t, q, false)
		got := ""
		for _, r := range m.Answer {
			got += strings.TrimPrefix(r.String(), r.Header().String())
		}
		if m.Rcode != tc.rcode || got != tc.want || !m.Authoritative || !m.RecursionAvailable {
			t.Errorf("%s %s: %s %q, AA %v, want %s %q", tc.name, dns.TypeToString[tc.t], dns.RcodeToString[m.Rcode], got, m.Authoritative, dns.RcodeToString[tc.rcode], tc.want)
		}
		if opt := m.IsEdns0(); opt == nil || !opt.Do() {
			t.Errorf("%s: a query with EDNS and DO got %v", tc.name, opt)
		}
		for _, r := range m.Answer {
			if r.Header().Name != tc.name {
				t.Errorf("%s: a record of %s", tc.name, r.Header().Name)
			}
		}
	}
	q := question("host.miniboot.internal.", dns.TypeA, func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS })
	if m, _ := testResolver(t.Context()).askFor(t, q, false); m.Rcode != dns.RcodeRefused {
		t.Errorf("another class: %v", m)
	}
}

// Names that look like the private network's are passed on.
func TestForeignNames(t *testing.T) {
	r := testResolver(t.Context(), upstream(with(dns.RcodeSuccess, rr("example.com. 60 IN A 192.0.2.1"))).listen(t))
	for _, name := range []string{
		"internal.", "xminiboot.internal.", `host\.miniboot.internal.`, "host.miniboot.internal.example.com.", ".",
		"2.127.168.192.in-addr.arpa.",
	} {
		if m, _ := r.askFor(t, question(name, dns.TypeA), false); len(m.Answer) != 1 || m.Authoritative {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// The host's hosts file is looked into first, for addresses.
func TestHosts(t *testing.T) {
	r := testResolver(t.Context(), upstream(with(dns.RcodeNameError)).listen(t))
	names := parseHosts([]byte("192.0.2.1 Printer printer.example.com # not.there\n2001:db8::1%eth0\tprinter\n::ffff:192.0.2.2 mapped\nno address\n"))
	r.hosts = func() hostNames { return names }
	for _, tc := range []struct {
		name  string
		t     uint16
		class uint16
		rcode int
		want  string
	}{
		{"printer.", dns.TypeA, dns.ClassINET, dns.RcodeSuccess, "192.0.2.1"},
		{"PRINTER.", dns.TypeAAAA, dns.ClassINET, dns.RcodeSuccess, "2001:db8::1"},
		{"printer.example.com.", dns.TypeA, dns.ClassINET, dns.RcodeSuccess, "192.0.2.1"},
		{"printer.example.com.", dns.TypeAAAA, dns.ClassINET, dns.RcodeSuccess, ""},
		{"mapped.", dns.TypeA, dns.ClassINET, dns.RcodeSuccess, "192.0.2.2"},
		{"printer.", dns.TypeTXT, dns.ClassINET, dns.RcodeNameError, ""},
		{"printer.", dns.TypeA, dns.ClassCHAOS, dns.RcodeNameError, ""},
		{"not.there.", dns.TypeA, dns.ClassINET, dns.RcodeNameError, ""},
		{"address.", dns.TypeA, dns.ClassINET, dns.RcodeNameError, ""},
	} {
		m, _ := r.askFor(t, question(tc.name, tc.t, func(m *dns.Msg) { m.Question[0].Qclass = tc.class }), false)
		got := ""
		for _, r := range m.Answer {
			got += strings.TrimPrefix(r.String(), r.Header().String())
		}
		if m.Rcode != tc.rcode || got != tc.want {
			t.Errorf("%s %s: %s %q, want %s %q", tc.name, dns.TypeToString[tc.t], dns.RcodeToString[m.Rcode], got, dns.RcodeToString[tc.rcode], tc.want)
		}
	}
	if len(names) != 3 || !slices.Equal(names["printer."], []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}) {
		t.Errorf("the file has the names %v", names)
	}
}
