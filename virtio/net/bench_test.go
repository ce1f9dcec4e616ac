package net

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// null is a network that takes packets, and gives one again and again, at no
// cost.
type null struct {
	packet []byte
	more   chan struct{}
	stop   chan struct{}
}

func (null) Offloads() uint64  { return FeatureCsum | FeatureHostTSO4 | FeatureHostTSO6 }
func (null) Send([]byte) error { return nil }
func (n null) Interrupt()      { n.stop <- struct{}{} }
func newNull(packet []byte) null {
	return null{packet, make(chan struct{}, 256), make(chan struct{}, 1)}
}

func (n null) Receive(packet []byte) (int, error) {
	select {
	case <-n.more:
		return copy(packet, n.packet), nil
	case <-n.stop:
		return 0, ErrInterrupted
	}
}

// sender returns a function that has depth packets sent.
func sender(t testing.TB, packet []byte, features uint64, b Backend, depth int) func() {
	d, _ := start(t, Config{Backend: b}, features)
	r := d.Rings[transmitq]
	at := d.Alloc(len(packet))
	copy(d.Bytes(at, len(packet)), packet)
	for i := range depth {
		r.Chain(i, virtiotest.Buffer{Addr: at, Len: uint32(len(packet))})
	}
	return func() {
		r.ArmAfter(depth - 1)
		for i := range depth {
			r.Offer(i)
		}
		r.Kick()
		for range depth {
			r.Poll()
		}
		d.Acknowledge()
	}
}

// gatherer returns a function that has depth packets received, with as many
// buffers of a size as they need.
func gatherer(t testing.TB, packet []byte, size uint32, depth int) func() {
	n := newNull(packet)
	d, _ := start(t, Config{Backend: n}, virtiotest.AllFeatures)
	r := d.Rings[receiveq]
	each := (len(packet) + int(size) - 1) / int(size)
	post(d, depth*each, size)
	return func() {
		r.ArmAfter(depth*each - 1)
		for range depth {
			n.more <- struct{}{}
		}
		for range depth * each {
			u := r.Poll()
			r.Offer(int(u.Head))
		}
		r.Kick()
		d.Acknowledge()
	}
}

var benchPackets = []struct {
	name   string
	packet []byte
	depth  int
}{
	{"64 bytes", append(make([]byte, HeaderSize), make([]byte, 64)...), 1},
	{"1514 bytes", shape{payload: 1460}.packet(0), 1},
	{"1514 bytes, 32 at once", shape{payload: 1460}.packet(0), 32},
	{"64 KiB", shape{payload: 64000}.packet(1460), 1},
}

// BenchmarkTransmit is what a packet of the guest costs without a CPU and
// without a network.
func BenchmarkTransmit(b *testing.B) {
	for _, bc := range benchPackets {
		b.Run(bc.name, func(b *testing.B) {
			send := sender(b, bc.packet, virtiotest.AllFeatures, newNull(nil), bc.depth)
			b.SetBytes(int64(len(bc.packet) - HeaderSize))
			b.ReportAllocs()
			for range b.N / bc.depth {
				send()
			}
		})
	}
}

// plain is null without offloads.
type plain struct{ null }

func (plain) Offloads() uint64 { return 0 }

// BenchmarkSegment is a large packet for a network that does not take large packets.
func BenchmarkSegment(b *testing.B) {
	packet := shape{payload: 64000}.packet(1460)
	send := sender(b, packet, virtiotest.AllFeatures, plain{newNull(nil)}, 1)
	b.SetBytes(int64(len(packet) - HeaderSize))
	b.ReportAllocs()
	for b.Loop() {
		send()
	}
}

// BenchmarkReceive is a packet for the guest, in one buffer, and in as many of
// 1,536 bytes as it needs.
func BenchmarkReceive(b *testing.B) {
	for _, bc := range benchPackets {
		for _, size := range []uint32{1536, 65600} {
			if size > 1536 && (len(bc.packet) <= 1536 || bc.depth > 1) {
				continue
			}
			b.Run(fmt.Sprintf("%s, buffers of %d", bc.name, size), func(b *testing.B) {
				receive := gatherer(b, bc.packet, size, bc.depth)
				b.SetBytes(int64(len(bc.packet) - HeaderSize))
				b.ReportAllocs()
				for range b.N / bc.depth {
					receive()
				}
			})
		}
	}
}

// BenchmarkChecksum is the checksum of a large packet.
func BenchmarkChecksum(b *testing.B) {
	p := make([]byte, 65536)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		sum(p, 0)
	}
}

func TestPacketAllocates(t *testing.T) {
	large := shape{payload: 64000}.packet(1460)
	for name, do := range map[string]func(){
		"sent":          sender(t, large, virtiotest.AllFeatures, newNull(nil), 1),
		"cut":           sender(t, large, virtiotest.AllFeatures, plain{newNull(nil)}, 1),
		"received":      gatherer(t, large, 1536, 1),
		"received, one": gatherer(t, benchPackets[0].packet, 1536, 1),
	} {
		if n := testing.AllocsPerRun(500, do); n != 0 {
			t.Errorf("%s: %v allocations a packet, want 0", name, n)
		}
	}
}
