package vmm

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// complaintRate is how many records a guest can add to the log in a second.
const complaintRate = 5

// newGuestLog returns a logger that passes a guest's mistakes on to log at a
// limited rate. A guest can make millions of mistakes a second. Between exit and
// entry a record is made only if vcpu.complains, so a dropped one costs no
// allocation.
func newGuestLog(log *slog.Logger) *slog.Logger {
	return slog.New(limited{log.Handler(), new(rate)})
}

// complains reports whether the log has room for a record about this vCPU.
func (v *vcpu) complains() bool { return v.log.Enabled(context.Background(), slog.LevelInfo) }

// hex is a number that is logged in hexadecimal.
type hex uint64

// LogValue implements slog.LogValuer.
func (h hex) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("0x%x", uint64(h))) }

// limited is a handler that drops records beyond a rate and logs how many it
// dropped.
type limited struct {
	slog.Handler
	rate *rate
}

// Enabled implements slog.Handler. What it refuses counts as dropped.
func (l limited) Enabled(ctx context.Context, level slog.Level) bool {
	return l.Handler.Enabled(ctx, level) && l.rate.room()
}

// Handle implements slog.Handler.
func (l limited) Handle(ctx context.Context, r slog.Record) error {
	ok, before := l.rate.take()
	if before > 0 {
		note := slog.NewRecord(r.Time, r.Level, "guest: more such records were dropped", 0)
		note.AddAttrs(slog.Int("records", before))
		if err := l.Handler.Handle(ctx, note); err != nil {
			return err
		}
	}
	if !ok {
		return nil
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler. The handlers made from one share its rate.
func (l limited) WithAttrs(attrs []slog.Attr) slog.Handler {
	return limited{l.Handler.WithAttrs(attrs), l.rate}
}

// WithGroup implements slog.Handler.
func (l limited) WithGroup(name string) slog.Handler {
	return limited{l.Handler.WithGroup(name), l.rate}
}

// rate counts records by the second.
type rate struct {
	mu      sync.Mutex
	second  time.Time // when the current second began
	taken   int       // in it
	dropped int       // since the last one that was taken in another second
}

// room reports whether there is room for a record, and counts it as dropped if
// there is none.
func (r *rate) room() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken < complaintRate || time.Since(r.second) >= time.Second {
		return true
	}
	r.dropped++
	return false
}

// take counts a record, and says how many were dropped in the second that it
// ends.
func (r *rate) take() (ok bool, before int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.second) >= time.Second {
		before = r.dropped
		r.second, r.taken, r.dropped = now, 0, 0
	}
	if r.taken >= complaintRate {
		r.dropped++
		return false, 0
	}
	r.taken++
	return true, before
}
