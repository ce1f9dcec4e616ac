package vmm

import "time"

// waitForInterrupt parks the routine until an interrupt input is high, a timer
// is due, or another goroutine notifies it. An idle guest costs the host nothing.
func (v *vcpu) waitForInterrupt() error {
	if v.m.cfg.BackendGIC {
		return nil // WFI should not exit then, and only the backend knows when to go on
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
	// maxNap bounds one sleep, and with it how late an event, an interrupt or a
	// timer can come. Linux tolerates that: the event stream that ends its WFE on
	// hardware has a period of 100 µs.
	maxNap = 50 * time.Microsecond
)

// nap returns how long the current WFE may take. It is never longer than the
// series has lasted, so a wait takes at most twice its time.
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

// waitForEvent answers a WFE. It ignores the interrupt inputs. An input that is
// high at a WFE is mostly masked, because the guest spins in an interrupt handler
// or for a lock that interrupt handlers take.
func (v *vcpu) waitForEvent() {
	if d := v.spin.nap(time.Now()); d > 0 && !v.look.Load() {
		nap(d)
		v.spin.last = time.Now()
	}
}
