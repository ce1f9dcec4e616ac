package virtio_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

const (
	indirect = virtio.FeatureIndirectDesc
	eventIdx = virtio.FeatureEventIdx
)

func TestEcho(t *testing.T) {
	for _, features := range []uint64{0, indirect, eventIdx, indirect | eventIdx} {
		d := virtiotest.New(t, newEcho())
		d.Start(features)
		for i := range 3 * d.Rings[0].Size { // more than once around
			request := bytes.Repeat([]byte{byte(i)}, 1+i%40)
			if got := d.Rings[0].Do(request, 20); !bytes.Equal(got, request[:min(20, len(request))]) {
				t.Fatalf("features 0x%x, request %d: % x answered by % x", features, i, request, got)
			}
		}
	}
}

// The idx fields wrap at 65536, whatever the size.
func TestIndexWraps(t *testing.T) {
	for _, features := range []uint64{0, eventIdx} {
		d := virtiotest.New(t, newEcho())
		d.Start(features)
		r := d.Rings[0]
		r.Chain(0, virtiotest.Buffer{Addr: d.Alloc(16), Len: 16})
		r.Disarm()
		for i := range 0x10000 + 10 {
			r.Offer(0)
			r.Kick()
			if u := r.Poll(); u.Head != 0 {
				t.Fatalf("features 0x%x, chain %d: %+v", features, i, u)
			}
		}
		if got := r.Do([]byte("x"), 1); string(got) != "x" {
			t.Errorf("features 0x%x: %q after the wrap", features, got)
		}
	}
}

// Chains that the driver may make, by what the device reads and writes.
func TestChains(t *testing.T) {
	for _, tc := range []struct {
		name    string
		make    func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) // of the bytes at in, to out
		written uint32
		want    string
	}{
		{"one and one", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.Chain(0, buf(in, 6), wbuf(out, 6))
		}, 6, "abcdef"},
		{"several of each", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.Chain(0, buf(in, 1), buf(in+1, 4), buf(in+5, 1), wbuf(out, 2), wbuf(out+2, 4))
		}, 6, "abcdef"},
		{"scattered", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.Chain(0, buf(in+3, 3), buf(in, 3), wbuf(out, 3), wbuf(out+4, 3))
		}, 6, "def\x00abc"},
		{"empty ones between", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.Chain(0, buf(in, 2), buf(0, 0), buf(in+2, 1), wbuf(0, 0), wbuf(out, 3))
		}, 3, "abc"},
		{"nothing to read", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.Chain(0, wbuf(out, 6))
		}, 0, ""},
		{"nothing to write", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.Chain(0, buf(in, 6))
		}, 0, ""},
		{"too little room", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.Chain(0, buf(in, 6), wbuf(out, 2))
		}, 2, "ab"},
		{"indirect", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.IndirectChain(0, buf(in, 3), buf(in+3, 3), wbuf(out, 6))
		}, 6, "abcdef"},
		{"indirect, WRITE set on its descriptor", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			table := d.Alloc(64)
			r.SetDesc(0, table, 32, virtiotest.Indirect|virtiotest.Write, 0)
			copyDesc(d, r, table, buf(in, 6), wbuf(out, 6))
		}, 6, "abcdef"},
		{"indirect behind a direct one", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			table := d.Alloc(64)
			r.SetDesc(0, in, 2, virtiotest.Next, 7)
			r.SetDesc(7, table, 32, virtiotest.Indirect, 0)
			copyDesc(d, r, table, buf(in+2, 4), wbuf(out, 6))
		}, 6, "abcdef"},
		{"indirect, table at an odd address", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			table := d.Alloc(64) + 3
			r.SetDesc(0, table, 32, virtiotest.Indirect, 0)
			copyDesc(d, r, table, buf(in, 6), wbuf(out, 6))
		}, 6, "abcdef"},
		{"descriptors in any order", func(d *virtiotest.Driver, r *virtiotest.Ring, in, out uint64) {
			r.SetDesc(0, in, 3, virtiotest.Next, 255)
			r.SetDesc(255, in+3, 3, virtiotest.Next, 4)
			r.SetDesc(4, out, 6, virtiotest.Write, 0)
		}, 6, "abcdef"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := virtiotest.New(t, newEcho())
			d.Start(virtiotest.AllFeatures)
			in, out := d.Alloc(6), d.Alloc(8)
			copy(d.Bytes(in, 6), "abcdef")
			tc.make(d, d.Rings[0], in, out)
			d.Rings[0].Offer(0)
			d.Rings[0].Kick()
			u := d.Rings[0].Await()
			got := strings.TrimRight(string(d.Bytes(out, 8)), "\x00")
			if u != (virtiotest.Used{Head: 0, Written: tc.written}) || got != tc.want {
				t.Errorf("used %+v, answer %q; want %d bytes, %q; log %q", u, got, tc.written, tc.want, d.LastLog())
			}
		})
	}
}

