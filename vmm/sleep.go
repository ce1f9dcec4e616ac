package vmm

import "time"

// sleeper is where a routine waits. One goroutine sleeps, any may wake it.
type sleeper interface {
	// sleep returns after a wake, also one since the last sleep, or after d. It may
	// return early.
	sleep(d time.Duration)
	wake()
}

// parking is a sleeper that every host has. A timer of package time ends it up to a
// millisecond late, and a wake passes through Go's scheduler.
type parking struct {
	woken chan struct{} // has room for one
	alarm *time.Timer
}

func newParking() *parking {
	p := &parking{woken: make(chan struct{}, 1), alarm: time.NewTimer(time.Hour)}
	p.alarm.Stop()
	return p
}

func (p *parking) sleep(d time.Duration) {
	p.alarm.Reset(d)
	select {
	case <-p.woken:
	case <-p.alarm.C:
	}
	p.alarm.Stop()
}

func (p *parking) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}
