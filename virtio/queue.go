package virtio

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/miniboot-vmm/miniboot/virtio/internal/shared"
)

// Layout of a split virtqueue (2.7), in bytes.
const (
	descSize   = 16
	availSize  = 2 // an element of the available ring
	usedSize   = 8 // an element of the used ring
	ringHeader = 4 // flags and idx, in front of the elements of both rings
	ringEvent  = 2 // used_event or avail_event, behind them
)

// Flags of the two rings.
const (
	availNoInterrupt = 1
	usedNoNotify     = 1
)

// Queue is the device's side of a split virtqueue, from DRIVER_OK to the reset
// of its device. Its methods may be called from any goroutine.
//
// A driver that breaks the rules of the ring breaks the queue: the device then
// needs a reset, and the queue has no more chains.
type Queue struct {
	t        *Transport
	index    int
	mem      *Memory
	ring     ringMemory
	size     uint16
	indirect bool // VIRTIO_F_INDIRECT_DESC
	eventIdx bool // VIRTIO_F_EVENT_IDX

	tokens   chan struct{} // holds one token when there may be a chain
	inFlight atomic.Int32  // chains taken and not given back

	mu       sync.Mutex // after Transport.mu, never held to call into it
	stopped  bool       // or never ready, or broken
	armed    bool       // the driver has been asked for a notification
	waiting  int        // goroutines that wait for one, in Next
	avail    uint16     // index of the next chain that the driver makes available
	used     uint16     // index of the next chain to give back
	signaled uint16     // used when the driver was last interrupted, or not for a reason
}

// newQueueLocked is queue i as the driver has set it up.
func (t *Transport) newQueueLocked(i int) *Queue {
	regs := &t.queues[i]
	q := &Queue{
		t: t, index: i, mem: t.mem, tokens: make(chan struct{}, 1), stopped: !regs.ready,
		indirect: t.driverFeatures&FeatureIndirectDesc != 0,
		eventIdx: t.driverFeatures&FeatureEventIdx != 0,
	}
	if regs.ready {
		q.size = uint16(regs.size)
		q.ring, _ = regs.memory(t.mem) // checked when it became ready; RAM does not move
		q.signal()
	}
	return q
}

// Size is how many descriptors the queue has; 0 when the driver does not use it.
func (q *Queue) Size() int { return int(q.size) }

// Memory is the memory that the queue's chains lie in.
func (q *Queue) Memory() *Memory { return q.mem }

// Ready receives a token when there may be a chain to Pop. One token can stand
// for many chains, and for none.
func (q *Queue) Ready() <-chan struct{} { return q.tokens }

// Next waits for a chain. ok is false when ctx is done. Several goroutines may
// wait: while one has a chain, the next chain wakes another.
func (q *Queue) Next(ctx context.Context, c *Chain) (ok bool) {
	for ctx.Err() == nil {
		if q.take(c, true) {
			return true
		}
		select {
		case <-q.tokens:
		case <-ctx.Done():
		}
		q.mu.Lock()
		q.waiting--
		q.mu.Unlock()
	}
	return false
}

// Pop takes the next chain. c must not be in use; its memory is used again. If
// there is none, ok is false and the driver's next one brings a token.
func (q *Queue) Pop(c *Chain) (ok bool) { return q.take(c, false) }

// take is Pop for who waits, or not, if there is no chain.
func (q *Queue) take(c *Chain, wait bool) (ok bool) {
	q.mu.Lock()
	ok, wrong := q.popLocked(c)
	switch {
	case wrong != "":
		q.stopped = true
	case ok && q.waiting > 0 && q.availableLocked():
		q.signal()
	}
	if !ok && wait {
		q.waiting++
	}
	q.mu.Unlock()
	if wrong != "" {
		q.t.needReset()
		q.t.log.Info("virtio: the driver breaks a queue, the device needs a reset", "queue", q.index, "wrong", wrong)
	}
	return ok
}

func (q *Queue) popLocked(c *Chain) (ok bool, wrong string) {
	if q.stopped || !q.availableLocked() {
		return false, ""
	}
	pending := shared.Load16(q.ring.avail, availIdx) - q.avail
	if pending > q.size {
		return false, fmt.Sprintf("%d chains available in a ring of %d", pending, q.size)
	}
	head := shared.Load16(q.ring.avail, ringHeader+availSize*int(q.avail&(q.size-1)))
	if wrong := c.read(q, head); wrong != "" {
		return false, wrong
	}
	q.avail++
	q.inFlight.Add(1)
	return true, ""
}

