package user

import (
	"bytes"
	"context"
	"encoding/binary"
	stdnet "net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// An upstream is what a name server of the host does with a query: it sends messages.
type upstream func(q *dns.Msg, network string, send func(*dns.Msg))

// listen starts a name server at one port of the loopback interface, for UDP and TCP.
func (u upstream) listen(t *testing.T) (address string) {
	t.Helper()
	packets, streams := listenBoth(t)
	for _, server := range []*dns.Server{{PacketConn: packets}, {Listener: streams}} {
		server.UDPSize = dns.MaxMsgSize
		server.MsgAcceptFunc = func(dns.Header) dns.MsgAcceptAction { return dns.MsgAccept }
		server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			u(q, w.LocalAddr().Network(), func(m *dns.Msg) { w.WriteMsg(m) })
		})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			server.ActivateAndServe()
		}()
		t.Cleanup(func() {
			packets.Close()
			streams.Close()
			<-ended
		})
	}
	return packets.LocalAddr().String()
}

// listenBoth listens at a port that both protocols have free.
func listenBoth(t *testing.T) (stdnet.PacketConn, stdnet.Listener) {
	t.Helper()
	for range 20 {
		streams, err := stdnet.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		packets, err := stdnet.ListenPacket("udp4", streams.Addr().String())
		if err == nil {
			return packets, streams
		}
		streams.Close()
	}
	t.Fatal("no port is free for both protocols")
	return nil, nil
}

// testResolver passes everything on to some servers.
func testResolver(ctx context.Context, servers ...string) *resolver {
	conf := resolverConfig{servers: servers, timeout: 2 * time.Second, attempts: 2}
	return &resolver{
		ctx: ctx, tokens: make(chan struct{}, maxQueries),
		config: func() resolverConfig { return conf }, hosts: func() hostNames { return nil }, library: noLibrary{},
	}
}

// asking has a network ask the servers of a configuration.
func asking(c resolverConfig) func(*Network) {
	return func(n *Network) { n.resolver.config = func() resolverConfig { return c } }
}

// noLibrary is a lookuper that must not be asked.
type noLibrary struct{ lookuper }

// question makes a query.
func question(name string, t uint16, change ...func(*dns.Msg)) *dns.Msg {
	m := new(dns.Msg).SetQuestion(name, t)
	for _, c := range change {
		c(m)
	}
	return m
}

func withEDNS(size uint16) func(*dns.Msg) { return func(m *dns.Msg) { m.SetEdns0(size, false) } }

// ask sends a query and returns the answer with its size.
func (r *resolver) askFor(t *testing.T, q *dns.Msg, tcp bool) (m *dns.Msg, size int) {
	t.Helper()
	b, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	b = r.answer(b, tcp)
	m = new(dns.Msg)
	if err := m.Unpack(b); err != nil {
		t.Fatalf("%v: the answer %x: %v", q.Question, b, err)
	}
	if m.Id != q.Id || !m.Response {
		t.Errorf("%v: the answer has ID %#x, QR %v, want %#x, true", q.Question, m.Id, m.Response, q.Id)
	}
	return m, len(b)
}

// rr makes a record from its text.
func rr(text string) dns.RR {
	r, err := dns.NewRR(text)
	if err != nil {
		panic(err)
	}
	return r
}

// texts returns n TXT records of about 100 bytes.
func texts(n int) (records []dns.RR) {
	for range n {
		records = append(records, rr("example.com. 60 IN TXT "+strings.Repeat("x", 86)))
	}
	return records
}

// with answers with an RCODE and records.
func with(rcode int, records ...dns.RR) upstream {
	return func(q *dns.Msg, _ string, send func(*dns.Msg)) {
		m := new(dns.Msg).SetRcode(q, rcode)
		m.Answer = records
		send(m)
	}
}

// Records of every type come back as they are, with the RCODE and with the OPT of a query
// that has one.
func TestTypesPass(t *testing.T) {
	for _, record := range []string{
		"A 192.0.2.1", "AAAA 2001:db8::1", "MX 10 mail.example.com.", `TXT "text"`, "SRV 1 2 3 server.example.com.", "PTR all.example.com.",
		"SOA ns.example.com. admin.example.com. 1 2 3 4 5", `HTTPS 1 . alpn="h2"`, "CAA 0 issue \"ca.example.com\"", `TYPE65280 \# 2 0102`,
	} {
		answer := rr("example.com. 60 IN " + record)
		for _, qtype := range []uint16{answer.Header().Rrtype, dns.TypeANY} {
			for _, rcode := range []int{dns.RcodeSuccess, dns.RcodeNameError} {
				server := upstream(func(q *dns.Msg, _ string, send func(*dns.Msg)) {
					m := new(dns.Msg).SetRcode(q, rcode)
					m.Answer = []dns.RR{answer}
					if q.Question[0].Qtype != qtype {
						m.Answer = nil
					}
					if o := q.IsEdns0(); o != nil {
						m.SetEdns0(1232, o.Do())
					}
					send(m)
				})
				m, _ := testResolver(t.Context(), server.listen(t)).askFor(t, question("example.com.", qtype, withEDNS(1232)), false)
				if m.Rcode != rcode || len(m.Answer) != 1 || m.Answer[0].String() != answer.String() || m.IsEdns0() == nil {
					t.Errorf("%s by %s: %v", record, dns.TypeToString[qtype], m)
				}
			}
		}
	}
}

