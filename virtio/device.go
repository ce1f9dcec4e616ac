package virtio

import (
	"context"
	"fmt"
	"time"
)

// Device is what differs between virtio devices. The transport owns status,
// features, queues and interrupt.
type Device interface {
	// Type is the device ID. A device of your own may have any number that Virtio does
	// not assign (5).
	Type() DeviceType

	// Features are the bits that the device offers, in addition to Transport's own.
	Features() uint64

	// QueueSizes returns the most descriptors that each queue can hold: a power
	// of two up to 32768. A device without queues returns nil.
	QueueSizes() []uint16

	// Config is the configuration space, the same at each call; nil for none.
	Config() *Config

	// Serve works on the queues, one for each of QueueSizes; a queue that the
	// driver has not set up stays empty. features are the ones that the driver
	// has accepted. Serve is called at DRIVER_OK. It must return soon after ctx
	// is done, and nothing may use the memory of a chain after that. An error
	// before that is the host's failure: it sets DEVICE_NEEDS_RESET. A device without
	// queues waits for ctx.
	Serve(ctx context.Context, features uint64, queues []*Queue) error
}

// SharedMemory is a Device with shared memory regions (2.10).
type SharedMemory interface {
	// SharedMemory returns the guest physical range of a region, in bytes.
	SharedMemory(id uint8) (base, size uint64, ok bool)
}

// Clocked is a Device that reads the machine's clocks.
type Clocked interface {
	// SetClock is called once, before the first Serve.
	SetClock(Clock)
	// ClockChanged says that the time of day may have jumped. It does not block.
	ClockChanged()
}

// Clock is what a machine's clocks show. It may be read on any goroutine.
type Clock interface {
	Now() Moment
}

// Moment is the clocks at one moment.
type Moment struct {
	Wall      time.Time     // the host's time of day
	Monotonic time.Duration // since some moment before the start; stands still while the host sleeps
	CNTVCT    uint64        // the guest's CNTVCT_EL0
}

// DeviceType is a device ID (5).
type DeviceType uint32

const (
	TypeNet     DeviceType = 1
	TypeBlock   DeviceType = 2
	TypeConsole DeviceType = 3
	TypeEntropy DeviceType = 4
	TypeBalloon DeviceType = 5
	TypeClock   DeviceType = 17
	TypeSocket  DeviceType = 19
	TypeFS      DeviceType = 26
)

var typeNames = map[DeviceType]string{
	TypeNet: "net", TypeBlock: "blk", TypeConsole: "console", TypeEntropy: "rng", TypeBalloon: "balloon",
	TypeClock: "rtc", TypeSocket: "vsock", TypeFS: "fs",
}

func (t DeviceType) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Feature bits that the transport and the queues implement (6).
const (
	FeatureIndirectDesc uint64 = 1 << 28
	FeatureEventIdx     uint64 = 1 << 29
	FeatureVersion1     uint64 = 1 << 32

	// transportFeatures are offered for every device.
	transportFeatures = FeatureIndirectDesc | FeatureEventIdx | FeatureVersion1
)
