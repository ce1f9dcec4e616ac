package pl031

import (
	"sync"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// maxWait is how long the timer runs before the host's clock is read again: the two
// may drift apart while the host sleeps.
const maxWait = time.Minute

// Config says what a clock is connected to.
type Config struct {
	Line  mmio.Line // RTCINTR; nil leaves it unconnected
	Clock Clock     // nil is the host's
}

// RTC is a PL031. Its methods may be called from any goroutine.
type RTC struct {
	*mmio.Bank
	intr  mmio.Line
	clock Clock
	timer Timer // runs while the alarm is armed

	mu     sync.Mutex // before the interrupt controller's
	m      machine
	closed bool
}

var _ mmio.Device = (*RTC)(nil)

// New returns a clock in reset. Close it when the machine is gone.
func New(c Config) *RTC {
	r := &RTC{intr: mmio.Connected(c.Line), clock: c.Clock}
	r.Bank = mmio.NewBank(table, r.read, r.write)
	if r.clock == nil {
		r.clock = NewClock(time.Now)
	}
	r.timer = r.clock.NewTimer(r.fired)
	return r
}

// Close stops the alarm for good. Registers can still be read and written.
func (r *RTC) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.timer.Stop()
}

// Reset sets every register to its reset value and the counter to the host's time.
func (r *RTC) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m = machine{}
	r.settleLocked(r.clock.Now())
}

// read reads a register, for the bank.
func (r *RTC) read(off uint64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.m.read(off, r.clock.Now().Unix())
	r.intr.Set(r.m.pending())
	return uint64(v)
}

// write writes a register, for the bank.
func (r *RTC) write(off, v uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	r.m.write(off, uint32(v), now.Unix())
	r.settleLocked(now)
}

// ClockChanged says that the host's clock may have jumped, so that an alarm that is due
// now does not wait for the timer.
func (r *RTC) ClockChanged() { r.fired() }

// fired is called by the timer, which may be early or late.
func (r *RTC) fired() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	r.m.tick(now.Unix())
	r.settleLocked(now)
}

// settleLocked sets the interrupt line to its level, and the timer to the time that
// is left until the alarm.
func (r *RTC) settleLocked(now time.Time) {
	r.intr.Set(r.m.pending())
	if !r.m.armed || r.closed {
		r.timer.Stop()
		return
	}
	r.timer.Reset(min(time.Unix(r.m.alarmAt, 0).Sub(now), maxWait))
}
