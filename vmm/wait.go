package vmm

import "time"

// waitForInterrupt parks the routine until an interrupt input is high, a timer
// is due, or somebody notifies it: an idle guest costs the host nothing.
func (v *vcpu) waitForInterrupt() error {
	if v.m.cfg.BackendGIC {
		return nil // WFI does not exit then, and nobody here would know when to go on
	}
	deadline, err := v.nextTimer()
	if err != nil {
		return err
	}
	if deadline <= 0 || v.irq.Load() || v.fiq.Load() || v.look.Load() {
		return nil
	}
	v.alarm.Reset(min(deadline, time.Hour))
	select {
	case <-v.wake:
	case <-v.alarm.C:
	}
	v.alarm.Stop()
	return nil
}

// spin is a series of WFE instructions that follow each other closely: the CPU
// waits for a store of another one, to a lock for instance. No backend can tell
// when that comes. The architecture lets a WFE end at any time, so the guest
// looks again and again, which costs a host core; and with more vCPUs than cores
// it may be the very core that the CPU with the lock would run on.
type spin struct {
	began, last time.Time
}

const (
	// spinGap is how long after a WFE another one belongs to the same series.
	spinGap = 20 * time.Microsecond
	// spinFree is how long a series goes on without giving up the core.
	spinFree = 20 * time.Microsecond
	// maxNap bounds one sleep, and with it how late an event, an interrupt or a
	// timer can come. Linux waits that imprecisely, too: the event stream that
	// ends its WFE on hardware has a period of 100 µs.
	maxNap = 50 * time.Microsecond
)

// nap says how long the WFE that is executed now may take: never longer than
// the series has lasted, so that a wait takes twice its time at most.
func (s *spin) nap(now time.Time) time.Duration {
	if now.Sub(s.last) > spinGap {
		s.began = now
	}
	s.last = now
	waited := now.Sub(s.began)
	if waited < spinFree {
		return 0
	}
	return min(waited, maxNap)
}

// waitForEvent answers a WFE. It does not look at the interrupt inputs: one that
// is high at a WFE is most often masked, because the guest spins in an
// interrupt handler or with a lock that one may take.
func (v *vcpu) waitForEvent() {
	if d := v.spin.nap(time.Now()); d > 0 && !v.look.Load() {
		nap(d)
		v.spin.last = time.Now()
	}
}
