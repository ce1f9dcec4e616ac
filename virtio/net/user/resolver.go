package user

import (
	"context"
	"time"

	"github.com/miekg/dns"
)

// Limits of the DNS.
const (
	maxQueries   = 64 // passed on at a time
	queryTimeout = 10 * time.Second
)

// resolver answers the guest's questions with what the host would find out.
type resolver struct {
	ctx     context.Context // done at Close
	tokens  chan struct{}   // one for each query that is passed on
	config  func() resolverConfig
	hosts   func() hostNames
	library lookuper // which is asked if config knows no server
}

// search returns the domains in which the host looks up short names.
func (r *resolver) search() []string { return r.config().search }

// local answers a message for which nobody else is needed. If q is not nil, the message is
// a question to pass on. If both are nil, the message gets no answer.
func (r *resolver) local(b []byte, tcp bool) (answer []byte, q *query) {
	q, refusal := parse(b, tcp)
	if q == nil {
		return refusal, nil
	}
	m, ok := q.own()
	if !ok {
		m, ok = q.inHosts(r.hosts())
	}
	if ok {
		return q.pack(m), nil
	}
	return nil, q
}

// acquire takes a token for passing a question on. It returns false at the limit.
func (r *resolver) acquire() (ok bool) {
	select {
	case r.tokens <- struct{}{}:
		return true
	default:
		return false
	}
}

func (r *resolver) release() { <-r.tokens }

// pass passes a question on and returns the answer.
func (r *resolver) pass(q *query) []byte {
	ctx, cancel := context.WithTimeout(r.ctx, queryTimeout)
	defer cancel()
	c := r.config()
	if len(c.servers) == 0 {
		return q.pack(lookUp(ctx, r.library, q))
	}
	a := c.ask(ctx, q)
	if a == nil {
		return q.refuse(dns.RcodeServerFailure)
	}
	return q.passBack(a)
}

// answer answers a message, nil if it gets no answer.
func (r *resolver) answer(b []byte, tcp bool) []byte {
	answer, q := r.local(b, tcp)
	switch {
	case q == nil:
		return answer
	case !r.acquire():
		return q.refuse(dns.RcodeServerFailure)
	}
	defer r.release()
	return r.pass(q)
}
