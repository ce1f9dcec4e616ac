package console

import (
	"context"
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// event is what a control message says (5.3.6.2).
type event uint16

const (
	deviceReady event = 0 // sent by the driver
	deviceAdd   event = 1
	portReady   event = 3 // sent by the driver
	consolePort event = 4
	portResize  event = 5
	portOpen    event = 6 // sent by both
	portName    event = 7
)

// messageSize is the size of id, event and value, in bytes.
const messageSize = 8

// control answers the driver's messages. An answer waits for a buffer of the driver,
// and the next message waits for the answer.
func (d *Device) control(ctx context.Context, receiveq, transmitq *virtio.Queue) {
	var c virtio.Chain
	for transmitq.Next(ctx, &c) {
		var m [messageSize]byte
		n := c.Readable.CopyOut(m[:])
		transmitq.Push(&c, 0)
		if n < messageSize {
			continue
		}
		id, value := binary.LittleEndian.Uint32(m[0:]), binary.LittleEndian.Uint16(m[6:])
		d.obey(ctx, receiveq, id, event(binary.LittleEndian.Uint16(m[4:])), value)
	}
}

func (d *Device) obey(ctx context.Context, q *virtio.Queue, id uint32, e event, value uint16) {
	switch {
	case e == deviceReady && value == 1:
		for i := range d.ports {
			send(ctx, q, uint32(i), deviceAdd, 1, nil)
		}
	case id >= uint32(len(d.ports)):
	case e == portReady && value == 1:
		d.introduce(ctx, q, id)
	case e == portOpen:
		d.ports[id].connected.Store(value != 0)
		signal(d.ports[id].opened)
	}
}

// introduce tells the driver what a port is, and that the host has it open.
func (d *Device) introduce(ctx context.Context, q *virtio.Queue, id uint32) {
	if name := d.ports[id].name; name != "" {
		send(ctx, q, id, portName, 1, []byte(name))
	} else {
		send(ctx, q, id, consolePort, 1, nil)
		signal(d.resized)
	}
	send(ctx, q, id, portOpen, 1, nil)
}

// resize tells the driver of the console's size when it changes.
func (d *Device) resize(ctx context.Context, q *virtio.Queue) {
	for {
		select {
		case <-d.resized:
			var size [4]byte
			d.config.View(func(b []byte) { copy(size[:], b[offCols:]) })
			send(ctx, q, 0, portResize, 0, size[:])
		case <-ctx.Done():
			return
		}
	}
}

// send sends a message. It waits until the driver has given a buffer for one.
func send(ctx context.Context, q *virtio.Queue, id uint32, e event, value uint16, more []byte) {
	var c virtio.Chain
	if !q.Next(ctx, &c) {
		return
	}
	var m [messageSize]byte
	binary.LittleEndian.PutUint32(m[0:], id)
	binary.LittleEndian.PutUint16(m[4:], uint16(e))
	binary.LittleEndian.PutUint16(m[6:], value)
	n := c.Writable.CopyIn(m[:])
	n += c.Writable.CopyIn(more)
	q.Push(&c, uint32(n))
}
