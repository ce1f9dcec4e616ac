package net

import (
	"context"
	"errors"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// transmitter takes packets from the guest to the backend.
type transmitter struct {
	ctx      context.Context
	d        *Device
	q        *virtio.Queue
	accepted uint64 // offloads that the driver may use
	offloads uint64 // offloads that the backend supports
	packet   []byte
	segment  []byte // a frame that is cut from packet
	segments segments
}

func newTransmitter(ctx context.Context, d *Device, features uint64, q *virtio.Queue) *transmitter {
	return &transmitter{
		ctx: ctx, d: d, q: q, accepted: features, offloads: d.cfg.Backend.Offloads(),
		packet: make([]byte, MaxPacket+1), segment: make([]byte, MaxPacket),
	}
}

func (t *transmitter) run() {
	var c virtio.Chain
	for {
		if !t.q.Pop(&c) {
			t.q.Flush()
			if !t.q.Next(t.ctx, &c) {
				return
			}
		}
		t.transmit(&c.Readable)
		t.q.Put(&c, 0)
	}
}

// transmit sends a chain's packet. It is copied first: the guest may change it
// at any time.
func (t *transmitter) transmit(b *virtio.Buffers) {
	packet := t.packet[:b.CopyOut(t.packet)]
	switch stats := &t.d.stats; {
	case len(packet) > MaxPacket || !check(packet, t.accepted):
		stats.sentInvalid.Add(1)
	case !t.d.linkUp():
		stats.sentDropped.Add(1)
	default:
		t.d.capture(outgoing, packet)
		if t.offer(packet) {
			stats.sent.Add(1)
		} else {
			stats.sentDropped.Add(1)
		}
	}
}

// offer sends a packet in a form that the backend supports.
func (t *transmitter) offer(packet []byte) (ok bool) {
	h := ParseHeader(packet)
	if h.GSOType != GSONone && t.offloads&hostTSO(h.GSOType) == 0 {
		t.segments.cut(packet)
		for n := t.segments.next(t.segment); n > 0; n = t.segments.next(t.segment) {
			if !t.send(t.segment[:n]) {
				return false
			}
		}
		return true
	}
	if h.Flags&FlagNeedsCsum != 0 && t.offloads&FeatureCsum == 0 {
		completePacket(packet)
		clear(packet[:HeaderSize])
	}
	return t.send(packet)
}

// hostTSO returns the feature of a receiver of large segments of a type.
func hostTSO(gsoType uint8) uint64 {
	if gsoType == GSOTCPv4 {
		return FeatureHostTSO4
	}
	return FeatureHostTSO6
}

// send sends a packet. It tries again after an interrupt, which may be left over from the
// driver before this one.
func (t *transmitter) send(packet []byte) (ok bool) {
	for {
		switch err := t.d.cfg.Backend.Send(packet); {
		case err == nil:
			return true
		case errors.Is(err, ErrDropped):
			return false
		case !errors.Is(err, ErrInterrupted):
			t.d.failed(err)
			return false
		case t.ctx.Err() != nil:
			return false
		}
	}
}
