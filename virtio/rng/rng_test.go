package rng_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

func TestRequests(t *testing.T) {
	source := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	for _, tc := range []struct{ room, want int }{{1, 1}, {64, 64}, {4096, 4096}, {rng.MaxRequest, rng.MaxRequest}, {1 << 20, rng.MaxRequest}, {0, 0}} {
		d := virtiotest.New(t, rng.New(rng.Config{Source: iotest.OneByteReader(bytes.NewReader(source))}))
		d.Start(virtiotest.AllFeatures)
		var request []byte
		if tc.room == 0 {
			request = []byte("a driver must not send anything")
		}
		if got := d.Rings[0].Do(request, tc.room); !bytes.Equal(got, source[:tc.want]) {
			t.Errorf("room for %d: %d bytes, want %d", tc.room, len(got), tc.want)
		}
	}
}

func TestHostEntropy(t *testing.T) {
	d := virtiotest.New(t, rng.New(rng.Config{}))
	d.Start(virtiotest.AllFeatures)
	a, b := d.Rings[0].Do(nil, 64), d.Rings[0].Do(nil, 64)
	if len(a) != 64 || bytes.Equal(a, b) || bytes.Equal(a, make([]byte, 64)) {
		t.Errorf("two requests: % x, % x", a, b)
	}
}

// A source that fails gives what it has and then nothing: no zeros.
func TestSourceFails(t *testing.T) {
	for _, tc := range []struct {
		source io.Reader
		want   string // of a request for 16 bytes; "" if it is never answered
	}{
		{strings.NewReader("0123456789"), "0123456789"},
		{strings.NewReader(""), ""},
		{iotest.ErrReader(io.ErrClosedPipe), ""},
	} {
		d := virtiotest.New(t, rng.New(rng.Config{Source: tc.source}))
		d.Start(0)
		r := d.Rings[0]
		at := d.Alloc(16)
		r.Chain(0, virtiotest.Buffer{Addr: at, Len: 16, Writable: true})
		r.Offer(0)
		r.Kick()
		d.AwaitStatus(virtio.StatusNeedsReset)
		u, ok := r.Take()
		if ok != (tc.want != "") || string(d.Bytes(at, int(u.Written))) != tc.want {
			t.Errorf("answered %v with %q, want %q", ok, d.Bytes(at, int(u.Written)), tc.want)
		}
		if !strings.Contains(d.LastLog(), "rng: read entropy") {
			t.Errorf("log %q", d.LastLog())
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// BenchmarkRequest is a request of 64 bytes from a source that costs nothing.
func BenchmarkRequest(b *testing.B) {
	d := virtiotest.New(b, rng.New(rng.Config{Source: zeros{}}))
	d.Start(virtiotest.AllFeatures)
	r := d.Rings[0]
	r.Chain(0, virtiotest.Buffer{Addr: d.Alloc(64), Len: 64, Writable: true})
	b.ReportAllocs()
	for b.Loop() {
		r.Arm()
		r.Offer(0)
		r.Kick()
		r.Poll()
		d.Acknowledge()
	}
}
