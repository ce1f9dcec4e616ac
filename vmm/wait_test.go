package vmm

import (
	"testing"
	"time"
)

// TestSpin follows a guest's WFE instructions: those that come one after the
// other soon cost it a nap, a single one does not.
func TestSpin(t *testing.T) {
	const µs = time.Microsecond
	var s spin
	now := time.Now()
	for i, step := range []struct{ after, want time.Duration }{
		{0, 0},
		{5 * µs, 0},
		{5 * µs, 0},
		{9 * µs, 0}, // 19 µs
		{5 * µs, 24 * µs},
		{20 * µs, 44 * µs},
		{20 * µs, maxNap},
		{5 * µs, maxNap},
		{21 * µs, 0}, // another wait
		{20 * µs, 20 * µs},
		{time.Hour, 0},
		{5 * µs, 0},
	} {
		now = now.Add(step.after)
		if got := s.nap(now); got != step.want {
			t.Errorf("step %d, %v after the last: nap of %v, want %v", i, step.after, got, step.want)
		}
	}
}
