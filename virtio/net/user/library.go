package user

import (
	"context"
	"errors"
	stdnet "net"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// A lookuper is Go's resolver, which uses that of the operating system where there are no
// name servers in a file.
type lookuper interface {
	LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error)
	LookupCNAME(ctx context.Context, name string) (string, error)
	LookupMX(ctx context.Context, name string) ([]*stdnet.MX, error)
	LookupNS(ctx context.Context, name string) ([]*stdnet.NS, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*stdnet.SRV, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupAddr(ctx context.Context, address string) ([]string, error)
}

var _ lookuper = (*stdnet.Resolver)(nil)

// lookups are the types of records that a lookuper can look up.
var lookups = map[uint16]func(context.Context, lookuper, *query) ([]dns.RR, error){
	dns.TypeA:     lookUpAddress,
	dns.TypeAAAA:  lookUpAddress,
	dns.TypeCNAME: lookUpCNAME,
	dns.TypeMX:    lookUpMX,
	dns.TypeNS:    lookUpNS,
	dns.TypeSRV:   lookUpSRV,
	dns.TypeTXT:   lookUpTXT,
	dns.TypePTR:   lookUpPTR,
}

// lookUp answers a question with a lookuper.
func lookUp(ctx context.Context, l lookuper, q *query) *dns.Msg {
	look, ok := lookups[q.Question[0].Qtype]
	if !ok || q.Question[0].Qclass != dns.ClassINET {
		return q.reply(dns.RcodeNotImplemented)
	}
	records, err := look(ctx, l, q)
	if isNotFound(err) && q.Question[0].Qtype != dns.TypePTR {
		// The name may exist without records of this type.
		_, err = l.LookupNetIP(ctx, "ip", q.Question[0].Name)
	}
	switch {
	case isNotFound(err):
		return q.reply(dns.RcodeNameError)
	case err != nil:
		return q.reply(dns.RcodeServerFailure)
	}
	return q.reply(dns.RcodeSuccess, records...)
}

func isNotFound(err error) bool {
	var e *stdnet.DNSError
	return errors.As(err, &e) && e.IsNotFound
}

// lookUpAddress asks for addresses of both families: a name that has only others exists.
func lookUpAddress(ctx context.Context, l lookuper, q *query) ([]dns.RR, error) {
	all, err := l.LookupNetIP(ctx, "ip", q.Question[0].Name)
	for i, a := range all {
		all[i] = a.Unmap().WithZone("")
	}
	return q.addresses(all), err
}

func lookUpCNAME(ctx context.Context, l lookuper, q *query) (records []dns.RR, err error) {
	name, err := l.LookupCNAME(ctx, q.Question[0].Name)
	if err == nil && !strings.EqualFold(name, q.Question[0].Name) {
		records = []dns.RR{&dns.CNAME{Hdr: q.header(dns.TypeCNAME), Target: dns.Fqdn(name)}}
	}
	return records, err
}

func lookUpMX(ctx context.Context, l lookuper, q *query) (records []dns.RR, err error) {
	all, err := l.LookupMX(ctx, q.Question[0].Name)
	for _, r := range all {
		records = append(records, &dns.MX{Hdr: q.header(dns.TypeMX), Preference: r.Pref, Mx: dns.Fqdn(r.Host)})
	}
	return records, err
}

func lookUpNS(ctx context.Context, l lookuper, q *query) (records []dns.RR, err error) {
	all, err := l.LookupNS(ctx, q.Question[0].Name)
	for _, r := range all {
		records = append(records, &dns.NS{Hdr: q.header(dns.TypeNS), Ns: dns.Fqdn(r.Host)})
	}
	return records, err
}

func lookUpSRV(ctx context.Context, l lookuper, q *query) (records []dns.RR, err error) {
	_, all, err := l.LookupSRV(ctx, "", "", q.Question[0].Name)
	for _, r := range all {
		records = append(records, &dns.SRV{
			Hdr: q.header(dns.TypeSRV), Priority: r.Priority, Weight: r.Weight, Port: r.Port, Target: dns.Fqdn(r.Target),
		})
	}
	return records, err
}

// lookUpTXT cuts each text into character strings (RFC 1035, 3.3), in which package dns
// takes a backslash for the start of an escape.
func lookUpTXT(ctx context.Context, l lookuper, q *query) (records []dns.RR, err error) {
	const longest = 255
	all, err := l.LookupTXT(ctx, q.Question[0].Name)
	for _, text := range all {
		r := &dns.TXT{Hdr: q.header(dns.TypeTXT)}
		for len(text) > longest {
			r.Txt, text = append(r.Txt, escape(text[:longest])), text[longest:]
		}
		r.Txt = append(r.Txt, escape(text))
		records = append(records, r)
	}
	return records, err
}

func escape(text string) string { return strings.ReplaceAll(text, `\`, `\\`) }

// lookUpPTR finds the names of an address. Other names have no pointers that a lookuper can
// find.
func lookUpPTR(ctx context.Context, l lookuper, q *query) (records []dns.RR, err error) {
	a, ok := reversed(dns.CanonicalName(q.Question[0].Name))
	if !ok {
		return nil, nil
	}
	all, err := l.LookupAddr(ctx, a.String())
	for _, name := range all {
		records = append(records, &dns.PTR{Hdr: q.header(dns.TypePTR), Ptr: dns.Fqdn(name)})
	}
	return records, err
}

// reversed returns the address that a name in lower case stands for, in in-addr.arpa (RFC
// 1035, 3.5) or ip6.arpa (RFC 3596, 2.5).
func reversed(name string) (a netip.Addr, ok bool) {
	labels := dns.SplitDomainName(name)
	if len(labels) < 2 {
		return a, false
	}
	digits := labels[:len(labels)-2]
	slices.Reverse(digits)
	text := strings.Join(digits, ".")
	if len(digits) == 32 {
		hex := strings.Join(digits, "")
		text = ""
		for i := 0; i+4 <= len(hex); i += 4 {
			text += ":" + hex[i:i+4]
		}
		text = strings.TrimPrefix(text, ":")
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return a, false
	}
	back, err := dns.ReverseAddr(a.String())
	return a, err == nil && back == name
}
