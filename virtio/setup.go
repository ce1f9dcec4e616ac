package virtio

import (
	"fmt"
	"math/bits"
)

// maxQueueSize is the most descriptors that any queue can hold (2.7).
const maxQueueSize = 32768

// queueRegisters are the registers by which the driver sets up a queue. While ready
// is set they do not change.
type queueRegisters struct {
	max   uint16 // QueueSizeMax
	size  uint32
	ready bool

	desc   uint64 // guest physical address of the descriptor table
	driver uint64 // of the available ring
	device uint64 // of the used ring
}

// ringMemory is the memory of a queue's three parts.
type ringMemory struct{ desc, avail, used []byte }

// selectedLocked returns the queue that QueueSel selects, or nil.
func (t *Transport) selectedLocked() *queueRegisters {
	if t.queueSel >= uint32(len(t.queues)) {
		return nil
	}
	return &t.queues[t.queueSel]
}

// writeQueueLocked writes a register of the selected queue. The write is ignored if
// the queue is ready, or has been since DRIVER_OK.
func (t *Transport) writeQueueLocked(off, v uint64) (wrong string) {
	q := t.selectedLocked()
	if q != nil && off == RegQueueReady {
		return t.writeQueueReadyLocked(q, v)
	}
	if q == nil || q.ready || t.status&StatusDriverOK != 0 {
		t.bad.Add(1)
		return ""
	}
	switch off {
	case RegQueueSize:
		q.size = uint32(v)
	case RegQueueDescLow:
		setLow(&q.desc, v)
	case RegQueueDescHigh:
		setHigh(&q.desc, v)
	case RegQueueDriverLow:
		setLow(&q.driver, v)
	case RegQueueDriverHigh:
		setHigh(&q.driver, v)
	case RegQueueDeviceLow:
		setLow(&q.device, v)
	case RegQueueDeviceHigh:
		setHigh(&q.device, v)
	}
	return ""
}

// writeQueueReadyLocked checks and freezes a queue, or takes it out of use. A queue
// that the device already serves stops for good: its set-up is fixed until the reset.
func (t *Transport) writeQueueReadyLocked(q *queueRegisters, v uint64) (wrong string) {
	switch {
	case v == 0:
		q.ready = false
		if t.active != nil {
			t.active.queues[t.queueSel].stop()
		}
	case q.ready:
	case t.status&(StatusFeaturesOK|StatusDriverOK) != StatusFeaturesOK:
		t.bad.Add(1)
	default:
		if _, wrong := q.memory(t.mem); wrong != "" {
			return fmt.Sprintf("queue %d is not ready: %s", t.queueSel, wrong)
		}
		q.ready = true
	}
	return ""
}

// queueReadyLocked reads QueueReady. A stopped queue reads as ready until the device
// has given up its buffers, because the driver waits for that (4.2.2.2).
func (t *Transport) queueReadyLocked() uint64 {
	q := t.selectedLocked()
	switch {
	case q == nil:
		return 0
	case q.ready, t.active != nil && t.active.queues[t.queueSel].busy():
		return 1
	}
	return 0
}

// memory finds the queue's parts (2.7). wrong says why they cannot be where the
// driver has put them.
func (q *queueRegisters) memory(m *Memory) (r ringMemory, wrong string) {
	if q.size == 0 || q.size > uint32(q.max) || bits.OnesCount32(q.size) != 1 {
		return r, fmt.Sprintf("size %d, want a power of two up to %d", q.size, q.max)
	}
	n := uint64(q.size)
	for _, part := range []struct {
		name              string
		addr, align, size uint64
		to                *[]byte
	}{
		{"descriptor table", q.desc, 16, descSize * n, &r.desc},
		{"available ring", q.driver, 2, ringHeader + availSize*n + ringEvent, &r.avail},
		{"used ring", q.device, 4, ringHeader + usedSize*n + ringEvent, &r.used},
	} {
		b, ok := m.Slice(part.addr, part.size)
		if !ok || part.addr%part.align != 0 {
			return r, fmt.Sprintf("%s of 0x%x bytes at 0x%x, want it in memory at a multiple of %d", part.name, part.size, part.addr, part.align)
		}
		*part.to = b
	}
	return r, ""
}
