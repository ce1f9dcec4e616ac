//go:build linux || darwin

package fs

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// FileSystem answers the guest's requests, in the host's numbers for errno, open flags and
// types of locks. Its OnUnmount is called when the guest unmounts and when the device is
// reset; the file system may be used again afterwards. Its Init is not called.
type FileSystem = fuse.RawFileSystem

// Config says what a file system device is.
type Config struct {
	Tag      string // what the guest mounts: mount -t virtiofs TAG DIR
	FS       FileSystem
	ReadOnly bool // requests that would change FS get EROFS
	Queues   int  // for requests; 0 means 1; more than the guest has CPUs are of no use
}

// Device is a file system device.
type Device struct {
	cfg    Config
	config *virtio.Config
	stats  counters
}

var _ virtio.Device = (*Device)(nil)

// New returns a device for a file system.
func New(c Config) (*Device, error) {
	if c.Queues == 0 {
		c.Queues = 1
	}
	if err := CheckTag(c.Tag); err != nil {
		return nil, err
	}
	if c.FS == nil {
		return nil, fmt.Errorf("fs: %s: Config.FS is nil: give a file system, such as share.Open of package share returns", c.Tag)
	}
	if c.Queues < 0 || c.Queues > MaxQueues {
		return nil, fmt.Errorf("fs: %s: %d queues: give 1 to %d", c.Tag, c.Queues, MaxQueues)
	}
	return &Device{cfg: c, config: newConfig(c.Tag, c.Queues)}, nil
}

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeFS }

// Features implements virtio.Device: none of its own.
func (d *Device) Features() uint64 { return 0 }

// QueueSizes implements virtio.Device: hiprio, and the request queues.
func (d *Device) QueueSizes() []uint16 {
	sizes := make([]uint16, 1+d.cfg.Queues)
	for i := range sizes {
		sizes[i] = queueSize
	}
	return sizes
}

// Config implements virtio.Device.
func (d *Device) Config() *virtio.Config { return d.config }

type counters struct{ requests, invalid, dropped, panics atomic.Uint64 }

// Stats returns the counts, each by itself.
func (d *Device) Stats() Stats {
	s := &d.stats
	return Stats{s.requests.Load(), s.invalid.Load(), s.dropped.Load(), s.panics.Load()}
}

// workers is how many requests of a queue are carried out at a time, in addition to those
// that wait for a lock.
const workers = 8

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, _ uint64, queues []*virtio.Queue) error {
	s := &server{Device: d, fs: d.cfg.FS, ctx: ctx, waiting: map[uint64]context.CancelFunc{}, maxWaiting: MaxWaiting}
	for _, q := range queues {
		if q.Size() > 0 {
			s.maxWaiting = min(s.maxWaiting, q.Size()/4)
		}
	}
	var wg sync.WaitGroup
	for _, q := range queues {
		for range workers {
			wg.Go(func() { s.work(q, &wg) })
		}
	}
	wg.Wait()
	s.fs.OnUnmount()
	return nil
}

// server is a device from DRIVER_OK to its reset.
type server struct {
	*Device
	fs      FileSystem
	ctx     context.Context
	mounted atomic.Bool // from INIT to DESTROY

	// maxWaiting keeps half of a queue free for requests that end the waiting. A
	// request has at least two descriptors.
	maxWaiting int

	mu      sync.Mutex
	waiting map[uint64]context.CancelFunc // requests that INTERRUPT can end, by their unique
}

// work answers the requests of a queue, one after the other. Requests that may wait for
// others get a goroutine of their own.
func (s *server) work(q *virtio.Queue, wg *sync.WaitGroup) {
	r := &request{server: s}
	for q.Next(s.ctx, &r.chain) {
		if status := r.parse(); status.Ok() && r.op.waits {
			waiter := r
			wg.Go(func() {
				waiter.answer(waiter.wait())
				q.Push(&waiter.chain, waiter.written)
			})
			r = &request{server: s}
			continue
		} else if status.Ok() {
			r.answer(r.carryOut(s.ctx.Done()))
		} else {
			r.answer(status)
		}
		q.Push(&r.chain, r.written)
	}
}