// availIdx and usedIdx are where the rings have their idx.
const availIdx, usedIdx = 2, 2

// availableLocked reports whether there is a chain. When there is none it asks
// the driver for a notification, and looks again: a chain made available before
// the driver could see that is one of which no notification tells.
func (q *Queue) availableLocked() bool {
	for {
		if shared.Load16(q.ring.avail, availIdx) != q.avail {
			q.disarmLocked()
			return true
		}
		if q.armed {
			return false
		}
		q.armLocked()
	}
}

// armLocked asks for a notification of the chain at index avail (2.7.10). The
// store orders itself before the load of avail's idx that follows.
func (q *Queue) armLocked() {
	q.armed = true
	if q.eventIdx {
		shared.Store16(q.ring.used, q.availEvent(), q.avail)
	} else {
		q.storeUsedLocked()
	}
}

// disarmLocked tells the driver that nobody waits for a notification. With the
// event index that is so once its index has passed avail_event.
func (q *Queue) disarmLocked() {
	if !q.armed {
		return
	}
	q.armed = false
	if !q.eventIdx {
		q.storeUsedLocked()
	}
}

// storeUsedLocked publishes the used ring's flags and idx.
func (q *Queue) storeUsedLocked() {
	flags := uint32(0)
	if !q.armed && !q.eventIdx {
		flags = usedNoNotify
	}
	shared.Store32(q.ring.used, 0, flags|uint32(q.used)<<16)
}

// availEvent and usedEvent are where the events are, behind the elements of the
// used and of the available ring.
func (q *Queue) availEvent() int { return ringHeader + usedSize*int(q.size) }
func (q *Queue) usedEvent() int  { return ringHeader + availSize*int(q.size) }

// Push gives a chain back. written is how many bytes of its writable part have
// been written, from the start. The driver is interrupted if it wants to be.
func (q *Queue) Push(c *Chain, written uint32) {
	q.Put(c, written)
	q.Flush()
}

// Put is Push without the interrupt, which Flush sends for all that were put.
func (q *Queue) Put(c *Chain, written uint32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.putLocked(c, written) {
		q.storeUsedLocked()
	}
}

// PutTogether is Put for chains of which the driver must not see one without
// the others, such as those of one packet in merged buffers.
func (q *Queue) PutTogether(chains []Chain, written []uint32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	put := false
	for i := range chains {
		put = q.putLocked(&chains[i], written[i])
	}
	if put {
		q.storeUsedLocked()
	}
}

// putLocked writes a chain's element of the used ring, if the queue goes on.
func (q *Queue) putLocked(c *Chain, written uint32) (ok bool) {
	q.inFlight.Add(-1)
	if q.stopped {
		return false
	}
	at := ringHeader + usedSize*int(q.used&(q.size-1))
	shared.Store32(q.ring.used, at, uint32(c.head))
	shared.Store32(q.ring.used, at+4, written)
	q.used++
	return true
}

// Flush interrupts the driver for what was Put, if it wants to be.
func (q *Queue) Flush() {
	q.mu.Lock()
	interrupt := !q.stopped && q.wantsInterruptLocked()
	q.mu.Unlock()
	if interrupt {
		q.t.interruptUsed()
	}
}

// wantsInterruptLocked decides by the flag or the event (2.7.7).
func (q *Queue) wantsInterruptLocked() bool {
	put := q.used - q.signaled
	if put == 0 {
		return false
	}
	q.signaled = q.used
	if !q.eventIdx {
		return shared.Load16(q.ring.avail, 0)&availNoInterrupt == 0
	}
	event := shared.Load16(q.ring.avail, q.usedEvent())
	return q.used-event-1 < put
}

// signal leaves a token for who waits for chains.
func (q *Queue) signal() {
	select {
	case q.tokens <- struct{}{}:
	default:
	}
}

// stop ends the use of the rings: no chain is taken, none given back.
func (q *Queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
}

// busy reports whether the device holds chains.
func (q *Queue) busy() bool { return q.inFlight.Load() != 0 }
