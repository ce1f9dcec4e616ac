package bare

import (
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/virtio"
)

// Device is the driver of a virtio device.
type Device struct {
	k    *Kernel
	base uint64
}

// Start takes the device of a slot from reset to DRIVER_OK (Virtio 1.3, 3.1.1), with no feature but VIRTIO_F_VERSION_1.
func (k *Kernel) Start(slot, queues int) (*Device, []*Queue) {
	d := &Device{k, boot.VirtioBase + uint64(slot)*boot.VirtioSlotSize}
	status := virtio.StatusAcknowledge | virtio.StatusDriver
	d.set(virtio.RegStatus, 0)
	d.set(virtio.RegStatus, uint32(status))
	d.set(virtio.RegDriverFeaturesSel, 1)
	d.set(virtio.RegDriverFeatures, uint32(virtio.FeatureVersion1>>32))
	status |= virtio.StatusFeaturesOK
	d.set(virtio.RegStatus, uint32(status))
	var all []*Queue
	for i := range queues {
		all = append(all, d.queue(uint32(i)))
	}
	d.set(virtio.RegStatus, uint32(status|virtio.StatusDriverOK))
	return d, all
}

func (d *Device) set(reg uint64, value uint32) { d.k.Store(d.base+reg, value) }

// AwaitConfig waits until the bits of mask in a word of the configuration space are those of value.
func (d *Device) AwaitConfig(off uint64, mask, value uint32) {
	d.k.Await(d.base+virtio.RegConfig+off, mask, value)
}

// queueSize is how many descriptors a queue has.
const queueSize = 8

// Queue is the driver's side of a split virtqueue (2.7).
type Queue struct {
	d                 *Device
	index             uint32
	desc, avail, used uint64
	ring              [queueSize]uint16 // of avail
	next              uint16            // the next descriptor
	offered           uint16            // chains
	taken             uint16            // chains that were given back
}

// Buffer is one descriptor of a chain.
type Buffer struct {
	Addr     uint64
	Size     int
	Writable bool // by the device
}

func (d *Device) queue(index uint32) *Queue {
	q := &Queue{d: d, index: index, desc: d.k.Room(16 * queueSize), avail: d.k.Room(4 + 2*queueSize), used: d.k.Room(4 + 8*queueSize)}
	d.set(virtio.RegQueueSel, index)
	d.set(virtio.RegQueueSize, queueSize)
	d.set(virtio.RegQueueDescLow, uint32(q.desc))
	d.set(virtio.RegQueueDriverLow, uint32(q.avail))
	d.set(virtio.RegQueueDeviceLow, uint32(q.used))
	d.set(virtio.RegQueueReady, 1)
	return q
}

// Offer makes a chain of buffers available. There must be descriptors: as many as a queue has can be on their way.
func (q *Queue) Offer(chain ...Buffer) {
	const next, write = 1, 2 // flags
	head := q.next % queueSize
	for i, b := range chain {
		var flags uint32
		if b.Writable {
			flags = write
		}
		at := q.desc + 16*uint64(q.next%queueSize)
		q.next++
		if i < len(chain)-1 {
			flags |= next | uint32(q.next%queueSize)<<16
		}
		q.d.k.Store(at, uint32(b.Addr))
		q.d.k.Store(at+8, uint32(b.Size))
		q.d.k.Store(at+12, flags)
	}
	i := q.offered % queueSize
	q.ring[i] = head
	q.d.k.Store(q.avail+4+2*uint64(i&^1), uint32(q.ring[i&^1])|uint32(q.ring[i|1])<<16)
	q.offered++
	q.d.k.Store(q.avail, uint32(q.offered)<<16)
	q.d.set(virtio.RegQueueNotify, q.index)
}

// Await waits until the device has given back one more chain.
func (q *Queue) Await() {
	q.taken++
	q.d.k.Await(q.used, 0xffff_0000, uint32(q.taken)<<16)
}

// Do offers a chain and waits until the device has given it back.
func (q *Queue) Do(chain ...Buffer) {
	q.Offer(chain...)
	q.Await()
}
