package user

import (
	"net/netip"

	"github.com/miekg/dns"
)

// ownZone is the domain of the private network's names. "internal" is reserved for such
// domains.
const ownZone = "miniboot.internal."

// ownNames are the names that the gateway itself answers for, in lower case.
var ownNames = map[string][]netip.Addr{
	"gateway." + ownZone: {gateway, gateway6},
	"host." + ownZone:    {host, host6},
}

// ownPointers are the names of addresses (RFC 1035, 3.5).
var ownPointers = map[string]string{
	"1.127.168.192.in-addr.arpa.":   "gateway." + ownZone,
	"254.127.168.192.in-addr.arpa.": "host." + ownZone,
	reverse(gateway6):               "gateway." + ownZone,
	reverse(host6):                  "host." + ownZone,
}

// reverse returns the name under which the name of an address is found (RFC 3596, 2.5).
func reverse(a netip.Addr) string {
	name, _ := dns.ReverseAddr(a.String())
	return name
}

// own answers a question about the private network, in a domain of which nothing is ever
// passed on. ok is false if the question is about something else.
func (q *query) own() (m *dns.Msg, ok bool) {
	name, t := dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype
	pointer, isPointer := ownPointers[name]
	if !isPointer && !dns.IsSubDomain(ownZone, name) {
		return nil, false
	}
	addresses, isName := ownNames[name]
	switch {
	case q.Question[0].Qclass != dns.ClassINET && q.Question[0].Qclass != dns.ClassANY:
		m = q.reply(dns.RcodeRefused)
	case isPointer && (t == dns.TypePTR || t == dns.TypeANY):
		m = q.reply(dns.RcodeSuccess, &dns.PTR{Hdr: q.header(dns.TypePTR), Ptr: pointer})
	case isName:
		m = q.reply(dns.RcodeSuccess, q.addresses(addresses)...)
	case isPointer || name == ownZone: // has other types, or names below it
		m = q.reply(dns.RcodeSuccess)
	default:
		m = q.reply(dns.RcodeNameError)
	}
	m.Authoritative = true
	return m, true
}

// inHosts answers a question for an address of a name in the host's hosts file. As in the
// host's own resolver a name that is there is looked up nowhere else.
func (q *query) inHosts(names hostNames) (m *dns.Msg, ok bool) {
	question := q.Question[0]
	if question.Qclass != dns.ClassINET || question.Qtype != dns.TypeA && question.Qtype != dns.TypeAAAA {
		return nil, false
	}
	addresses, ok := names[dns.CanonicalName(question.Name)]
	if !ok {
		return nil, false
	}
	return q.reply(dns.RcodeSuccess, q.addresses(addresses)...), true
}

// addresses returns those of some addresses that are of the type of the question, as
// records.
func (q *query) addresses(all []netip.Addr) (records []dns.RR) {
	for _, a := range all {
		switch t := q.Question[0].Qtype; {
		case t == dns.TypeANY, t == dns.TypeA && a.Is4(), t == dns.TypeAAAA && a.Is6():
			records = append(records, q.address(a))
		}
	}
	return records
}

// address returns the record of an address.
func (q *query) address(a netip.Addr) dns.RR {
	if a.Is4() {
		return &dns.A{Hdr: q.header(dns.TypeA), A: a.AsSlice()}
	}
	return &dns.AAAA{Hdr: q.header(dns.TypeAAAA), AAAA: a.AsSlice()}
}

// header returns the header of a record of our own. Nobody keeps it: its TTL is 0.
func (q *query) header(t uint16) dns.RR_Header {
	return dns.RR_Header{Name: q.Question[0].Name, Rrtype: t, Class: dns.ClassINET}
}
