package net

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Feature bits (5.1.3).
const (
	FeatureCsum      uint64 = 1 << 0
	FeatureGuestCsum uint64 = 1 << 1
	FeatureMTU       uint64 = 1 << 3
	FeatureMAC       uint64 = 1 << 5
	FeatureGuestTSO4 uint64 = 1 << 7
	FeatureGuestTSO6 uint64 = 1 << 8
	FeatureHostTSO4  uint64 = 1 << 11
	FeatureHostTSO6  uint64 = 1 << 12
	FeatureMrgRxbuf  uint64 = 1 << 15
	FeatureStatus    uint64 = 1 << 16
	FeatureCtrlVQ    uint64 = 1 << 17
	FeatureCtrlRX    uint64 = 1 << 18

	// features are the features of every device.
	features = FeatureCsum | FeatureGuestCsum | FeatureMAC | FeatureGuestTSO4 | FeatureGuestTSO6 | FeatureHostTSO4 |
		FeatureHostTSO6 | FeatureMrgRxbuf | FeatureStatus | FeatureCtrlVQ | FeatureCtrlRX
)

// Offsets in the configuration space (5.1.4), and its size.
const (
	offMAC       = 0
	offStatus    = 6
	offMaxQueues = 8
	offMTU       = 10
	configSize   = 12

	statusLinkUp = 1 // VIRTIO_NET_S_LINK_UP
)

// Queues (5.1.2), and how many descriptors they have.
const (
	receiveq  = 0
	transmitq = 1
	controlq  = 2

	queueSize   = 256
	controlSize = 64
)

// Limits of an MTU: what every IPv4 host accepts (RFC 791), and what fits the length field
// of an IPv4 header.
const MinMTU, MaxMTU = 68, 65535

// MAC is the address of an Ethernet interface.
type MAC [6]byte

func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// Config says what a network device is.
type Config struct {
	// Backend is the network. It outlives the device.
	Backend Backend

	// Name is the network's name in Log.
	Name string

	// MAC is the address that the device gives the guest. It must not be a group
	// address. Zero means the Backend's, if that is an Addresser.
	MAC MAC

	// MTU is the most bytes after an Ethernet header that the guest may send, 68
	// to 65535. If it is 0, the guest is told no MTU.
	MTU int

	// Capture gets all packets; nil for none.
	Capture *Capture

	// Log gets a warning when the network has ended, goes away, or is back; nil
	// discards it.
	Log *slog.Logger
}

// Device is a network device.
type Device struct {
	cfg    Config
	config *virtio.Config
	down   atomic.Uint32 // why the link is down, a set of reasons; 0 means it is up
	stats  counters
}

// Reasons for a link to be down.
const (
	pulled uint32 = 1 << iota // by SetLink
	away                      // the backend waits for its other end
	ended                     // so has the backend
)

var _ virtio.Device = (*Device)(nil)

// New returns a device whose link is up.
func New(c Config) (*Device, error) {
	if b, ok := c.Backend.(Addresser); ok && c.MAC == (MAC{}) {
		c.MAC = b.GuestMAC()
	}
	switch {
	case c.MAC[0]&1 != 0 || c.MAC == MAC{}:
		return nil, fmt.Errorf("net: the MAC address %v cannot belong to an interface: give one whose first byte is even, such as 02:00:00:00:00:01", c.MAC)
	case c.MTU != 0 && (c.MTU < MinMTU || c.MTU > MaxMTU):
		return nil, fmt.Errorf("net: an MTU of %d: give %d to %d", c.MTU, MinMTU, MaxMTU)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	config := make([]byte, configSize)
	copy(config[offMAC:], c.MAC[:])
	config[offStatus] = statusLinkUp
	config[offMaxQueues] = 1
	binary.LittleEndian.PutUint16(config[offMTU:], uint16(c.MTU))
	return &Device{cfg: c, config: virtio.NewConfig(config)}, nil
}

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeNet }

// Features implements virtio.Device.
func (d *Device) Features() uint64 {
	if d.cfg.MTU != 0 {
		return features | FeatureMTU
	}
	return features
}

// QueueSizes implements virtio.Device: receiveq1, transmitq1, controlq.
func (d *Device) QueueSizes() []uint16 { return []uint16{queueSize, queueSize, controlSize} }

// Config implements virtio.Device.
func (d *Device) Config() *virtio.Config { return d.config }

// SetLink plugs the cable in or pulls it out. While it is out, packets are dropped.
func (d *Device) SetLink(up bool) { d.setDown(pulled, !up) }

func (d *Device) linkUp() bool { return d.down.Load() == 0 }

// setDown adds a reason for the link to be down, or takes it away.
func (d *Device) setDown(reason uint32, down bool) (changed bool) {
	var was uint32
	if down {
		was = d.down.Or(reason)
	} else {
		was = d.down.And(^reason)
	}
	changed = (was&reason != 0) != down
	if others := was &^ reason; changed && others == 0 {
		d.config.Update(func(b []byte) { b[offStatus] ^= statusLinkUp })
	}
	return changed
}

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	stop := context.AfterFunc(ctx, d.cfg.Backend.Interrupt)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { newTransmitter(ctx, d, features, queues[transmitq]).run() })
	wg.Go(func() { control(ctx, queues[controlq]) })
	newReceiver(ctx, d, features, queues[receiveq]).run()
	wg.Wait()
	return nil
}

// failed pulls the cable out because the backend has ended.
func (d *Device) failed(err error) {
	if d.setDown(ended, true) {
		d.cfg.Log.Warn("net: the network has ended, the guest sees its cable pulled", "network", d.cfg.Name, "err", err)
	}
}

// wentAway pulls the cable out until the backend's other end is back.
func (d *Device) wentAway(err error) {
	if d.setDown(away, true) {
		d.cfg.Log.Warn("net: the network is away, the guest sees its cable pulled until it is back", "network", d.cfg.Name, "err", err)
	}
}

// isBack plugs the cable in again.
func (d *Device) isBack() {
	if d.setDown(away, false) {
		d.cfg.Log.Warn("net: the network is back", "network", d.cfg.Name)
	}
}

func (d *Device) capture(to direction, packet []byte) {
	if err := d.cfg.Capture.write(to, packet); err != nil {
		d.cfg.Log.Warn("net: the capture has ended, later packets are not in it", "network", d.cfg.Name, "err", err)
	}
}

// Stats are counts of packets since New.
type Stats struct {
	Sent            uint64 // by the guest
	SentInvalid     uint64 // by the guest, against the specification: dropped
	SentDropped     uint64 // by the guest, without a link or after the backend's end: dropped
	Received        uint64 // by the guest
	ReceivedDropped uint64 // for the guest, without a link or too large for its buffers: dropped
}

func (s Stats) String() string {
	return fmt.Sprintf("packets of the guest: %d sent, %d invalid, %d dropped; for it: %d received, %d dropped",
		s.Sent, s.SentInvalid, s.SentDropped, s.Received, s.ReceivedDropped)
}

type counters struct {
	sent, sentInvalid, sentDropped, received, receivedDropped atomic.Uint64
}

// Stats returns the counts, each by itself.
func (d *Device) Stats() Stats {
	s := &d.stats
	return Stats{s.sent.Load(), s.sentInvalid.Load(), s.sentDropped.Load(), s.received.Load(), s.receivedDropped.Load()}
}
