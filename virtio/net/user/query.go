package user

import (
	"encoding/binary"
	"slices"

	"github.com/miekg/dns"
)

// maxQuery is how many bytes a query of the guest may have.
const maxQuery = 4096

// Sizes of answers over UDP.
const (
	minUDPAnswer = dns.MinMsgSize // RFC 1035, 4.2.1
	maxUDPAnswer = 65507          // what a datagram over IPv4 has room for
	ownUDPSize   = 1232           // what fits a packet everywhere
)

// A query is a question of the guest (RFC 1035).
type query struct {
	*dns.Msg
	edns *dns.OPT // nil without EDNS (RFC 6891)
	tcp  bool
}

// parse takes a message of the guest. If the message is no question that can be answered,
// refusal is the answer to it, nil if there is none.
func parse(b []byte, tcp bool) (q *query, refusal []byte) {
	const headerSize, qr = 12, 0x80
	if len(b) < headerSize || b[2]&qr != 0 {
		return nil, nil
	}
	q = &query{Msg: new(dns.Msg), tcp: tcp}
	err := q.Unpack(b)
	if rcode := q.check(err); rcode != dns.RcodeSuccess {
		return nil, q.refuse(rcode)
	}
	return q, nil
}

// check returns the RCODE for a message that is no question that can be answered. err is
// why it could not be parsed.
func (q *query) check(err error) (rcode int) {
	switch {
	case q.Opcode != dns.OpcodeQuery:
		return dns.RcodeNotImplemented
	case err != nil || len(q.Question) != 1: // RFC 9619
		return dns.RcodeFormatError
	}
	for _, r := range q.Extra {
		opt, ok := r.(*dns.OPT)
		if ok && q.edns != nil {
			return dns.RcodeFormatError // RFC 6891, 6.1.1
		}
		if ok {
			q.edns = opt
		}
	}
	switch t := q.Question[0].Qtype; {
	case q.edns != nil && q.edns.Version() != 0:
		return dns.RcodeBadVers // RFC 6891, 6.1.3
	case t == dns.TypeAXFR || t == dns.TypeIXFR:
		return dns.RcodeRefused
	}
	return dns.RcodeSuccess
}

// reply makes an answer of our own.
func (q *query) reply(rcode int, records ...dns.RR) *dns.Msg {
	m := new(dns.Msg).SetRcode(q.Msg, rcode)
	m.RecursionAvailable = true
	m.Answer = records
	if q.edns != nil { // RFC 6891, 6.1.1; RFC 3225
		m.SetEdns0(ownUDPSize, q.edns.Do())
	}
	return m
}

// refuse returns the bytes of an answer without records.
func (q *query) refuse(rcode int) []byte { return q.pack(q.reply(rcode)) }

// room is how many bytes of an answer the guest takes.
func (q *query) room() int {
	switch {
	case q.tcp:
		return dns.MaxMsgSize
	case q.edns == nil:
		return minUDPAnswer
	}
	return min(max(minUDPAnswer, int(q.edns.UDPSize())), maxUDPAnswer)
}

// pack returns the bytes of an answer. One that is longer than the guest takes is cut, with
// the bit TC set.
func (q *query) pack(m *dns.Msg) []byte {
	size := q.room()
	m.Truncate(size)
	b, err := m.Pack()
	if err != nil || len(b) > size {
		m = q.reply(dns.RcodeServerFailure)
		m.Question = nil
		b, _ = m.Pack()
	}
	return b
}

// passBack returns the bytes of an answer of a name server: as they came if that is
// possible, but with the guest's ID.
func (q *query) passBack(a *response) []byte {
	if len(a.bytes) <= q.room() && slices.Equal(a.Question, q.Question) {
		binary.BigEndian.PutUint16(a.bytes, q.Id)
		return a.bytes
	}
	a.Id, a.Question = q.Id, q.Question
	return q.pack(a.Msg)
}

// onward makes the query for a name server that the guest's becomes: the same question with
// the same options, and an ID that nobody can guess (RFC 5452).
func (q *query) onward() *dns.Msg {
	m := new(dns.Msg)
	m.Id = dns.Id()
	m.RecursionDesired = q.RecursionDesired
	m.AuthenticatedData = q.AuthenticatedData
	m.CheckingDisabled = q.CheckingDisabled
	m.Question = q.Question
	if q.edns != nil {
		edns := *q.edns // Pack changes it
		m.Extra = []dns.RR{&edns}
	}
	return m
}
