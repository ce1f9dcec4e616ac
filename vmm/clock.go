package vmm

import (
	"context"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// crossTries is how often a cross-timestamp is taken. The best one counts: the host may
// do something else between two readings.
const crossTries = 3

// crossTimestamp returns the time of day, and what the host's counter was at that
// moment, give or take half of width ticks.
func (m *Machine) crossTimestamp() (wall time.Time, counter, width uint64) {
	for i := range crossTries {
		before := m.vm.Counter()
		now := m.cfg.WallClock().Round(0) // without Go's monotonic reading, which Sub would prefer
		w := m.vm.Counter() - before
		if i == 0 || w < width {
			wall, counter, width = now, before+w/2, w
		}
	}
	return wall, counter, width
}

// duration is how long ticks of the host's counter take.
func (m *Machine) duration(ticks uint64) time.Duration {
	return aarch64.CounterDuration(ticks, m.vm.CounterFrequency())
}

// now reads all clocks. While the machine is paused the guest's counter stands still.
func (m *Machine) now() virtio.Moment {
	m.mu.Lock()
	defer m.mu.Unlock()
	wall, counter, _ := m.crossTimestamp()
	monotonic := m.duration(counter)
	if m.stopped {
		counter = m.stoppedAt
	}
	return virtio.Moment{Wall: wall, Monotonic: monotonic, CNTVCT: counter - m.offset.Load()}
}

// machineClock is what the devices see of a machine's clocks.
type machineClock struct{ m *Machine }

var _ virtio.Clock = machineClock{}

// Now implements virtio.Clock.
func (c machineClock) Now() virtio.Moment { return c.m.now() }

const (
	// clockInterval is how often the host's clock is looked at.
	clockInterval = 10 * time.Second
	// leastJump is the least difference that is a jump. The host corrects its clock by
	// less in a clockInterval without one.
	leastJump = time.Second
	// mostWidth bounds the error of a reading that is compared.
	mostWidth = leastJump / 4
)

// clockWatch notices that the host's time of day and its counter part. They do when
// the host has slept, which stops the counter of macOS and Linux, and when its clock
// was set. The guest's own clock follows the counter.
type clockWatch struct {
	m       *Machine
	wall    time.Time
	counter uint64
}

func newClockWatch(m *Machine) *clockWatch {
	w := &clockWatch{m: m}
	w.wall, w.counter, _ = m.crossTimestamp()
	return w
}

// watchClock reports jumps until ctx is done.
func (m *Machine) watchClock(ctx context.Context) {
	w := newClockWatch(m)
	tick := time.NewTicker(clockInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.report()
		}
	}
}

// look returns by how much the time of day has run ahead of the counter since the last
// look, or 0 if that is no jump.
func (w *clockWatch) look() time.Duration {
	wall, counter, width := w.m.crossTimestamp()
	if w.m.duration(width) > mostWidth {
		return 0 // the next look compares with the same reading
	}
	jump := wall.Sub(w.wall) - w.m.duration(counter-w.counter)
	w.wall, w.counter = wall, counter
	if jump.Abs() < leastJump {
		return 0
	}
	return jump
}

// report logs a jump, and lets the devices with an alarm see it, which may be due.
func (w *clockWatch) report() {
	if jump := w.look(); jump != 0 {
		w.m.rtc.ClockChanged()
		for _, dev := range w.m.cfg.Virtio {
			if dev, ok := dev.(virtio.Clocked); ok {
				dev.ClockChanged()
			}
		}
		w.m.cfg.Log.Warn("vmm: the host's clock jumped, as after sleep: without a time service that reads /dev/ptp0, run hwclock -s in the guest",
			"jump", jump.Round(time.Millisecond))
	}
}
