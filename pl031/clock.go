package pl031

import "time"

// Clock is the host's time, or a test's.
type Clock interface {
	Now() time.Time
	// NewTimer returns a stopped timer that calls f on a goroutine of its
	// own when it fires.
	NewTimer(f func()) Timer
}

// Timer fires once for each Reset. Neither method waits for f.
type Timer interface {
	Reset(d time.Duration) // at once if d is not positive
	Stop()
}

// NewClock returns a clock with the host's timers that gets the time of day from now,
// such as time.Now.
func NewClock(now func() time.Time) Clock { return hostClock{now} }

type hostClock struct{ now func() time.Time }

func (c hostClock) Now() time.Time { return c.now() }

func (hostClock) NewTimer(f func()) Timer {
	t := time.AfterFunc(time.Hour, f)
	t.Stop()
	return hostTimer{t}
}

type hostTimer struct{ t *time.Timer }

func (t hostTimer) Reset(d time.Duration) { t.t.Reset(d) }
func (t hostTimer) Stop()                 { t.t.Stop() }
