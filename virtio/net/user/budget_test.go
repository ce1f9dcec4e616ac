package user

import (
	"bytes"
	"io"
	stdnet "net"
	"net/netip"
	"testing"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// MaxStreams streams find room, the first ones as much as they can use. All that is taken
// can be given back.
func TestBudgetStreams(t *testing.T) {
	b := budget{left: connectionMemory}
	var taken []int
	sum := 0
	for i := range MaxStreams {
		m := b.takeStream()
		if m < minStream || m > maxStream || i > 0 && m > taken[i-1] {
			t.Fatalf("stream %d gets %d bytes", i, m)
		}
		taken, sum = append(taken, m), sum+m
	}
	if taken[0] != maxStream || sum > connectionMemory || b.left != connectionMemory-sum {
		t.Errorf("the first stream gets %d bytes, all get %d, %d are left of %d", taken[0], sum, b.left, connectionMemory)
	}
	for b.takeStream() != 0 {
	}
	if b.left < 0 || b.left >= minStream {
		t.Errorf("%d bytes are left when there are too few for a stream", b.left)
	}
}

// Flows use the memory that streams leave; one that has been idle makes room.
func TestBudgetFlows(t *testing.T) {
	const room = 3
	b := budget{left: room*flowMemory + minStream}
	s := flows{budget: &b, open: map[*flow]struct{}{}}
	var all []*flow
	for i := range 5 {
		in, out := stdnet.Pipe()
		f := newFlow(in, out)
		f.last.Store(int64(i))
		if !s.add(f) {
			t.Fatalf("flow %d finds no room", i)
		}
		all = append(all, f)
	}
	for i, f := range all {
		if _, open := s.open[f]; open != (i >= 2) {
			t.Errorf("flow %d is open: %v", i, open)
		}
	}
	for _, f := range append(all, all...) {
		s.remove(f)
	}
	if b.left != room*flowMemory+minStream {
		t.Errorf("%d bytes are left, want %d", b.left, room*flowMemory+minStream)
	}
	b.left = flowMemory - 1
	if s.add(all[0]) {
		t.Error("a flow without memory")
	}
}

// A network whose memory is taken refuses a stream and drops a datagram, and works again
// afterwards.
func TestBudget(t *testing.T) {
	r := newRig(t, Config{})
	server, flows := serve(t, echo), serveUDP(t)
	take := func(bytes int) {
		r.budget.mu.Lock()
		defer r.budget.mu.Unlock()
		r.budget.left -= bytes
	}
	take(connectionMemory)
	if _, err := r.dial(server); err == nil {
		t.Error("a stream without memory")
	}
	r.dialUDP(flows).Write([]byte("x"))
	r.mustPing(gateway, 1, 64) // after the datagram
	r.flows.mu.Lock()
	if n := len(r.flows.open); n != 0 {
		t.Errorf("%d flows without memory", n)
	}
	r.flows.mu.Unlock()
	take(-minStream)
	c := r.mustDial(server)
	go func() {
		c.Write(make([]byte, 1<<20))
		c.CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || len(got) != 1<<20 {
		t.Errorf("a stream with little memory: %d bytes, %v", len(got), err)
	}
	eventually(t, "the stream's memory is given back", func() bool {
		r.budget.mu.Lock()
		defer r.budget.mu.Unlock()
		return r.budget.left == minStream
	})
}

// Streams that linger are cut off by their number and by their memory.
func TestLingering(t *testing.T) {
	for _, tc := range []struct{ memory, want int }{
		{minStream, maxLingering},
		{maxStream, lingeringMemory / part(sendShare, maxStream)},
	} {
		var l lingering
		cut := 0
		for range 2 * maxLingering {
			cut += len(l.replace(&guestStream{memory: tc.memory}))
		}
		if len(l.streams) != tc.want || cut != 2*maxLingering-tc.want || l.bytes != tc.want*part(sendShare, tc.memory) {
			t.Errorf("with %d bytes each: %d linger with %d bytes, want %d; %d were cut off", tc.memory, len(l.streams), l.bytes, tc.want, cut)
		}
	}
}

// Datagrams that wait in a sender are bounded by their bytes, and so are packets for the guest.
func TestWaitingBytes(t *testing.T) {
	s := newSender(&senders{of: map[netip.AddrPort]*sender{}}, netip.AddrPort{})
	for range maxWaiting {
		s.give(make([]byte, maxWaitingBytes/4))
	}
	if n := len(s.waiting); n != 4 || s.bytes.Load() != maxWaitingBytes {
		t.Errorf("%d datagrams with %d bytes wait", n, s.bytes.Load())
	}
	l := newLink(DefaultMTU)
	const size = 64 << 10
	for range maxQueued {
		pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(bytes.Repeat([]byte{1}, size))})
		l.enqueue(pkt)
		pkt.DecRef()
	}
	if n := len(l.queue); n != queueMemory/size || l.bytes.Load() != queueMemory {
		t.Errorf("%d packets with %d bytes wait", n, l.bytes.Load())
	}
	l.Close()
	if l.bytes.Load() != 0 {
		t.Errorf("%d bytes are left", l.bytes.Load())
	}
}
