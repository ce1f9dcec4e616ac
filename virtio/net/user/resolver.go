package user

import (
	"context"
	"errors"
	stdnet "net"
)

// limitedResolver is the host's resolver with limits for the number of queries under way
// and for the time of each.
type limitedResolver struct {
	n      *Network
	tokens chan struct{}
	r      stdnet.Resolver
}

var errBusy = errors.New("too many queries")

func lookUp[T any](r *limitedResolver, look func(context.Context) (T, error)) (v T, err error) {
	select {
	case r.tokens <- struct{}{}:
	default:
		return v, errBusy
	}
	defer func() { <-r.tokens }()
	ctx, cancel := context.WithTimeout(r.n.ctx, dnsTimeout)
	defer cancel()
	return look(ctx)
}

func (r *limitedResolver) LookupIPAddr(_ context.Context, host string) ([]stdnet.IPAddr, error) {
	return lookUp(r, func(ctx context.Context) ([]stdnet.IPAddr, error) { return r.r.LookupIPAddr(ctx, host) })
}

func (r *limitedResolver) LookupCNAME(_ context.Context, host string) (string, error) {
	return lookUp(r, func(ctx context.Context) (string, error) { return r.r.LookupCNAME(ctx, host) })
}

func (r *limitedResolver) LookupMX(_ context.Context, name string) ([]*stdnet.MX, error) {
	return lookUp(r, func(ctx context.Context) ([]*stdnet.MX, error) { return r.r.LookupMX(ctx, name) })
}

func (r *limitedResolver) LookupNS(_ context.Context, name string) ([]*stdnet.NS, error) {
	return lookUp(r, func(ctx context.Context) ([]*stdnet.NS, error) { return r.r.LookupNS(ctx, name) })
}

func (r *limitedResolver) LookupSRV(_ context.Context, service, proto, name string) (string, []*stdnet.SRV, error) {
	type answer struct {
		name    string
		records []*stdnet.SRV
	}
	a, err := lookUp(r, func(ctx context.Context) (a answer, err error) {
		a.name, a.records, err = r.r.LookupSRV(ctx, service, proto, name)
		return a, err
	})
	return a.name, a.records, err
}

func (r *limitedResolver) LookupTXT(_ context.Context, name string) ([]string, error) {
	return lookUp(r, func(ctx context.Context) ([]string, error) { return r.r.LookupTXT(ctx, name) })
}
