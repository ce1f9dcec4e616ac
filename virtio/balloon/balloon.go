package balloon

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Feature bits (5.5.3).
const (
	FeatureMustTellHost uint64 = 1 << 0
	FeatureStats        uint64 = 1 << 1
	FeatureDeflateOnOOM uint64 = 1 << 2
	FeatureReporting    uint64 = 1 << 5
)

// PageSize is the unit of the balloon in bytes, whatever the size of the guest's and
// the host's pages (5.5.6).
const PageSize = 4096

// MaxPages is how many page numbers of one request to inflate are read. Linux sends 256.
const MaxPages = 4096

// Offsets in the configuration space (5.5.4).
const (
	offNumPages = 0 // le32: what the host wants
	offActual   = 4 // le32: what the driver has given
	configSize  = 8
)

// Queues by index. Drivers look for the reporting queue at either of the last two:
// Linux numbers only the queues that exist, the specification all possible ones.
const (
	inflateq = iota
	deflateq
	statsq
	queue3
	queue4
	queues
)

// Device is a balloon.
type Device struct {
	config  *virtio.Config
	actual  atomic.Uint32 // pages
	given   atomic.Uint64 // bytes released, ever
	refresh chan struct{} // asks for statistics

	mu    sync.Mutex // a leaf
	stats Stats
	fresh chan struct{} // closed when stats changes
}

var _ virtio.Device = (*Device)(nil)

// New returns an empty balloon.
func New() *Device {
	d := &Device{config: virtio.NewConfig(make([]byte, configSize)), refresh: make(chan struct{}, 1), fresh: make(chan struct{})}
	d.config.Writable(offActual, 4, func(v uint64) { d.actual.Store(uint32(v)) })
	return d
}

// Type implements virtio.Device.
func (d *Device) Type() virtio.DeviceType { return virtio.TypeBalloon }

// Features implements virtio.Device.
func (d *Device) Features() uint64 {
	return FeatureMustTellHost | FeatureStats | FeatureDeflateOnOOM | FeatureReporting
}

// QueueSizes implements virtio.Device.
func (d *Device) QueueSizes() []uint16 { return []uint16{128, 128, 8, 32, 32} }

// Config implements virtio.Device.
func (d *Device) Config() *virtio.Config { return d.config }

// SetTarget asks the guest to put so many bytes into the balloon, rounded down to
// pages. The guest does so when it can; Actual says how far it has come.
func (d *Device) SetTarget(bytes uint64) {
	pages := uint32(min(bytes/PageSize, 1<<32-1))
	d.config.Update(func(b []byte) { binary.LittleEndian.PutUint32(b[offNumPages:], pages) })
}

// Actual returns how many bytes are in the balloon, by the driver's own account.
func (d *Device) Actual() uint64 { return uint64(d.actual.Load()) * PageSize }

// Released returns how many bytes the guest has given back so far. Bytes that it has
// taken again still count.
func (d *Device) Released() uint64 { return d.given.Load() }

// Serve implements virtio.Device.
func (d *Device) Serve(ctx context.Context, features uint64, qs []*virtio.Queue) error {
	d.actual.Store(0)
	var g *granules
	if m := qs[inflateq].Memory(); m.Granule > PageSize && m.Granule <= maxGranule && features&FeatureMustTellHost != 0 {
		g = newGranules(m.Granule, m.End())
	}
	var wg sync.WaitGroup
	wg.Go(func() { d.inflate(ctx, qs[inflateq], g) })
	wg.Go(func() { d.deflate(ctx, qs[deflateq], g) })
	for _, i := range []int{statsq, queue3, queue4} {
		switch {
		case i == statsq && features&FeatureStats != 0:
			wg.Go(func() { d.collect(ctx, qs[i]) })
		case features&FeatureReporting != 0:
			wg.Go(func() { d.report(ctx, qs[i]) })
		}
	}
	wg.Wait()
	return nil
}

// inflate takes pages: the driver does not use them until it has deflated. g is nil if
// the host frees single pages.
func (d *Device) inflate(ctx context.Context, q *virtio.Queue, g *granules) {
	var c virtio.Chain
	var pages []uint64
	take := func(r run) { d.take(q.Memory(), r) }
	for q.Next(ctx, &c) {
		pages = pageNumbers(pages[:0], &c)
		if g != nil {
			g.inflate(pages, take)
		} else {
			inRuns(pages, take)
		}
		q.Push(&c, 0)
	}
}

// pageNumbers appends the page numbers of a request.
func pageNumbers(pages []uint64, c *virtio.Chain) []uint64 {
	var number [4]byte
	for len(pages) < MaxPages && c.Readable.CopyOut(number[:]) == len(number) {
		pages = append(pages, uint64(binary.LittleEndian.Uint32(number[:])))
	}
	return pages
}

// inRuns calls take for runs of pages that follow each other, upwards or downwards.
func inRuns(pages []uint64, take func(run)) {
	var r run
	for _, page := range pages {
		if !r.add(page) {
			take(r)
			r = run{page, 1}
		}
	}
	take(r)
}

// run is a range of pages.
type run struct{ first, n uint64 }

// add extends the run by a page that is next to either end. It returns false for any
// other page.
func (r *run) add(page uint64) bool {
	switch {
	case r.n == 0:
		*r = run{page, 1}
	case page == r.first+r.n:
		r.n++
	case page+1 == r.first:
		r.first, r.n = page, r.n+1
	default:
		return false
	}
	return true
}

// take releases those pages of a run that are memory.
func (d *Device) take(m *virtio.Memory, r run) {
	if b, ok := m.Slice(r.first*PageSize, r.n*PageSize); ok && r.n > 0 {
		d.release(m, b)
	}
}

func (d *Device) release(m *virtio.Memory, b []byte) {
	if m.Release != nil && m.Release(b) == nil {
		d.given.Add(uint64(len(b)))
	}
}

// deflate answers a driver that takes its pages back. They are mapped all the time.
func (d *Device) deflate(ctx context.Context, q *virtio.Queue, g *granules) {
	var c virtio.Chain
	var pages []uint64
	for q.Next(ctx, &c) {
		for g != nil && len(c.Readable) > 0 && ctx.Err() == nil { // all of them, as the guest uses them again
			pages = pageNumbers(pages[:0], &c)
			g.deflate(pages)
		}
		q.Push(&c, 0)
	}
}

// report releases free pages, which the driver uses again once the chain is
// back.
func (d *Device) report(ctx context.Context, q *virtio.Queue) {
	var c virtio.Chain
	for q.Next(ctx, &c) {
		for _, b := range c.Writable {
			d.release(q.Memory(), b)
		}
		q.Push(&c, 0)
	}
}
