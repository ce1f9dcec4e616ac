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
	ringHeader = 4 // flags and idx, before the elements of both rings
	ringEvent  = 2 // used_event or avail_event, after them
)

// Flags of the two rings.
const (
	availNoInterrupt = 1
	usedNoNotify     = 1
)

// Queue is the device's side of a split virtqueue, from DRIVER_OK to the reset of the
// device. Its methods may be called from any goroutine.
//
// If the driver breaks the rules of the ring, the device needs a reset, and the queue
// returns no more chains.
type Queue struct {
	t        *Transport
	index    int
	mem      *Memory
	ring     ringMemory
	size     uint16
	indirect bool // VIRTIO_F_INDIRECT_DESC
	eventIdx bool // VIRTIO_F_EVENT_IDX

	tokens   chan struct{} // holds one token when there may be a chain
	inFlight atomic.Int32  // chains taken and not yet given back

	mu       sync.Mutex // after Transport.mu, never held to call into it
	stopped  bool       // or never ready, or broken by the driver
	armed    bool       // the driver has been asked for a notification
	waiting  int        // goroutines that wait for a chain, in Next
	avail    uint16     // index of the next chain that the driver makes available
	used     uint16     // index of the next chain to give back
	signaled uint16     // the value of used at the last decision about an interrupt
}

// newQueueLocked returns queue i as the driver has set it up.
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

// Size returns how many descriptors the queue has; 0 if the driver does not use it.
func (q *Queue) Size() int { return int(q.size) }

// Memory returns the memory that the queue's chains lie in.
func (q *Queue) Memory() *Memory { return q.mem }

// Ready returns a channel that gets a token when there may be a chain to Pop. One
// token can stand for several chains or for none.
func (q *Queue) Ready() <-chan struct{} { return q.tokens }

// Next waits for a chain. ok is false if ctx is done. Several goroutines may wait at
// once; each chain wakes one of them.
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

// Pop takes the next chain. c must not be in use; its memory is used again. ok is
// false if there is no chain; Ready then gets a token for the next one.
func (q *Queue) Pop(c *Chain) (ok bool) { return q.take(c, false) }

// take takes the next chain. If there is none, wait says whether the caller will wait
// for one.
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
		q.t.log.Info("virtio: the driver breaks a queue, the device needs a reset", "queue", q.index, "wrong", wrong)
		q.t.needReset()
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

// availIdx and usedIdx are the offsets of idx in the rings.
const availIdx, usedIdx = 2, 2

// availableLocked reports whether there is a chain. If there is none, it asks the
// driver for a notification and then looks again: no notification comes for a chain
// that became available before the driver could see the request.
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

// disarmLocked tells the driver that no notification is needed. With the event index
// nothing has to be done: none comes once the driver's index has passed avail_event.
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

// availEvent and usedEvent are the offsets of the event words, which follow the
// elements of the used and the available ring.
func (q *Queue) availEvent() int { return ringHeader + usedSize*int(q.size) }
func (q *Queue) usedEvent() int  { return ringHeader + availSize*int(q.size) }

// Push gives a chain back. written is how many bytes have been written to its
// writable part, counted from the start. The driver gets an interrupt if it wants one.
func (q *Queue) Push(c *Chain, written uint32) {
	q.Put(c, written)
	q.Flush()
}

// Put is Push without the interrupt. Flush sends one for all chains that were put.
func (q *Queue) Put(c *Chain, written uint32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.putLocked(c, written) {
		q.storeUsedLocked()
	}
}

// PutTogether is Put for chains that the driver must see all at once, such as the
// chains of one packet in merged buffers.
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

// putLocked writes a chain's element of the used ring, unless the queue has stopped.
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

// Flush interrupts the driver for the chains that were Put, if it wants that.
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

// signal puts a token into the channel, for a goroutine that waits for chains.
func (q *Queue) signal() {
	select {
	case q.tokens <- struct{}{}:
	default:
	}
}

// stop ends the use of the rings: from now on no chain is taken or given back.
func (q *Queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
}

// busy reports whether the device holds chains.
func (q *Queue) busy() bool { return q.inFlight.Load() != 0 }
