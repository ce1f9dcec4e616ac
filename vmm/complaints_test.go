package vmm

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plain writes records as text without time and level.
func plain(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// A guest that misbehaves all the time makes the log grow slowly, whichever of
// the loggers it reaches.
func TestLogIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := newGuestLog(plain(&out))
		each := []*slog.Logger{log.With("vcpu", 0), log.With("vcpu", 1)}
		for range 3 {
			for i := range 1000 {
				each[i%2].Info("access", "address", hex(i))
			}
			time.Sleep(time.Second)
		}
		log.Info("last")
		second := []string{"msg=access vcpu=0 address=0x0", "msg=access vcpu=1 address=0x1", "msg=access vcpu=0 address=0x2",
			"msg=access vcpu=1 address=0x3", "msg=access vcpu=0 address=0x4"}
		const dropped = `msg="guest: more such records were dropped"`
		var want []string
		for i := range 3 {
			if i > 0 {
				want = append(want, dropped+" vcpu=0 records=995")
			}
			want = append(want, second...)
		}
		want = append(want, dropped+" records=995", "msg=last")
		if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(out.String()), "\n")); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// A dropped record costs nothing, whether its level or the rate dropped it.
// Time stands still in the bubble.
func TestDroppedRecordDoesNotAllocate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			name    string
			level   slog.Level
			records int
		}{
			{"rate", slog.LevelInfo, complaintRate},
			{"level", slog.LevelWarn, 0},
		} {
			var out bytes.Buffer
			v := &vcpu{log: newGuestLog(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: tc.level}))).With("vcpu", 1)}
			access := func(i int) {
				if v.complains() {
					v.log.Info("access", "address", hex(i))
				}
			}
			for i := range complaintRate {
				access(i)
			}
			if n := testing.AllocsPerRun(100, func() { access(1 << 20) }); n != 0 {
				t.Errorf("%s: %v allocations for a dropped record", tc.name, n)
			}
			if got := bytes.Count(out.Bytes(), []byte("\n")); got != tc.records {
				t.Errorf("%s: %d records, want %d; the log has\n%s", tc.name, got, tc.records, out.String())
			}
		}
	})
}
