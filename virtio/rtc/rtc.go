package rtc

import (
	"context"
	"errors"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// FeatureAlarm is VIRTIO_RTC_F_ALARM (5.23.3).
const FeatureAlarm uint64 = 1 << 0

// Clock identifiers.
const (
	ClockWall = iota
	ClockMonotonic
	clocks
)

// Queues by index (5.23.2).
const (
	requestq = iota
	alarmq
	queues
)

// maxWait is how long a timer runs before the host's clock is read again: the two may
// drift apart while the host sleeps.
const maxWait = time.Minute

// Device is an RTC device.
type Device struct {
	clock   virtio.Clock
	changed chan struct{} // holds one token after the clock may have jumped
}

var (
	_ virtio.Device  = (*Device)(nil)
	_ virtio.Clocked = (*Device)(nil)
)

// New returns a device that shows the clocks of the machine that it is put into.
func New() *Device { return &Device{changed: make(chan struct{}, 1)} }

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeClock }

// Features implements virtio.Device.
func (d *Device) Features() uint64 { return FeatureAlarm }

// QueueSizes implements virtio.Device.
func (d *Device) QueueSizes() []uint16 { return []uint16{requestq: 16, alarmq: 16} }

// Config implements virtio.Device.
func (d *Device) Config() *virtio.Config { return nil }

// SetClock implements virtio.Clocked.
func (d *Device) SetClock(c virtio.Clock) { d.clock = c }

// ClockChanged implements virtio.Clocked.
func (d *Device) ClockChanged() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, features uint64, qs []*virtio.Queue) error {
	if d.clock == nil {
		return errors.New("rtc: the machine has no clock for the device: call SetClock")
	}
	s := session{clock: d.clock, alarms: features&FeatureAlarm != 0}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	for {
		s.look()
		if s.serve(qs[requestq]) || s.notify(qs[alarmq]) {
			continue
		}
		timer.Reset(s.left())
		select {
		case <-ctx.Done():
			return nil
		case <-qs[requestq].Ready():
		case <-qs[alarmq].Ready():
		case <-d.changed:
		case <-timer.C:
		}
	}
}