func buf(addr uint64, n uint32) virtiotest.Buffer { return virtiotest.Buffer{Addr: addr, Len: n} }
func wbuf(addr uint64, n uint32) virtiotest.Buffer {
	return virtiotest.Buffer{Addr: addr, Len: n, Writable: true}
}

// copyDesc writes a chain into descriptors 16 and on, and copies them to table.
func copyDesc(d *virtiotest.Driver, r *virtiotest.Ring, table uint64, buffers ...virtiotest.Buffer) {
	r.Chain(0x10, buffers...)
	copy(d.Bytes(table, 16*len(buffers)), r.DescTable()[0x100:])
	for i := range len(buffers) - 1 { // relative to the table
		d.Bytes(table, 16*len(buffers))[16*i+14] = byte(i + 1)
	}
}

// What no driver may do: the device needs a reset, uses nothing, and works
// again after the reset.
func TestBrokenRings(t *testing.T) {
	const base, end = virtiotest.RAMBase, virtiotest.RAMBase + virtiotest.RAMSize
	const next, write, ind = virtiotest.Next, virtiotest.Write, virtiotest.Indirect
	for _, tc := range []struct {
		name, want string
		features   uint64
		make       func(d *virtiotest.Driver, r *virtiotest.Ring)
	}{
		{"head beyond the table", "descriptor 256", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) { r.Offer(256) }},
		{"head 65535", "descriptor 65535", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) { r.Offer(65535) }},
		{"more chains than descriptors", "257 chains available", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.SetIdx(257)
		}},
		{"idx goes back", "65535 chains available", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.SetIdx(0xffff)
		}},
		{"next beyond the table", "descriptor 256", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.SetDesc(0, base, 1, next, 256)
			r.Offer(0)
		}},
		{"a loop of one", "loop", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.SetDesc(0, base, 1, next, 0)
			r.Offer(0)
		}},
		{"a loop of two", "loop", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.SetDesc(0, base, 1, next, 1)
			r.SetDesc(1, base, 1, next, 0)
			r.Offer(0)
		}},
		{"a loop of empty buffers", "loop", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.SetDesc(0, base, 0, next, 0)
			r.Offer(0)
		}},
		{"buffer over the end of memory", "unmapped", 0, one(end-8, 9, 0)},
		{"buffer before memory", "unmapped", 0, one(base-1, 1, write)},
		{"buffer at null", "unmapped", 0, one(0, 1, write)},
		{"buffer on a device's registers", "unmapped", 0, one(0x4003_0050, 4, write)},
		{"buffer of 4 GiB", "unmapped", 0, one(base, 0xffffffff, 0)},
		{"buffer round the last address", "unmapped", 0, one(^uint64(0), 2, write)},
		{"buffer from the last address on to memory", "unmapped", 0, one(1<<64-0x1000, 0x300000, write)},
		{"readable behind writable", "after", 0, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.Chain(0, wbuf(base, 1), buf(base, 1))
			r.Offer(0)
		}},
		{"indirect, not negotiated", "not negotiated", 0, one(base, 16, ind)},
		{"indirect table empty", "indirect table of 0x0", indirect, one(base, 0, ind)},
		{"indirect table of a part", "indirect table of 0x18", indirect, one(base, 24, ind)},
		{"indirect table of 4 GiB", "indirect table of 0xfffffff0", indirect, one(base, 0xfffffff0, ind)},
		{"indirect table of 1025", "indirect table of 0x4010", indirect, one(base, 1025*16, ind)},
		{"indirect table outside memory", "indirect table", indirect, one(end-8, 16, ind)},
		{"indirect and next", "flags 0x5", indirect, one(base, 16, ind|next)},
		{"indirect in indirect", "in an indirect table", indirect, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			r.IndirectChain(0, buf(base, 16), buf(base, 16))
			r.SetDesc(1, base, 16, ind, 0)
			table := d.Mark() - 32
			copy(d.Bytes(table+16, 16), r.DescTable()[16:32])
			r.Offer(0)
		}},
		{"a loop in an indirect table", "loop", indirect, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			table := d.Alloc(32)
			r.SetDesc(1, base, 1, next, 0)
			copy(d.Bytes(table, 16), r.DescTable()[16:32])
			r.SetDesc(0, table, 32, ind, 0)
			r.Offer(0)
		}},
		{"next beyond an indirect table", "descriptor 2 of a table of 2", indirect, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			table := d.Alloc(48)
			r.SetDesc(1, base, 1, next, 2)
			copy(d.Bytes(table, 16), r.DescTable()[16:32])
			r.SetDesc(0, table, 32, ind, 0)
			r.Offer(0)
		}},
		{"4 GiB in all", "and more", indirect, func(d *virtiotest.Driver, r *virtiotest.Ring) {
			many := make([]virtiotest.Buffer, 1024)
			for i := range many {
				many[i] = wbuf(base, virtiotest.RAMSize)
			}
			r.IndirectChain(0, many...)
			r.Offer(0)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := virtiotest.New(t, newEcho())
			d.Start(tc.features)
			r := d.Rings[0]
			tc.make(d, r)
			d.Write(virtio.RegQueueNotify, 0)
			if s := d.AwaitInterrupt(); s != 2 {
				t.Errorf("InterruptStatus %d, want 2", s)
			}
			d.AwaitStatus(virtio.StatusNeedsReset)
			d.Write(virtio.RegQueueNotify, 0)
			d.Reset()
			if _, ok := r.Take(); ok {
				t.Error("the chain was used")
			}
			if !strings.Contains(d.LastLog(), tc.want) {
				t.Errorf("log %q, want %q", d.LastLog(), tc.want)
			}
			d.Start(tc.features)
			if got := d.Rings[0].Do([]byte("ok"), 2); string(got) != "ok" {
				t.Errorf("after the reset: %q", got)
			}
		})
	}
}

