package user

import (
	"context"
	"errors"
	stdnet "net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

// library is a lookuper that knows a name, all.example.com, and an address.
type library struct{}

var (
	errNotFound = &stdnet.DNSError{Err: "no such host", IsNotFound: true}
	errTimeout  = &stdnet.DNSError{Err: "i/o timeout", IsTimeout: true}
)

// known returns a value for all.example.com, and what an operating system says about others.
func known[T any](name string, v T) (none T, err error) {
	switch name {
	case "all.example.com.":
		return v, nil
	case "slow.example.com.":
		return none, errTimeout
	case "odd.example.com.":
		return none, errors.New("something else")
	}
	return none, errNotFound
}

func (library) LookupNetIP(_ context.Context, network, name string) ([]netip.Addr, error) {
	if name == "address.example.com." {
		return []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.3")}, nil
	}
	return known(name, []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1%eth0")})
}

func (library) LookupCNAME(_ context.Context, name string) (string, error) {
	if name == "address.example.com." {
		return name, nil
	}
	return known(name, "other.example.com.")
}

func (library) LookupMX(_ context.Context, name string) ([]*stdnet.MX, error) {
	return known(name, []*stdnet.MX{{Host: "mail.example.com.", Pref: 10}})
}

func (library) LookupNS(_ context.Context, name string) ([]*stdnet.NS, error) {
	return known(name, []*stdnet.NS{{Host: "ns.example.com"}})
}

func (library) LookupSRV(_ context.Context, service, proto, name string) (string, []*stdnet.SRV, error) {
	all, err := known(name, []*stdnet.SRV{{Target: "server.example.com.", Port: 3, Priority: 1, Weight: 2}})
	return name, all, err
}

func (library) LookupTXT(_ context.Context, name string) ([]string, error) {
	return known(name, []string{`a\b`, strings.Repeat(`\`, 300)})
}

func (library) LookupAddr(_ context.Context, address string) ([]string, error) {
	if address == "192.0.2.1" || address == "2001:db8::1" {
		return []string{"all.example.com."}, nil
	}
	return nil, errNotFound
}

// Where the host has no name servers in a file, its operating system is asked.
func TestLibrary(t *testing.T) {
	const v6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa."
	for _, tc := range []struct {
		name  string
		t     uint16
		rcode int
		want  []string
	}{
		{"all.example.com.", dns.TypeA, dns.RcodeSuccess, []string{"192.0.2.1"}},
		{"all.example.com.", dns.TypeAAAA, dns.RcodeSuccess, []string{"2001:db8::1"}},
		{"all.example.com.", dns.TypeCNAME, dns.RcodeSuccess, []string{"other.example.com."}},
		{"all.example.com.", dns.TypeMX, dns.RcodeSuccess, []string{"10 mail.example.com."}},
		{"all.example.com.", dns.TypeNS, dns.RcodeSuccess, []string{"ns.example.com."}},
		{"all.example.com.", dns.TypeSRV, dns.RcodeSuccess, []string{"1 2 3 server.example.com."}},
		{"all.example.com.", dns.TypeTXT, dns.RcodeSuccess, []string{`"a\\b"`, `"` + strings.Repeat(`\\`, 255) + `" "` + strings.Repeat(`\\`, 45) + `"`}},
		{"1.2.0.192.in-addr.arpa.", dns.TypePTR, dns.RcodeSuccess, []string{"all.example.com."}},
		{v6, dns.TypePTR, dns.RcodeSuccess, []string{"all.example.com."}},
		{strings.ToUpper(v6), dns.TypePTR, dns.RcodeSuccess, []string{"all.example.com."}},
		{"2.2.0.192.in-addr.arpa.", dns.TypePTR, dns.RcodeNameError, nil},
		{"2.0.192.in-addr.arpa.", dns.TypePTR, dns.RcodeSuccess, nil},
		{"all.example.com.", dns.TypePTR, dns.RcodeSuccess, nil},
		{".", dns.TypePTR, dns.RcodeSuccess, nil},
		{"address.example.com.", dns.TypeA, dns.RcodeSuccess, []string{"192.0.2.3"}},
		{"address.example.com.", dns.TypeAAAA, dns.RcodeSuccess, nil},
		{"address.example.com.", dns.TypeTXT, dns.RcodeSuccess, nil},
		{"address.example.com.", dns.TypeCNAME, dns.RcodeSuccess, nil},
		{"nobody.example.com.", dns.TypeA, dns.RcodeNameError, nil},
		{"nobody.example.com.", dns.TypeMX, dns.RcodeNameError, nil},
		{"slow.example.com.", dns.TypeA, dns.RcodeServerFailure, nil},
		{"slow.example.com.", dns.TypeTXT, dns.RcodeServerFailure, nil},
		{"odd.example.com.", dns.TypeNS, dns.RcodeServerFailure, nil},
		{"all.example.com.", dns.TypeHTTPS, dns.RcodeNotImplemented, nil},
		{"all.example.com.", dns.TypeANY, dns.RcodeNotImplemented, nil},
	} {
		r := testResolver(t.Context())
		r.library = library{}
		m, _ := r.askFor(t, question(tc.name, tc.t), true)
		var got []string
		for _, record := range m.Answer {
			got = append(got, strings.TrimPrefix(record.String(), record.Header().String()))
		}
		if diff := cmp.Diff(tc.want, got); m.Rcode != tc.rcode || diff != "" {
			t.Errorf("%s %s: %s, want %s (-want +got):\n%s", tc.name, dns.TypeToString[tc.t], dns.RcodeToString[m.Rcode], dns.RcodeToString[tc.rcode], diff)
		}
	}
	r := testResolver(t.Context())
	r.library = library{}
	q := question("all.example.com.", dns.TypeA, func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS })
	if m, _ := r.askFor(t, q, false); m.Rcode != dns.RcodeNotImplemented {
		t.Errorf("another class: %v", m)
	}
}