func silent(*dns.Msg, string, func(*dns.Msg)) {}

// small answers over UDP with TC and one record.
func small(records ...dns.RR) upstream {
	return func(q *dns.Msg, network string, send func(*dns.Msg)) {
		m := new(dns.Msg).SetReply(q)
		m.Answer = records
		if network == "udp" {
			m.Truncated, m.Answer = true, records[:1]
		}
		send(m)
	}
}

// after sends changed answers before the right one.
func after(n int, change func(*dns.Msg)) upstream {
	return func(q *dns.Msg, _ string, send func(*dns.Msg)) {
		for range n {
			m := new(dns.Msg).SetReply(q)
			m.Answer = []dns.RR{rr("example.com. 60 IN A 192.0.2.66")}
			change(m)
			send(m)
		}
		with(dns.RcodeSuccess, rr("example.com. 60 IN A 192.0.2.1"))(q, "", send)
	}
}

func wrongID(m *dns.Msg)    { m.Id++ }
func noResponse(m *dns.Msg) { m.Response = false }
func wrongName(m *dns.Msg) {
	m.Question = []dns.Question{{Name: "example.net.", Qtype: dns.TypeA, Qclass: dns.ClassINET}}
}
func wrongType(m *dns.Msg) {
	m.Question = []dns.Question{{Name: "example.com.", Qtype: dns.TypeAAAA, Qclass: dns.ClassINET}}
}
func wrongClass(m *dns.Msg) {
	m.Question = []dns.Question{{Name: "example.com.", Qtype: dns.TypeA, Qclass: dns.ClassCHAOS}}
}
func withoutAny(m *dns.Msg)   { m.Question = nil }
func otherLetters(m *dns.Msg) { m.Question[0].Name = "EXAMPLE.com." }
func neverRight(u upstream) upstream {
	return func(q *dns.Msg, network string, send func(*dns.Msg)) {
		u(q, network, func(m *dns.Msg) {
			m.Id++
			send(m)
		})
	}
}