// one offers a chain of one descriptor.
func one(addr uint64, n uint32, flags uint16) func(*virtiotest.Driver, *virtiotest.Ring) {
	return func(d *virtiotest.Driver, r *virtiotest.Ring) {
		r.SetDesc(0, addr, n, flags, 0)
		r.Offer(0)
	}
}

// The available ring's idx runs ahead by at most the queue's size, wherever it stands. A step further or back is a
// driver's mistake. Either all chains up to idx are used, in their order, or none.
func TestAvailableJumps(t *testing.T) {
	const size = 8
	starts := []int{0, 1, size - 1, size}
	if !testing.Short() {
		starts = append(starts, 0xfffa)
	}
	for _, from := range starts {
		for _, jump := range []int{0, 1, size, size + 1, 0x8000, 0xffff} {
			d := virtiotest.New(t, newEcho())
			d.Negotiate(0)
			r := d.SetUp(0, size)
			d.AddStatus(virtio.StatusDriverOK)
			for head := range size {
				r.Chain(head, buf(virtiotest.RAMBase, 1))
			}
			for i := range from {
				r.Offer(i % size)
				r.Kick()
				r.Poll()
			}
			if jump > size {
				r.SetIdx(uint16(from + jump))
				d.Write(virtio.RegQueueNotify, 0)
				d.AwaitStatus(virtio.StatusNeedsReset)
				if u, ok := r.Take(); ok {
					t.Errorf("from 0x%x by 0x%x: %+v was used", from, jump, u)
				}
				continue
			}
			for i := range jump {
				binary.LittleEndian.PutUint16(r.Avail()[4+2*((from+i)%size):], uint16(i)) // in the ring, not yet in idx
			}
			r.SetIdx(uint16(from + jump))
			d.Write(virtio.RegQueueNotify, 0)
			for i := range jump {
				if u := r.Poll(); u.Head != uint32(i) {
					t.Errorf("from 0x%x by 0x%x: chain %d is %d", from, jump, i, u.Head)
				}
			}
			if d.Reset(); strings.Contains(d.LastLog(), "available") {
				t.Errorf("from 0x%x by 0x%x: %s", from, jump, d.LastLog())
			}
		}
	}
}

