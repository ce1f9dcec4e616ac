package user

import (
	"bytes"
	"context"
	stdnet "net"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// A response is what a name server of the host answers.
type response struct {
	*dns.Msg
	bytes []byte
}

// ask asks the host's name servers, one after the other, as the C library does: a server
// that fails or refuses is not the last word if there is another. It returns nil if none
// has answered.
func (c *resolverConfig) ask(ctx context.Context, q *query) (last *response) {
	for range c.attempts {
		for _, server := range c.servers {
			a := c.askServer(ctx, q, server)
			if a == nil {
				continue
			}
			last = a
			switch a.Rcode {
			case dns.RcodeServerFailure, dns.RcodeNotImplemented, dns.RcodeRefused:
				continue
			}
			return a
		}
		if last != nil || ctx.Err() != nil {
			break
		}
	}
	return last
}

// askServer asks one server, by UDP. If the answer is cut and the guest asks by TCP, it
// asks by TCP, too (RFC 7766, 5). It returns nil if there is no answer.
func (c *resolverConfig) askServer(ctx context.Context, q *query, server string) *response {
	a := c.exchange(ctx, q.onward(), "udp", server)
	if a != nil && a.Truncated && q.tcp {
		return c.exchange(ctx, q.onward(), "tcp", server)
	}
	return a
}

// exchange sends a query and waits for its answer.
func (c *resolverConfig) exchange(ctx context.Context, query *dns.Msg, network, server string) *response {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var dialer stdnet.Dialer
	conn, err := dialer.DialContext(ctx, network, server)
	if err != nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		stop()
		conn.Close()
	}()
	framed := &dns.Conn{Conn: conn}
	if err := framed.WriteMsg(query); err != nil {
		return nil
	}
	b := make([]byte, dns.MaxMsgSize)
	for {
		n, err := framed.Read(b)
		if err != nil {
			return nil
		}
		if m := new(dns.Msg); m.Unpack(b[:n]) == nil && answers(m, query) {
			return &response{m, bytes.Clone(b[:n])}
		}
	}
}

// answers reports whether a message is the answer to a query (RFC 5452, 9.1). A server that
// does not understand a query need not repeat the question.
func answers(m, query *dns.Msg) bool {
	if !m.Response || m.Id != query.Id || m.Opcode != dns.OpcodeQuery {
		return false
	}
	if len(m.Question) == 0 {
		return m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError
	}
	got, want := m.Question[0], query.Question[0]
	return len(m.Question) == 1 && got.Qtype == want.Qtype && got.Qclass == want.Qclass && strings.EqualFold(got.Name, want.Name)
}