// What comes back of a question that is passed on.
func TestPassOn(t *testing.T) {
	a := rr("example.com. 60 IN A 192.0.2.1")
	for _, tc := range []struct {
		name    string
		servers []upstream
		query   *dns.Msg
		tcp     bool
		rcode   int
		answers int // records
		tc      bool
		most    int // bytes
	}{
		{"an address", []upstream{with(0, a)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"an address by TCP", []upstream{with(0, a)}, question("example.com.", dns.TypeA), true, dns.RcodeSuccess, 1, false, 512},
		{"no such name", []upstream{with(dns.RcodeNameError)}, question("example.com.", dns.TypeA), false, dns.RcodeNameError, 0, false, 512},
		{"no such record", []upstream{with(dns.RcodeSuccess)}, question("example.com.", dns.TypeTXT), false, dns.RcodeSuccess, 0, false, 512},
		{"a failure", []upstream{with(dns.RcodeServerFailure)}, question("example.com.", dns.TypeA), false, dns.RcodeServerFailure, 0, false, 512},
		{"a refusal", []upstream{with(dns.RcodeRefused)}, question("example.com.", dns.TypeA), false, dns.RcodeRefused, 0, false, 512},
		{"an RCODE of EDNS", []upstream{func(q *dns.Msg, _ string, send func(*dns.Msg)) {
			m := new(dns.Msg).SetRcode(q, dns.RcodeBadCookie)
			send(m.SetEdns0(1232, false))
		}}, question("example.com.", dns.TypeA, withEDNS(1232)), false, dns.RcodeBadCookie, 0, false, 512},
		{"an unknown type", []upstream{with(0, rr(`example.com. 60 IN TYPE65280 \# 2 abcd`))}, question("example.com.", 65280), false, dns.RcodeSuccess, 1, false, 512},
		{"cut by the server", []upstream{small(texts(20)...)}, question("example.com.", dns.TypeTXT), false, dns.RcodeSuccess, 1, true, 512},
		{"cut by the server, by TCP", []upstream{small(texts(20)...)}, question("example.com.", dns.TypeTXT), true, dns.RcodeSuccess, 20, false, 4096},
		{"long without EDNS", []upstream{with(0, texts(20)...)}, question("example.com.", dns.TypeTXT), false, dns.RcodeSuccess, 4, true, 512},
		{"long, EDNS of 100", []upstream{with(0, texts(20)...)}, question("example.com.", dns.TypeTXT, withEDNS(100)), false, dns.RcodeSuccess, 4, true, 512},
		{"long, EDNS of 1232", []upstream{with(0, texts(20)...)}, question("example.com.", dns.TypeTXT, withEDNS(1232)), false, dns.RcodeSuccess, 12, true, 1232},
		{"long, EDNS of 4096", []upstream{with(0, texts(20)...)}, question("example.com.", dns.TypeTXT, withEDNS(4096)), false, dns.RcodeSuccess, 20, false, 4096},
		{"an answer to another ID", []upstream{after(1, wrongID)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"a flood of them", []upstream{after(200, wrongID)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"a query", []upstream{after(1, noResponse)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"an answer about another name", []upstream{after(1, wrongName)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"an answer about another type", []upstream{after(1, wrongType)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"an answer about another class", []upstream{after(1, wrongClass)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"an answer about nothing", []upstream{after(1, withoutAny)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"silence, another", []upstream{silent, with(0, a)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"a failure, another", []upstream{with(dns.RcodeServerFailure), with(0, a)}, question("example.com.", dns.TypeA), false, dns.RcodeSuccess, 1, false, 512},
		{"a refusal, silence", []upstream{with(dns.RcodeRefused), silent}, question("example.com.", dns.TypeA), false, dns.RcodeRefused, 0, false, 512},
		{"no such name, another", []upstream{with(dns.RcodeNameError), with(0, a)}, question("example.com.", dns.TypeA), false, dns.RcodeNameError, 0, false, 512},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var servers []string
			for _, u := range tc.servers {
				servers = append(servers, u.listen(t))
			}
			m, size := testResolver(t.Context(), servers...).askFor(t, tc.query, tc.tcp)
			if m.Rcode != tc.rcode || len(m.Answer) != tc.answers || m.Truncated != tc.tc || size > tc.most {
				t.Errorf("%s, %d records, TC %v, %d bytes, want %s, %d, %v, at most %d",
					dns.RcodeToString[m.Rcode], len(m.Answer), m.Truncated, size, dns.RcodeToString[tc.rcode], tc.answers, tc.tc, tc.most)
			}
			if len(m.Question) != 1 || m.Question[0] != tc.query.Question[0] {
				t.Errorf("the answer is about %v, want %v", m.Question, tc.query.Question)
			}
			for _, r := range m.Answer {
				if strings.Contains(r.String(), "192.0.2.66") {
					t.Errorf("%v is of an answer to something else", r)
				}
			}
		})
	}
}

// A server that gives no answer costs the guest a failure. How long it is waited for
// does not matter here, so that is short.
func TestNoAnswer(t *testing.T) {
	a := rr("example.com. 60 IN A 192.0.2.1")
	for _, tc := range []struct {
		name   string
		server upstream
		tcp    bool
	}{
		{"only to other IDs", neverRight(with(0, a)), false},
		{"only to other IDs, by TCP", neverRight(small(a)), true},
		{"silence", silent, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			servers := []string{tc.server.listen(t)}
			r := testResolver(t.Context())
			r.config = func() resolverConfig {
				return resolverConfig{servers: servers, timeout: 100 * time.Millisecond, attempts: 2}
			}
			query := question("example.com.", dns.TypeA)
			m, size := r.askFor(t, query, tc.tcp)
			if m.Rcode != dns.RcodeServerFailure || len(m.Answer) != 0 || m.Truncated || size > 512 {
				t.Errorf("%v, %d bytes, want a failure alone, in at most 512", m, size)
			}
			if len(m.Question) != 1 || m.Question[0] != query.Question[0] {
				t.Errorf("the answer is about %v, want %v", m.Question, query.Question)
			}
		})
	}
}

// A query goes out as it came, but for its ID and what the gateway does not know.
func TestQueryGoesOn(t *testing.T) {
	got := make(chan *dns.Msg, 1)
	r := testResolver(t.Context(), upstream(func(q *dns.Msg, network string, send func(*dns.Msg)) {
		got <- q.Copy()
		m := new(dns.Msg).SetReply(q)
		otherLetters(m)
		send(m)
	}).listen(t))
	sameID := 0
	for i := range 16 {
		q := question("eXample.com.", uint16(1000+i), withEDNS(uint16(600+i)))
		q.RecursionDesired, q.AuthenticatedData, q.CheckingDisabled = i&1 != 0, i&2 != 0, i&4 != 0
		q.Question[0].Qclass = uint16(1 + i)
		edns := q.IsEdns0()
		edns.SetDo(i&8 != 0)
		edns.Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: dns.EDNS0LOCALSTART, Data: []byte{byte(i)}}}
		if m, _ := r.askFor(t, q, false); m.Question[0] != q.Question[0] {
			t.Errorf("the answer is about %v, want %v", m.Question, q.Question)
		}
		out := <-got
		if out.Id == q.Id {
			sameID++
		}
		out.Id = q.Id
		if out.String() != q.String() {
			t.Errorf("the server got\n%v\nwant\n%v", out, q)
		}
	}
	if sameID > 2 {
		t.Errorf("%d of 16 queries went out with the guest's ID", sameID)
	}
}

// An answer comes back byte for byte, with the guest's ID.
func TestAnswerComesBack(t *testing.T) {
	sent := make(chan []byte, 1)
	r := testResolver(t.Context(), upstream(func(q *dns.Msg, _ string, send func(*dns.Msg)) {
		m := new(dns.Msg).SetReply(q)
		m.Answer, m.Ns, m.Authoritative, m.AuthenticatedData, m.Zero, m.Compress = texts(2), texts(1), true, true, true, true
		b, _ := m.Pack()
		sent <- b
		send(m)
	}).listen(t))
	q, err := question("example.com.", dns.TypeTXT).Pack()
	if err != nil {
		t.Fatal(err)
	}
	got, want := r.answer(q, false), <-sent
	copy(want, q[:2])
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%x\nwant\n%x", got, want)
	}
}

// Queries beyond the limit are answered at once, whatever the host's servers do.
func TestQueryLimit(t *testing.T) {
	started, end := make(chan struct{}), make(chan struct{})
	server := testResolver(t.Context(), upstream(func(q *dns.Msg, network string, send func(*dns.Msg)) {
		started <- struct{}{}
		<-end
		with(0, rr("example.com. 60 IN A 192.0.2.1"))(q, network, send)
	}).listen(t))
	conf := server.config()
	conf.timeout = queryTimeout
	r := newRig(t, Config{}, asking(conf))
	for range maxQueries - 1 {
		r.resolver.acquire()
	}
	c := &dns.Conn{Conn: r.dialUDP(netip.AddrPortFrom(gateway, dnsPort))}
	first, second := question("example.com.", dns.TypeA), question("example.com.", dns.TypeA)
	c.WriteMsg(first)
	<-started
	c.WriteMsg(second)
	if m := mustRead(t, c); m.Id != second.Id || m.Rcode != dns.RcodeServerFailure {
		t.Errorf("one query too many: %v", m)
	}
	tcp := &dns.Conn{Conn: r.mustDial(netip.AddrPortFrom(gateway, dnsPort))}
	tcp.WriteMsg(second)
	if m := mustRead(t, tcp); m.Id != second.Id || m.Rcode != dns.RcodeServerFailure {
		t.Errorf("one query too many, by TCP: %v", m)
	}
	close(end)
	if m := mustRead(t, c); m.Id != first.Id || len(m.Answer) != 1 {
		t.Errorf("the first query: %v", m)
	}
	eventually(t, "there is room again", func() bool {
		tcp.WriteMsg(question("gateway.miniboot.internal.", dns.TypeA))
		return mustRead(t, tcp).Rcode == dns.RcodeSuccess && len(r.resolver.tokens) == maxQueries-1
	})
}

// mustRead reads a message with its length in front, or a datagram.
func mustRead(t *testing.T, c *dns.Conn) *dns.Msg {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	m, err := c.ReadMsg()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// At the limit a stream to the DNS is refused, and one that ends makes room.
func TestDNSStreamLimit(t *testing.T) {
	r := newRig(t, Config{})
	at := netip.AddrPortFrom(gateway, dnsPort)
	var first stdnet.Conn
	for range maxDNSConns {
		first = r.mustDial(at)
	}
	if _, err := r.dial(at); err == nil {
		t.Error("one stream too many")
	}
	first.Write(binary.BigEndian.AppendUint16(nil, maxQuery+1)) // and is closed
	eventually(t, "there is room again", func() bool {
		_, err := r.dial(at)
		return err == nil
	})
}