// When the driver is interrupted for used chains (2.7.7). Chains are offered in
// turn without waiting for interrupts.
func TestInterruptSuppression(t *testing.T) {
	for _, tc := range []struct {
		name     string
		features uint64
		ask      func(r *virtiotest.Ring)
		want     []bool // after each chain, the line having been lowered before it
	}{
		{"flag clear", 0, func(r *virtiotest.Ring) { r.Arm() }, []bool{true, true, true}},
		{"flag set", 0, func(r *virtiotest.Ring) { r.Disarm() }, []bool{false, false, false}},
		{"event: the next", eventIdx, func(r *virtiotest.Ring) { r.Arm() }, []bool{true, false, false}},
		{"event: the third", eventIdx, func(r *virtiotest.Ring) { r.ArmAfter(2) }, []bool{false, false, true, false}},
		{"event: passed", eventIdx, func(r *virtiotest.Ring) { r.Disarm() }, []bool{false, false, false}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := virtiotest.New(t, newEcho())
			d.Start(tc.features)
			r := d.Rings[0]
			r.Chain(0, buf(d.Alloc(1), 1))
			tc.ask(r)
			for i, want := range tc.want {
				r.Offer(0)
				r.Kick()
				r.Poll()
				if want {
					if s := d.AwaitInterrupt(); s != 1 {
						t.Fatalf("chain %d: InterruptStatus %d, want 1", i, s)
					}
					continue
				}
				time.Sleep(2 * time.Millisecond) // for one that should not come
				if d.Line() {
					t.Fatalf("chain %d: interrupted", i)
				}
			}
		})
	}
}

// A batch of Puts causes one interrupt, and the event index may lie anywhere in the batch.
func TestFlush(t *testing.T) {
	e := newEcho()
	batch := make(chan struct{})
	e.serve = func(ctx context.Context, queues []*virtio.Queue) error {
		var c virtio.Chain
		for range batch {
			for queues[0].Pop(&c) {
				queues[0].Put(&c, 0)
			}
			queues[0].Flush()
			queues[0].Flush()
		}
		return nil
	}
	d := virtiotest.New(t, e)
	d.Start(eventIdx)
	r := d.Rings[0]
	r.Chain(0, buf(d.Alloc(1), 1))
	for after := range 5 {
		r.ArmAfter(after)
		for range 4 {
			r.Offer(0)
		}
		batch <- struct{}{}
		if after < 4 {
			d.AwaitInterrupt()
		}
		for range 4 {
			r.Poll()
		}
	}
	close(batch)
	d.Reset()
	if d.Line() {
		t.Error("interrupted before the event")
	}
}

// A driver that kicks only when it is asked to is never left waiting.
func TestNoNotificationIsLost(t *testing.T) {
	for _, features := range []uint64{0, eventIdx} {
		d := virtiotest.New(t, newEcho())
		d.Start(features)
		r := d.Rings[0]
		r.Chain(0, buf(d.Alloc(1), 1))
		r.Disarm()
		n := 200_000
		if testing.Short() {
			n = 5_000
		}
		offered := 0
		for taken := 0; taken < n; {
			for offered < n && offered-taken < 1+taken%5 {
				r.Offer(0)
				r.Kick()
				offered++
			}
			r.Poll()
			taken++
			if taken%64 == 0 {
				time.Sleep(time.Microsecond) // let the device fall asleep
			}
		}
	}
}

// While one goroutine has a chain, the next chain wakes another, though the
// driver notifies only when it is asked to.
func TestWaitersWake(t *testing.T) {
	for _, features := range []uint64{0, eventIdx} {
		e := newEcho()
		const workers = 3
		taken, release := make(chan struct{}), make(chan struct{})
		e.serve = func(ctx context.Context, queues []*virtio.Queue) error {
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					var c virtio.Chain
					for queues[0].Next(ctx, &c) {
						taken <- struct{}{}
						<-release
						queues[0].Push(&c, 0)
					}
				})
			}
			wg.Wait()
			return nil
		}
		d := virtiotest.New(t, e)
		d.Start(features)
		r := d.Rings[0]
		for round := range 50 {
			if round%2 == 0 {
				time.Sleep(time.Millisecond) // all of them wait
			}
			for i := range workers {
				r.Chain(i, buf(virtiotest.RAMBase, 1))
				r.Offer(i)
				r.Kick()
				select {
				case <-taken:
				case <-time.After(10 * time.Second):
					t.Fatalf("features 0x%x, round %d: chain %d wakes nobody", features, round, i)
				}
			}
			for range workers {
				release <- struct{}{}
				r.Poll()
			}
		}
	}
}

