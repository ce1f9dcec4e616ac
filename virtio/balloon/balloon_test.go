package balloon_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// Queue numbers of 5.5.2. The specification has the reporting queue at 4. Linux has
// it at 3, or at 2 without the statistics queue.
const inflateq, deflateq, statsq = 0, 1, 2

// firstPage is the number of the first page of memory.
const firstPage = virtiotest.RAMBase / 4096

// start returns a driver of a balloon and the parts of memory that it was
// given, by their offset and size.
func start(t testing.TB, features uint64) (d *virtiotest.Driver, dev *balloon.Device, released func() []string) {
	return startWith(t, features, 0)
}

// start16K is start on a host that frees units of 16 KiB.
func start16K(t testing.TB, features uint64) (d *virtiotest.Driver, dev *balloon.Device, released func() []string) {
	return startWith(t, features, 16384)
}

func startWith(t testing.TB, features, granule uint64) (d *virtiotest.Driver, dev *balloon.Device, released func() []string) {
	dev = balloon.New()
	d = virtiotest.New(t, dev)
	var mu sync.Mutex
	var log []string
	d.Memory.Granule = granule
	d.Memory.Release = func(part []byte) error {
		for i := 0; i < len(d.RAM); i += 4096 {
			if &d.RAM[i] == &part[0] {
				mu.Lock()
				log = append(log, fmt.Sprintf("%d+%d", i/4096, len(part)/4096))
				mu.Unlock()
			}
		}
		return nil
	}
	d.Start(features)
	return d, dev, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(log)
	}
}

func pages(numbers ...uint32) (b []byte) {
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

func TestInflate(t *testing.T) {
	const p = firstPage
	many := make([]uint32, balloon.MaxPages+1)
	for i := range many {
		many[i] = p + uint32(i%2*10)
	}
	for _, tc := range []struct {
		name    string
		request []byte
		want    []string
	}{
		{"one", pages(p + 3), []string{"3+1"}},
		{"a run", pages(p, p+1, p+2), []string{"0+3"}},
		{"a run backwards", pages(p+9, p+8, p+7), []string{"7+3"}},
		{"runs", pages(p+1, p+2, p+7, p+6, p+20), []string{"1+2", "6+2", "20+1"}},
		{"nothing", pages(), nil},
		{"a part of a number", pages(p + 3)[:3], nil},
		{"outside memory", pages(0, p-1, p+1024, 0xffffffff, 0xfffffffe), nil},
		{"over the end of memory", pages(p+1023, p+1024), nil},
		{"the last page", pages(p + 1023), []string{"1023+1"}},
	} {
		d, dev, released := start(t, virtiotest.AllFeatures)
		if len(tc.request) > 0 {
			d.Rings[inflateq].Do(tc.request, 0)
		}
		d.Reset()
		if diff := cmp.Diff(tc.want, released()); diff != "" {
			t.Errorf("%s: released -want +got\n%s", tc.name, diff)
		}
		if (dev.Released() > 0) != (len(tc.want) > 0) {
			t.Errorf("%s: Released %d", tc.name, dev.Released())
		}
	}
	d, _, released := start(t, virtiotest.AllFeatures)
	d.Rings[inflateq].Do(pages(many...), 0)
	if n := len(released()); n != balloon.MaxPages {
		t.Errorf("a request of %d pages: %d were looked at, want %d", len(many), n, balloon.MaxPages)
	}
	d.Rings[deflateq].Do(pages(p), 0)
	if n := len(released()); n != balloon.MaxPages {
		t.Error("deflating releases memory")
	}
}

func TestReport(t *testing.T) {
	for _, tc := range []struct {
		features uint64
		queue    int
	}{
		{virtiotest.AllFeatures, 3}, {virtiotest.AllFeatures, 4}, {balloon.FeatureReporting, 2},
	} {
		d, dev, released := start(t, tc.features)
		r := d.Rings[tc.queue]
		r.Chain(0, virtiotest.Buffer{Addr: virtiotest.RAMBase + 0x10000, Len: 0x8000, Writable: true},
			virtiotest.Buffer{Addr: virtiotest.RAMBase + 0x30000, Len: 0x1000, Writable: true})
		r.Offer(0)
		r.Kick()
		r.Await()
		if diff := cmp.Diff([]string{"16+8", "48+1"}, released()); diff != "" || dev.Released() != 0x9000 {
			t.Errorf("queue %d: released 0x%x bytes, -want +got\n%s", tc.queue, dev.Released(), diff)
		}
	}
}

func TestTarget(t *testing.T) {
	d, dev, _ := start(t, virtiotest.AllFeatures)
	dev.SetTarget(10<<20 + 100)
	if d.AwaitInterrupt() != 2 || d.Config(0, 4) != 2560 {
		t.Errorf("num_pages %d, want 2560", d.Config(0, 4))
	}
	d.SetConfig(4, 4, 100)
	d.SetConfig(0, 4, 7)
	if d.Config(4, 4) != 100 || dev.Actual() != 100*4096 || d.Config(0, 4) != 2560 {
		t.Errorf("actual %d, Actual 0x%x, num_pages %d", d.Config(4, 4), dev.Actual(), d.Config(0, 4))
	}
	d.Reset()
	d.Start(0)
	d.Reset()
	if d.Config(4, 4) != 0 || dev.Actual() != 0 || d.Config(0, 4) != 2560 {
		t.Errorf("after reset: actual %d, Actual %d, num_pages %d", d.Config(4, 4), dev.Actual(), d.Config(0, 4))
	}
}

func stat(tag uint16, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint16(nil, tag), v)
}

