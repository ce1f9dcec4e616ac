package vmm

import (
	"runtime"
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

// A series that lasts makes its naps longer, in proportion and up to maxDoze.
func TestSpinDozes(t *testing.T) {
	var s spin
	now := time.Now()
	began := now
	for now.Sub(began) < time.Second {
		d := s.nap(now)
		lasted := now.Sub(began)
		if most := max(maxNap, min(lasted/dozePart, maxDoze)); d > most || d < most && lasted > maxNap {
			t.Fatalf("after %v: a nap of %v, want %v", lasted, d, most)
		}
		now = now.Add(d + time.Microsecond)
		s.last = now
	}
}

// TestPoll: a WFI polls after a short sleep, and after polls that were in vain ever
// more of them do not.
func TestPoll(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("on a host with one CPU no WFI polls")
	}
	var p poll
	skips := func() (n int) {
		for ; !p.due(); n++ {
			if n > 2*mostSkips {
				return -1
			}
		}
		return n
	}
	if n := skips(); n != -1 {
		t.Errorf("polls before any sleep, after %d", n)
	}
	p.slept(shortSleep)
	if n := skips(); n != -1 {
		t.Errorf("polls after a long sleep, after %d", n)
	}
	p.slept(shortSleep - 1)
	for _, want := range []int{0, 1, 3, 7, 15, 31, 63, 127, 255, 256, 256} {
		if n := skips(); n != want {
			t.Errorf("skips %d waits, want %d", n, want)
		}
		p.tried(false)
	}
	skips()
	p.tried(true)
	if n := skips(); n != 0 {
		t.Errorf("skips %d waits after a poll that was worth it", n)
	}
}

// A sleep ends by a wake, also one from before, and otherwise when its time is over.
func TestSleep(t *testing.T) {
	for name, s := range map[string]sleeper{"the host's": newSleeper(), "parking": newParking()} {
		began := time.Now()
		s.wake()
		s.wake()
		s.sleep(time.Hour)
		s.sleep(time.Millisecond) // two wakes are one
		if d := time.Since(began); d < time.Millisecond {
			t.Errorf("%s: slept %v, want a millisecond at least", name, d)
		}
		time.AfterFunc(time.Millisecond, s.wake)
		s.sleep(time.Hour)
	}
}