// Resets and new starts while several goroutines of the device hold chains.
func TestResetInFlight(t *testing.T) {
	const workers = 4
	e := newEcho()
	e.serve = func(ctx context.Context, queues []*virtio.Queue) error {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				var c virtio.Chain
				for queues[0].Next(ctx, &c) {
					runtime.Gosched()
					queues[0].Push(&c, echoChain(&c))
				}
			})
		}
		wg.Wait()
		return nil
	}
	before := runtime.NumGoroutine()
	d := virtiotest.New(t, e)
	for i := range 300 {
		d.Start(uint64(i) << 28 & (indirect | eventIdx))
		r := d.Rings[0]
		for n := range i % 50 {
			r.Chain(2*n, buf(d.Alloc(64), 64), wbuf(d.Alloc(64), 64))
			r.Offer(2 * n)
			r.Kick()
		}
		if i%3 == 0 && i%50 > 0 {
			r.Poll()
		}
		var wg sync.WaitGroup
		for range 2 { // two vCPUs at once
			wg.Go(func() { d.Write(virtio.RegStatus, 0) })
		}
		wg.Wait()
		if s := d.Status(); s != 0 || d.Line() {
			t.Fatalf("after reset: status %v, line %v", s, d.Line())
		}
		clear(d.RAM) // seen by the race detector if the device still touches it
		d.Reset()
	}
	for wait := 0; runtime.NumGoroutine() > before; wait++ { // they are at their last instruction
		if wait == 1000 {
			t.Fatalf("%d goroutines are left of a device in reset", runtime.NumGoroutine()-before)
		}
		time.Sleep(time.Millisecond)
	}
}

// QueueReady of a queue that is taken out of use reads 1 until its chains are back.
func TestStopWaitsForChains(t *testing.T) {
	e := newEcho()
	held, giveBack, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	e.serve = func(ctx context.Context, queues []*virtio.Queue) error {
		var c virtio.Chain
		queues[0].Next(ctx, &c)
		close(held)
		<-giveBack
		queues[0].Push(&c, 0)
		close(done)
		return nil
	}
	d := virtiotest.New(t, e)
	d.Start(0)
	d.Rings[0].Chain(0, buf(d.Alloc(1), 1))
	d.Rings[0].Offer(0)
	d.Write(virtio.RegQueueNotify, 0)
	<-held
	d.Write(virtio.RegQueueSel, 0)
	d.Write(virtio.RegQueueReady, 0)
	if d.Read(virtio.RegQueueReady) != 1 {
		t.Error("QueueReady is 0 while the device holds a chain")
	}
	close(giveBack)
	<-done
	if d.Read(virtio.RegQueueReady) != 0 {
		t.Error("QueueReady is 1 though no chain is held")
	}
	if _, ok := d.Rings[0].Take(); ok {
		t.Error("a chain was used after the queue was stopped")
	}
}

// Values for QueueNotify that name no queue, and notifications too early.
func TestNotify(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	d.Write(virtio.RegQueueNotify, 0)
	d.Start(0)
	for _, v := range []uint32{2, 3, 0xff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff} {
		before := d.Transport.BadAccesses()
		d.Write(virtio.RegQueueNotify, v)
		if d.Transport.BadAccesses() != before+1 {
			t.Errorf("notification of queue 0x%x was taken", v)
		}
	}
	if got := d.Rings[0].Do([]byte("a"), 1); string(got) != "a" {
		t.Errorf("%q", got)
	}
}

// A device is started without any queue set up: each queue exists and is empty.
func TestNoQueues(t *testing.T) {
	d := virtiotest.New(t, newEcho())
	d.Negotiate(0)
	d.AddStatus(virtio.StatusDriverOK)
	d.Write(virtio.RegQueueNotify, 0)
	d.Write(virtio.RegQueueNotify, 1)
	d.Reset()
}