func TestStats(t *testing.T) {
	d, dev, _ := start(t, virtiotest.AllFeatures)
	r := d.Rings[statsq]
	at := d.Alloc(64)
	offer := func(b ...[]byte) {
		n := copy(d.Bytes(at, 64), slices.Concat(b...))
		r.Chain(0, virtiotest.Buffer{Addr: at, Len: uint32(n)})
		r.Offer(0)
		r.Kick()
	}
	offer(stat(4, 111), stat(5, 222))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	type answer struct {
		s   balloon.Stats
		err error
	}
	answers := make(chan answer)
	ask := func() { s, err := dev.Stats(ctx); answers <- answer{s, err} }
	go ask()
	var got answer
	for got.s.Value[balloon.TagFree] != 333 { // the first may be what was there before
		select {
		case got = <-answers:
			if got.err != nil {
				t.Fatal(got.err)
			}
			if got.s.Value[balloon.TagFree] != 333 {
				go ask()
			}
		case <-time.After(time.Millisecond):
			if _, ok := r.Take(); ok {
				offer(stat(4, 333), stat(99, 1), stat(15, 5), []byte{1, 2, 3})
			}
		}
	}
	if s := got.s; !s.Has(balloon.TagFree) || s.Has(balloon.TagTotal) || s.Value[15] != 5 || !s.Has(15) || s.Has(99) {
		t.Errorf("statistics %+v", s)
	}
	d.Reset()
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := dev.Stats(short); err != context.DeadlineExceeded {
		t.Errorf("without a driver: %v", err)
	}
}

// BenchmarkInflate is a request of 256 pages, as Linux makes them, without the
// host's part.
func BenchmarkInflate(b *testing.B) {
	d := virtiotest.New(b, balloon.New())
	d.Memory.Release = func([]byte) error { return nil }
	d.Start(virtiotest.AllFeatures)
	r := d.Rings[inflateq]
	at := d.Alloc(1024)
	for i := range uint32(256) {
		binary.LittleEndian.PutUint32(d.Bytes(at, 1024)[4*i:], firstPage+i*3%256)
	}
	r.Chain(0, virtiotest.Buffer{Addr: at, Len: 1024})
	b.ReportAllocs()
	for b.Loop() {
		r.Arm()
		r.Offer(0)
		r.Kick()
		r.Poll()
		d.Acknowledge()
	}
}

// FuzzQueues sends any bytes to any queue. What is released is memory.
func FuzzQueues(f *testing.F) {
	f.Add(uint8(0), pages(firstPage, firstPage+1, 0xffffffff))
	f.Add(uint8(2), stat(3, 4))
	f.Fuzz(func(t *testing.T, queue uint8, b []byte) {
		if len(b) == 0 {
			return
		}
		dev := balloon.New()
		d := virtiotest.New(t, dev)
		d.Memory.Release = func(part []byte) error {
			if len(part) == 0 || len(part) > len(d.RAM) {
				t.Errorf("%d bytes released", len(part))
			}
			return nil
		}
		d.Start(virtiotest.AllFeatures)
		at := d.Alloc(len(b))
		copy(d.Bytes(at, len(b)), b)
		r := d.Rings[int(queue)%len(d.Rings)]
		r.Chain(0, virtiotest.Buffer{Addr: at, Len: uint32(len(b)), Writable: queue >= 3})
		r.Offer(0)
		r.Kick()
		if r.Index != statsq {
			r.Poll()
		}
		d.Reset()
		if s := d.Status(); s != 0 {
			t.Errorf("status %v", virtio.Status(s))
		}
	})
}
