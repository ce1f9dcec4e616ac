package vsock

import (
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// loop is a guest that makes no garbage: every buffer to send has the same
// packet.
type loop struct {
	*guest
	free int    // to send
	next int    // of them
	fwd  uint32 // as the host has last said
	got  uint32 // bytes
}

func newLoop(g *guest, h header, size int) *loop {
	h.len = uint32(size)
	for i := range txBuffers {
		at := g.txAt + uint64(i*txSize)
		h.encode((*[headerSize]byte)(g.Bytes(at, headerSize)))
		g.tx.Chain(i, virtiotest.Buffer{Addr: at, Len: uint32(headerSize + size)})
	}
	return &loop{guest: g, free: txBuffers}
}

// offer sends the packet.
func (l *loop) offer() {
	for _, ok := l.tx.Take(); ok; _, ok = l.tx.Take() {
		l.free++
	}
	if l.free == 0 {
		l.tx.Poll()
		l.free++
	}
	l.free--
	l.tx.Offer(l.next)
	l.tx.Kick()
	l.next = (l.next + 1) % txBuffers
}

// await waits for a packet. It sleeps, because the runtime serves sockets only when
// a processor is idle.
func (l *loop) await() virtiotest.Used {
	for n := 0; ; n++ {
		if u, ok := l.rx.Take(); ok {
			return u
		}
		if runtime.Gosched(); n%64 == 63 {
			time.Sleep(time.Microsecond)
		}
	}
}

// take takes a packet.
func (l *loop) take(u virtiotest.Used) {
	l.fwd = binary.LittleEndian.Uint32(l.Bytes(l.rxAt+uint64(u.Head)*rxSize+40, 4))
	l.got += u.Written - headerSize
	l.postRX(int(u.Head))
	l.rx.Kick()
}

// BenchmarkToHost is a packet of the guest, to a program of the host that reads
// and forgets.
func BenchmarkToHost(b *testing.B) {
	for _, size := range []int{1, maxPayload - headerSize} {
		b.Run(sizeName(size), func(b *testing.B) {
			g := newGuest(b, 0).post()
			host, h := g.connect(g.listen(52), port52)
			go io.Copy(io.Discard, struct{ io.Reader }{host})
			l := newLoop(g, g.packetTo(opRW, port52), size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			sent := uint32(0)
			for b.Loop() {
				for u, ok := l.rx.Take(); ok; u, ok = l.rx.Take() {
					l.take(u)
				}
				for sent-l.fwd+uint32(size) > h.bufAlloc {
					l.take(l.await())
				}
				l.offer()
				sent += uint32(size)
			}
		})
	}
}

// BenchmarkToGuest is a packet for the guest, from a program of the host that
// writes as fast as it can. A packet of credit goes back for every 16.
func BenchmarkToGuest(b *testing.B) {
	g := newGuest(b, 0).post()
	host, _ := g.connect(g.listen(52), port52)
	go func(c net.Conn) {
		p := make([]byte, 64<<10)
		for err := error(nil); err == nil; {
			_, err = c.Write(p)
		}
	}(host)
	b.SetBytes(rxSize - headerSize)
	b.ReportAllocs()
	l := newLoop(g, g.packetTo(opCreditUpdate, port52), 0)
	for n := 0; b.Loop(); n++ {
		l.take(l.await())
		if n%16 == 0 {
			for i := range txBuffers { // credit only grows: which one the device reads does not matter
				binary.LittleEndian.PutUint32(l.Bytes(l.txAt+uint64(i*txSize)+40, 4), l.got)
			}
			l.offer()
		}
	}
}

// BenchmarkReset is a packet that finds no connection, and its RST: what the
// device costs without a socket of the host.
func BenchmarkReset(b *testing.B) {
	g := newGuest(b, 0).post()
	l := newLoop(g, g.packetTo(opRW, port52), 1)
	b.ReportAllocs()
	for b.Loop() {
		l.offer()
		l.take(l.await())
	}
}

func sizeName(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return "4 KiB"
}

// No packet allocates.
func TestPacketAllocates(t *testing.T) {
	g := newGuest(t, 0).post()
	l := newLoop(g, g.packetTo(opRW, port52), 1)
	if n := testing.AllocsPerRun(1000, func() {
		l.offer()
		l.take(l.await())
	}); n != 0 {
		t.Errorf("%v allocations for a packet and its answer, want 0", n)
	}
}
