package vsock

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/unixsock"
)

// Feature bits (5.10.3).
const (
	FeatureStream          uint64 = 1 << 0
	FeatureNoImpliedStream uint64 = 1 << 2
)

// Limits and defaults of a Config.
const (
	MinCID                = 3
	MaxCID                = 0xffff_fffe
	DefaultCID            = 3
	DefaultMaxConnections = 4096
)

// Config says what a socket device is.
type Config struct {
	// Path is the path of the socket for connections to the guest, which New
	// creates with mode 0600. A connection from the guest goes to Path_PORT.
	Path string

	// CID is the guest's context ID, 3 to 0xfffffffe; 0 is DefaultCID.
	CID uint32

	// MaxConnections is the most connections that are open at a time; 0 is
	// DefaultMaxConnections. Beyond that, connections from the guest are refused
	// and connections from the host wait.
	MaxConnections int

	// Log gets a warning when the host has no descriptor for a connection; nil
	// discards it.
	Log *slog.Logger
}

// Device is a socket device.
type Device struct {
	path       string
	cid        uint32
	max        int
	config     *virtio.Config
	listener   *unixsock.Listener
	interrupts chan struct{} // holds one token when a TRANSPORT_RESET is due
	hostPorts  atomic.Uint32 // number of ports given to connections to the guest so far
	stats      counters
	log        *slog.Logger
	nextLine   atomic.Int64 // when log may get another line, in nanoseconds of Unix time
}

var _ virtio.Device = (*Device)(nil)

// New returns a device that listens at its path. Connections wait until there is a driver.
// Close removes the socket.
func New(c Config) (*Device, error) {
	if c.CID == 0 {
		c.CID = DefaultCID
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = DefaultMaxConnections
	}
	switch {
	case c.CID < MinCID || c.CID > MaxCID:
		return nil, fmt.Errorf("vsock: cid %d is reserved: give %d to %d", c.CID, MinCID, uint32(MaxCID))
	case c.MaxConnections < 0:
		return nil, fmt.Errorf("vsock: at most %d connections: give 1 or more", c.MaxConnections)
	case len(c.Path) > unixsock.MaxPath-len("_4294967295"):
		return nil, fmt.Errorf("vsock: path %q has %d bytes, and the system takes %d with _PORT behind it: give a shorter one", c.Path, len(c.Path), unixsock.MaxPath)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	l, err := unixsock.Listen(c.Path)
	if err != nil {
		return nil, fmt.Errorf("vsock: %w", err)
	}
	return &Device{
		path: c.Path, cid: c.CID, max: c.MaxConnections, listener: l,
		config:     virtio.NewConfig(binary.LittleEndian.AppendUint64(nil, uint64(c.CID))),
		interrupts: make(chan struct{}, 1), log: c.Log,
	}, nil
}

// logInterval is the time between two lines of a device that keeps failing.
const logInterval = 5 * time.Second

// exhausted logs an error if it is that the host has no descriptor. Other errors are those
// of programs that are not there, or have gone.
func (d *Device) exhausted(err error) {
	if !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE) {
		return
	}
	now, next := time.Now().UnixNano(), d.nextLine.Load()
	if now >= next && d.nextLine.CompareAndSwap(next, now+int64(logInterval)) {
		d.log.Warn("vsock: a connection is refused or waits: raise the limit, see ulimit -n", "socket", d.path, "err", err)
	}
}

// Close removes the socket. Call it when the device's transport is closed.
func (d *Device) Close() error { return d.listener.Close() }

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeSocket }

// Features implements virtio.Device.
func (d *Device) Features() uint64 { return FeatureStream | FeatureNoImpliedStream }

// QueueSizes implements virtio.Device: rx, tx, event.
func (d *Device) QueueSizes() []uint16 { return []uint16{256, 256, 16} }

// Config implements virtio.Device: guest_cid.
func (d *Device) Config() *virtio.Config { return d.config }

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	m := newMux(ctx, d, queues)
	m.streams = features&(FeatureStream|FeatureNoImpliedStream) != FeatureNoImpliedStream
	d.listener.SetDeadline(time.Time{}) // remove the deadline of the last interruptAccept
	m.wg.Go(m.sendPackets)
	m.wg.Go(m.sendEvents)
	m.wg.Go(m.acceptConnections)
	m.wg.Go(m.interruptAccept)
	m.receivePackets()
	m.wg.Wait()
	d.stats.open.Store(0)
	select {
	case <-d.interrupts: // the driver has dropped its connections itself
	default:
	}
	return nil
}

// ResetTransport ends all connections and tells the driver so, with
// VIRTIO_VSOCK_EVENT_TRANSPORT_RESET (5.10.6.7). It is meant for a guest that has been
// restored from a snapshot, whose connections no longer exist. If there is no driver yet,
// the first one is told.
func (d *Device) ResetTransport() { signal(d.interrupts) }

// Stats are counts since New.
type Stats struct {
	Open    int    // connections now
	Opened  uint64 // connections, in either direction
	Refused uint64 // connections of the guest that the host did not accept
	Dropped uint64 // packets and buffers of the guest that nothing can answer
	Invalid uint64 // packets of the guest answered with RST, except REQUESTs
}

type counters struct {
	open                              atomic.Int64
	opened, refused, dropped, invalid atomic.Uint64
}

// Stats returns the counts, each by itself.
func (d *Device) Stats() Stats {
	s := &d.stats
	return Stats{int(s.open.Load()), s.opened.Load(), s.refused.Load(), s.dropped.Load(), s.invalid.Load()}
}

// signal puts a token into c unless there is one already.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
