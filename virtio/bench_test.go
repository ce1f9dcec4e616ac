package virtio_test

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// BenchmarkRequest is what a request costs without a CPU and without the work
// of a device: from the notification to the interrupt's acknowledgement.
func BenchmarkRequest(b *testing.B) {
	for _, bc := range []struct {
		name  string
		depth int
	}{{"one", 1}, {"batch of 32", 32}} {
		b.Run(bc.name, func(b *testing.B) {
			d := virtiotest.New(b, newEcho())
			d.Start(virtiotest.AllFeatures)
			r := d.Rings[0]
			r.IndirectChain(0, buf(d.Alloc(16), 16), wbuf(d.Alloc(16), 16))
			b.ReportAllocs()
			for range b.N / bc.depth {
				r.ArmAfter(bc.depth - 1)
				for range bc.depth {
					r.Offer(0)
				}
				r.Kick()
				for range bc.depth {
					r.Poll()
				}
				d.Acknowledge()
			}
		})
	}
}

// BenchmarkRegister is a read of InterruptStatus.
func BenchmarkRegister(b *testing.B) {
	d := virtiotest.New(b, newEcho())
	b.ReportAllocs()
	for b.Loop() {
		d.Read(virtio.RegInterruptStatus)
	}
}

// No request allocates, on either side of the notification.
func TestRequestAllocates(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	d.Start(virtiotest.AllFeatures)
	r := d.Rings[0]
	r.IndirectChain(0, buf(d.Alloc(16), 16), wbuf(d.Alloc(16), 16))
	allocs := testing.AllocsPerRun(1000, func() {
		r.Arm()
		r.Offer(0)
		r.Kick()
		r.Poll()
		d.Acknowledge()
	})
	if allocs != 0 {
		t.Errorf("%v allocations a request, want 0", allocs)
	}
}
