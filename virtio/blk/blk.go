package blk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Config says what a block device is.
type Config struct {
	Disk     Disk
	Name     string // of the disk, for messages
	ReadOnly bool
	Serial   string // up to 20 bytes, what udev calls ID_SERIAL
	Queues   int    // 0 means 1; more queues than the guest has CPUs are of no use

	// Log gets a warning when the disk fails, at a limited rate; nil discards it.
	Log *slog.Logger
}

// MaxQueues is the most queues that a device has.
const MaxQueues = 64

// workers is how many requests of a queue are carried out at a time.
const workers = 8

// Device is a block device.
type Device struct {
	cfg      Config
	disk     Disk
	pieces   Vectored
	config   *virtio.Config
	serial   [MaxSerial]byte
	sectors  atomic.Uint64 // capacity
	cache    atomic.Bool   // writes need not be flushed
	nextLine atomic.Int64  // when a line may be logged again, in Unix nanoseconds
}

var _ virtio.Device = (*Device)(nil)

// New returns a device for a disk whose size is a multiple of 512 bytes.
func New(c Config) (*Device, error) {
	if c.Queues == 0 {
		c.Queues = 1
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Disk == nil {
		return nil, errors.New("blk: Config.Disk is nil: give a disk, such as raw.Open of package raw returns")
	}
	size, err := c.Disk.Size()
	switch {
	case err != nil:
		return nil, fmt.Errorf("blk: %s: %w", c.Name, err)
	case size == 0:
		return nil, fmt.Errorf("blk: %s: the disk is empty: give it a size, see truncate(1)", c.Name)
	case size < 0 || size%sectorSize != 0:
		return nil, fmt.Errorf("blk: %s: size of 0x%x bytes: want a multiple of %d, see truncate(1)", c.Name, size, sectorSize)
	case len(c.Serial) > MaxSerial:
		return nil, fmt.Errorf("blk: %s: serial number %q has %d bytes, give at most %d", c.Name, c.Serial, len(c.Serial), MaxSerial)
	case c.Queues < 0 || c.Queues > MaxQueues:
		return nil, fmt.Errorf("blk: %s: %d queues: give 1 to %d", c.Name, c.Queues, MaxQueues)
	}
	d := &Device{cfg: c, disk: c.Disk}
	d.pieces, _ = c.Disk.(Vectored)
	if d.pieces == nil {
		d.pieces = inTurn{c.Disk}
	}
	copy(d.serial[:], c.Serial)
	d.sectors.Store(uint64(size) / sectorSize)
	d.config = newConfig(d.sectors.Load(), c.Queues, granularity(c.Disk))
	d.config.Writable(offWriteback, 1, func(v uint64) { d.cache.Store(v != 0) })
	return d, nil
}

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeBlock }

// Features implements virtio.Device.
func (d *Device) Features() uint64 {
	f := FeatureSegMax | FeatureBlkSize | FeatureTopology | FeatureFlush | FeatureConfigWCE
	if d.cfg.ReadOnly {
		f |= FeatureRO
	} else {
		f |= FeatureDiscard | FeatureWriteZeroes
	}
	if d.cfg.Queues > 1 {
		f |= FeatureMQ
	}
	return f
}

// QueueSizes implements virtio.Device: requestq1 and on.
func (d *Device) QueueSizes() []uint16 {
	sizes := make([]uint16, d.cfg.Queues)
	for i := range sizes {
		sizes[i] = queueSize
	}
	return sizes
}

// Config implements virtio.Device.
func (d *Device) Config() *virtio.Config { return d.config }

// SizeChanged reads the disk's size and tells the guest if it has changed. A size that
// is not a multiple of 512 bytes is rounded down.
func (d *Device) SizeChanged() error {
	size, err := d.disk.Size()
	if err != nil {
		return fmt.Errorf("blk: %s: %w", d.cfg.Name, err)
	}
	if now := uint64(size) / sectorSize; d.sectors.Swap(now) != now {
		d.config.Update(func(b []byte) { binary.LittleEndian.PutUint64(b[offCapacity:], now) })
	}
	return nil
}

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, features uint64, queues []*virtio.Queue) error {
	if features&FeatureConfigWCE == 0 {
		d.cache.Store(features&FeatureFlush != 0)
	} else {
		d.config.View(func(b []byte) { d.cache.Store(b[offWriteback] != 0) })
	}
	var wg sync.WaitGroup
	for _, q := range queues {
		for range workers {
			wg.Go(func() { d.work(ctx, q) })
		}
	}
	wg.Wait()
	return nil
}

// work answers the requests of a queue, one after the other.
func (d *Device) work(ctx context.Context, q *virtio.Queue) {
	var c virtio.Chain
	for q.Next(ctx, &c) {
		q.Push(&c, d.handle(&c))
	}
}

// logInterval is the time between two lines of a device that keeps failing.
const logInterval = 5 * time.Second

// failed logs what went wrong with the disk.
func (d *Device) failed(what string, off, n int64, err error) {
	now, next := time.Now().UnixNano(), d.nextLine.Load()
	if now >= next && d.nextLine.CompareAndSwap(next, now+int64(logInterval)) {
		d.cfg.Log.Warn("blk: the disk fails", "disk", d.cfg.Name, "err", fmt.Errorf("%s 0x%x bytes at 0x%x: %w", what, n, off, err))
	}
}
