package net

import (
	"context"
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Classes and commands of the control queue (5.1.6.5).
const (
	ctrlRX         = 0
	ctrlRXPromisc  = 0
	ctrlRXAllMulti = 1

	ctrlMAC         = 1
	ctrlMACTableSet = 0

	ctrlOK  = 0
	ctrlErr = 1
)

// control answers the driver's commands.
func control(ctx context.Context, q *virtio.Queue) {
	var c virtio.Chain
	for q.Next(ctx, &c) {
		ack := []byte{ctrlErr}
		if command(&c.Readable) {
			ack[0] = ctrlOK
		}
		q.Push(&c, uint32(c.Writable.CopyIn(ack)))
	}
}

// command reports whether the device accepts a command. All of them only allow the
// device to drop frames, so there is nothing to do.
func command(b *virtio.Buffers) (ok bool) {
	var head [2]byte
	if b.CopyOut(head[:]) < len(head) {
		return false
	}
	switch head {
	case [2]byte{ctrlRX, ctrlRXPromisc}, [2]byte{ctrlRX, ctrlRXAllMulti}:
		return b.Len() == 1
	case [2]byte{ctrlMAC, ctrlMACTableSet}:
		unicast := table(b)
		return unicast && table(b) && b.Len() == 0 // multicast
	}
	return false
}

// table consumes a struct virtio_net_ctrl_mac.
func table(b *virtio.Buffers) (ok bool) {
	var entries [4]byte
	if b.CopyOut(entries[:]) < len(entries) {
		return false
	}
	size := uint64(binary.LittleEndian.Uint32(entries[:])) * uint64(len(MAC{}))
	if size > b.Len() {
		return false
	}
	b.Skip(size)
	return true
}
