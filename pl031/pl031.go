package pl031

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// maxWait is how long the timer runs before the host's clock is looked at
// again: the two may drift apart while the host sleeps.
const maxWait = time.Minute

// Config says what a clock is connected to.
type Config struct {
	Line  mmio.Line // RTCINTR; nil leaves it unconnected
	Clock Clock     // nil is the host's
}

// RTC is a PL031. Its methods may be called from any goroutine.
type RTC struct {
	intr  mmio.Line
	clock Clock
	timer Timer // runs while the alarm is armed
	bad   atomic.Uint64

	mu     sync.Mutex // before the interrupt controller's
	m      machine
	closed bool
}

var _ mmio.Device = (*RTC)(nil)

// New returns a clock in reset. Close it when the machine is gone.
func New(c Config) *RTC {
	r := &RTC{intr: c.Line, clock: c.Clock}
	if r.intr == nil {
		r.intr = mmio.LineFunc(func(bool) {})
	}
	if r.clock == nil {
		r.clock = hostClock{}
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

// Reset puts every register to its reset value and the counter to the host's
// time.
func (r *RTC) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m = machine{}
	r.settleLocked(r.clock.Now())
}

// Read implements mmio.Device.
func (r *RTC) Read(a mmio.Access) uint64 {
	reg := table.Find(a)
	if reg == nil {
		r.bad.Add(1)
		return 0
	}
	if a.Off >= 0xfe0 {
		return reg.Reset
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.m.read(a.Off, r.clock.Now().Unix())
	r.intr.Set(r.m.pending())
	return uint64(v) & reg.Read
}

// Write implements mmio.Device.
func (r *RTC) Write(a mmio.Access, v uint64) {
	reg := table.Find(a)
	if reg == nil {
		r.bad.Add(1)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	r.m.write(a.Off, uint32(v&reg.Write), now.Unix())
	r.settleLocked(now)
}

// BadAccesses is how many accesses reached no register.
func (r *RTC) BadAccesses() uint64 { return r.bad.Load() }

// fired is called by the timer, perhaps early, perhaps late.
func (r *RTC) fired() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.clock.Now()
	r.m.tick(now.Unix())
	r.settleLocked(now)
}

// settleLocked states the interrupt line again and sets the timer for what is
// left until the alarm.
func (r *RTC) settleLocked(now time.Time) {
	r.intr.Set(r.m.pending())
	if !r.m.armed || r.closed {
		r.timer.Stop()
		return
	}
	r.timer.Reset(min(time.Unix(r.m.alarmAt, 0).Sub(now), maxWait))
}
