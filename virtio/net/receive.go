package net

import (
	"context"
	"errors"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// receiver takes packets from the backend to the guest.
type receiver struct {
	ctx      context.Context
	d        *Device
	q        *virtio.Queue
	accepted uint64 // offloads that the driver supports, as features of the sender
	merge    bool   // VIRTIO_NET_F_MRG_RXBUF
	packet   []byte
	segment  []byte // a frame that is cut from packet
	segments segments

	chains  []virtio.Chain // the first held are taken and not given back
	held    int
	room    uint64 // bytes in the chains that are held
	written []uint32
}

// backendOffloads are the features that a backend's packets may use.
const backendOffloads = FeatureCsum | FeatureHostTSO4 | FeatureHostTSO6

func newReceiver(ctx context.Context, d *Device, features uint64, q *virtio.Queue) *receiver {
	r := &receiver{
		ctx: ctx, d: d, q: q, merge: features&FeatureMrgRxbuf != 0,
		packet: make([]byte, MaxPacket), segment: make([]byte, MaxPacket),
		chains: make([]virtio.Chain, q.Size()), written: make([]uint32, q.Size()),
	}
	if !r.merge {
		r.chains = r.chains[:min(1, q.Size())]
	}
	if features&FeatureGuestCsum != 0 {
		r.accepted |= FeatureCsum
		if features&FeatureGuestTSO4 != 0 {
			r.accepted |= FeatureHostTSO4
		}
		if features&FeatureGuestTSO6 != 0 {
			r.accepted |= FeatureHostTSO6
		}
	}
	return r
}

func (r *receiver) run() {
	for r.ctx.Err() == nil {
		n, err := r.d.cfg.Backend.Receive(r.packet)
		switch {
		case err == nil:
			r.take(r.packet[:n])
		case errors.Is(err, ErrInterrupted):
		case errors.Is(err, ErrBack):
			r.d.isBack()
		case IsAway(err):
			r.d.wentAway(err)
		default:
			r.d.failed(err)
			<-r.ctx.Done()
		}
	}
}

// take delivers a packet in a form that the driver supports.
func (r *receiver) take(packet []byte) {
	if len(packet) < HeaderSize {
		return
	}
	valid := ParseHeader(packet).Flags & FlagDataValid
	if !r.d.linkUp() || !check(packet, backendOffloads) {
		r.d.stats.receivedDropped.Add(1)
		return
	}
	r.d.capture(incoming, packet)
	h := ParseHeader(packet)
	switch {
	case h.GSOType != GSONone && r.accepted&hostTSO(h.GSOType) == 0:
		r.segments.cut(packet)
		for n := r.segments.next(r.segment); n > 0; n = r.segments.next(r.segment) {
			r.deliver(r.segment[:n])
		}
		return
	case h.Flags&FlagNeedsCsum != 0 && r.accepted&FeatureCsum == 0:
		completePacket(packet)
		clear(packet[:HeaderSize])
	case h.Flags == 0 && r.accepted&FeatureCsum != 0:
		packet[0] = valid
	}
	r.deliver(packet)
}

// deliver puts a packet into as many of the guest's buffers as it needs. It waits for
// them.
func (r *receiver) deliver(packet []byte) {
	if !r.await(uint64(len(packet))) {
		r.d.stats.receivedDropped.Add(1)
		return
	}
	used := r.needed(uint64(len(packet)))
	h := ParseHeader(packet)
	h.NumBuffers = uint16(used)
	h.Put(packet)
	for i := range used {
		c := &r.chains[i]
		r.room -= c.Writable.Len()
		n := c.Writable.CopyIn(packet)
		r.written[i], packet = uint32(n), packet[n:]
	}
	r.q.PutTogether(r.chains[:used], r.written[:used])
	r.q.Flush()
	r.drop(used)
	r.d.stats.received.Add(1)
}

// await waits until the chains that are held have room for n bytes. It returns false if
// they never can, and after the reset.
func (r *receiver) await(n uint64) (ok bool) {
	for r.room < n {
		if r.held == len(r.chains) || !r.q.Next(r.ctx, &r.chains[r.held]) {
			return false
		}
		r.room += r.chains[r.held].Writable.Len()
		r.held++
	}
	return true
}

// needed returns how many of the chains that are held n bytes need.
func (r *receiver) needed(n uint64) (chains int) {
	for room := uint64(0); room < n; chains++ {
		room += r.chains[chains].Writable.Len()
	}
	return chains
}

// drop forgets the first chains, which have been given back. Their memory is
// used again.
func (r *receiver) drop(used int) {
	for i := used; i < r.held; i++ {
		r.chains[i-used], r.chains[i] = r.chains[i], r.chains[i-used]
	}
	r.held -= used
}
