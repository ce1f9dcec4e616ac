package vmm

import (
	"runtime"
	"time"
)

// waitForInterrupt parks the routine until an interrupt input is high, a timer
// is due, or another goroutine notifies it. An idle guest costs the host nothing.
func (v *vcpu) waitForInterrupt() error {
	deadline, err := v.nextTimer()
	if err != nil {
		return err
	}
	if deadline <= 0 || v.awaited() {
		return nil
	}
	if v.m.cfg.BackendGIC {
		v.counts.show()
		v.sleeper.sleep(min(deadline, mostBlind))
		return nil
	}
	began := time.Now()
	if v.poll.due() {
		came := v.pollInputs(began, min(deadline, pollTime))
		v.poll.tried(came)
		if deadline -= time.Since(began); came || deadline <= 0 {
			return nil
		}
	}
	v.counts.show()
	v.sleeper.sleep(min(deadline, time.Hour))
	v.poll.slept(time.Since(began))
	return nil
}

// mostBlind bounds the wait beside the backend's own interrupt controller, and with it
// how late an interrupt can come. WFI should wait inside Run then, and only the backend
// knows when the guest is to go on. If WFI exits all the same, the guest must not spin.
const mostBlind = time.Millisecond

// awaited reports whether there is something that ends a WFI.
func (v *vcpu) awaited() bool { return v.irq.Load() || v.fiq.Load() || v.look.Load() }

// pollInputs looks at the inputs until one ends the wait, or d is over. It also gives
// up where time stands still, as in a test.
func (v *vcpu) pollInputs(began time.Time, d time.Duration) (came bool) {
	for n := range 1 << 20 {
		if v.awaited() {
			return true
		}
		if n%64 == 63 && time.Since(began) >= d {
			return false
		}
	}
	return false
}

const (
	// pollTime is how long a WFI may look at its inputs before its thread sleeps: a
	// few times what it takes to wake a thread on another core of the host, so that
	// an answer from one that slept comes in time.
	pollTime = 100 * time.Microsecond
	// shortSleep is a sleep after which the next WFI may poll.
	shortSleep = 2 * pollTime
)

// poll decides whether a WFI polls. It does after a short sleep, as one for another
// CPU's answer is. When that was in vain, because the host has no core for both or the
// guest has become idle, the next ones do not.
type poll struct {
	short     bool // the last sleep was
	skip      int  // so many waits do not poll
	nextSkips int
}

// mostSkips bounds poll.skip.
const mostSkips = 256

func (p *poll) due() bool {
	if !p.short || runtime.NumCPU() == 1 {
		return false
	}
	if p.skip > 0 {
		p.skip--
		return false
	}
	return true
}

func (p *poll) tried(came bool) {
	if came {
		p.nextSkips = 0
		return
	}
	p.nextSkips = min(2*p.nextSkips+1, mostSkips)
	p.skip = p.nextSkips
}

func (p *poll) slept(d time.Duration) { p.short = d < shortSleep }

// spin is a series of WFE instructions that follow each other closely. The CPU
// waits for a store by another CPU, to a lock for instance, and no backend can
// tell when it comes. The architecture lets a WFE end at any time, so the guest
// may look again and again. That costs a host core, perhaps the very core that
// the CPU with the lock needs.
type spin struct {
	began, last time.Time
}

const (
	// spinGap is the longest time between two WFEs of one series.
	spinGap = 20 * time.Microsecond
	// spinFree is how long a series goes on without giving up the core.
	spinFree = 20 * time.Microsecond
	// maxNap bounds one sleep that nothing ends, and with it how late an event, an
	// interrupt or a timer can come. Linux tolerates that: the event stream that ends its
	// WFE on hardware has a period of 100 µs.
	maxNap = 50 * time.Microsecond
	// maxDoze bounds one sleep that interrupts and timers end, in a long series.
	maxDoze = time.Millisecond
	// dozePart is the part of the series that such a sleep may take.
	dozePart = 32
)

// nap returns how long the current WFE may take. It is never longer than the
// series has lasted, so a wait takes at most twice its time. Only a small part of the
// series is longer than maxNap.
func (s *spin) nap(now time.Time) time.Duration {
	if now.Sub(s.last) > spinGap {
		s.began = now
	}
	s.last = now
	waited := now.Sub(s.began)
	if waited < spinFree {
		return 0
	}
	return min(waited, max(maxNap, min(waited/dozePart, maxDoze)))
}

// waitForEvent answers a WFE. It ignores an interrupt input that is high already. It is
// mostly masked, because the guest spins in an interrupt handler or for a lock that
// interrupt handlers take.
func (v *vcpu) waitForEvent() error {
	d := v.spin.nap(time.Now())
	if d == 0 || v.look.Load() {
		return nil
	}
	defer func() { v.spin.last = time.Now() }()
	if d > maxNap {
		due, err := v.nextTimer()
		if err != nil {
			return err
		}
		if due > maxNap {
			v.sleeper.sleep(min(d, due))
			return nil
		}
	}
	nap(min(d, maxNap))
	return nil
}
