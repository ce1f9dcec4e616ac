package vmm

import (
	"bytes"
	"log"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A guest that misbehaves all the time makes the log grow slowly.
func TestLogIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := complaints{log: log.New(&out, "", 0)}
		for range 3 {
			for i := range 1000 {
				c.complain("access %d", i)
			}
			time.Sleep(time.Second)
		}
		c.complain("last")
		second := []string{"guest: access 0", "guest: access 1", "guest: access 2", "guest: access 3", "guest: access 4"}
		const dropped = "guest: 995 more such lines dropped"
		var want []string
		for range 3 {
			want = append(append(want, second...), dropped)
		}
		want = append(want, "guest: last")
		if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(out.String()), "\n")); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// A line that is dropped costs nothing. Time stands still in the bubble.
func TestDroppedLineDoesNotAllocate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := complaints{log: log.New(&out, "", 0)}
		access := func(i int) {
			if c.wanted() {
				c.printf("access %d", i)
			}
		}
		for i := range complaintRate {
			access(i)
		}
		lines := out.Len()
		if n := testing.AllocsPerRun(100, func() { access(1 << 20) }); n != 0 {
			t.Errorf("%v allocations for a dropped line", n)
		}
		if out.Len() != lines || c.dropped != 101 {
			t.Errorf("%d lines dropped, want 101; the log has\n%s", c.dropped, out.String())
		}
	})
}
