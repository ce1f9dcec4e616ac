package net

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// strict is a network that fails the test if the device gives it a packet that it
// does not accept, whatever the driver did.
type strict struct {
	*fake
	t *testing.T
}

func (s strict) Send(packet []byte) error {
	h := ParseHeader(packet)
	again := slices.Clone(packet)
	switch {
	case len(packet) < HeaderSize+14 || len(packet) > MaxPacket:
		s.t.Errorf("a packet of %d bytes", len(packet))
	case h.Flags&FlagNeedsCsum != 0 && s.offloads&FeatureCsum == 0, h.GSOType != GSONone && s.offloads&hostTSO(h.GSOType) == 0:
		s.t.Errorf("header %+v, and the offloads are 0x%x", h, s.offloads)
	case !check(again, s.offloads) || !bytes.Equal(again, packet):
		s.t.Errorf("header %+v does not pass the check, or is not what passes it: %+v", h, ParseHeader(again))
	}
	return nil
}

// disturb changes rings, tables and buffers until it is stopped.
func disturb(d *virtiotest.Driver, changes []byte) (stop func()) {
	return virtiotest.Disturb(changes, func(i int, c byte) { d.RAM[(int(c)*509+i*17)%0x10000] ^= c })
}

// fuzzPacket is a packet that a driver may send, with some bytes changed.
func fuzzPacket(a, b, c byte) []byte {
	s := shape{v6: a&1 != 0, vlan: a&2 != 0, ipOptions: int(a>>2&1) * 8, tcpOptions: int(a>>3&1) * 12, payload: int(b) * 40}
	size := uint16(0)
	if a&0x10 != 0 {
		size = uint16(c)*8 + 1
	}
	p := s.packet(size)
	if a&0x20 != 0 {
		p[int(b)%HeaderSize] = c
	}
	if a&0x40 != 0 {
		p[HeaderSize+int(b)%min(len(p)-HeaderSize, 80)] ^= c
	}
	if a&0x80 != 0 {
		p = p[:int(c)%len(p)]
	}
	return p
}

// FuzzDevice plays sequences of what a driver, a network and a user do, four
// bytes each, while a second goroutine changes the guest's memory.
func FuzzDevice(f *testing.F) {
	f.Add([]byte{0, 0, 10, 0, 1, 4, 100, 0, 2, 0x10, 90, 50, 3, 1, 0, 0, 4, 0, 0, 0, 5, 0xff, 0, 0}, []byte{})
	f.Add([]byte{5, 0, 0, 0, 1, 9, 12, 0, 2, 0x11, 90, 50, 0, 0x30, 4, 9, 0, 0x50, 60, 200, 0, 0x90, 4, 33}, []byte{1, 128, 77})
	f.Fuzz(func(t *testing.T, ops, changes []byte) {
		all := FeatureCsum | FeatureHostTSO4 | FeatureHostTSO6
		offloads := uint64(len(ops)%8)<<11 | uint64(len(ops)>>3&1)
		backend := strict{newFake(offloads & all), t}
		capture, _ := NewCapture(io.Discard)
		if len(ops)%3 != 0 {
			capture = nil
		}
		d, dev := start(t, Config{Backend: backend, Capture: capture}, virtiotest.AllFeatures)
		stop := disturb(d, changes)
		defer func() { stop() }()
		for n := 0; len(ops) >= 4 && n < 200; ops, n = ops[4:], n+1 {
			a, b, c := ops[1], ops[2], ops[3]
			switch ops[0] % 6 {
			case 0:
				offer(d, transmitq, n, int(c), fuzzPacket(a, b, c), 0)
			case 1:
				offer(d, receiveq, n, int(c), nil, int(a)*64+int(b))
			case 2:
				select {
				case backend.toGuest <- fuzzPacket(a, b, c):
				default:
				}
			case 3:
				offer(d, controlq, n, int(c), binary.LittleEndian.AppendUint32([]byte{a & 1, b & 3}, uint32(c)), 1)
			case 4:
				dev.SetLink(a&1 == 0)
			case 5:
				stop()
				d.Reset()
				d.Start(uint64(a) | uint64(b)<<8 | uint64(c)<<16)
				stop = disturb(d, changes)
			}
		}
		d.Reset()
	})
}

// offer gives the device a chain of a request and room for an answer, in pieces.
func offer(d *virtiotest.Driver, queue, n, pieces int, request []byte, room int) {
	if !virtiotest.RaceEnabled {
		defer d.Release(d.Mark()) // the next one may lie in the same place: the device sees what it sees
	}
	at, to := d.Alloc(len(request)), d.Alloc(room)
	copy(d.Bytes(at, len(request)), request)
	pieces = pieces%3 + 1
	var chain []virtiotest.Buffer
	for i := range pieces {
		if k := len(request)*(i+1)/pieces - len(request)*i/pieces; k > 0 {
			chain = append(chain, virtiotest.Buffer{Addr: at, Len: uint32(k)})
			at += uint64(k)
		}
	}
	for i := range pieces {
		if k := room*(i+1)/pieces - room*i/pieces; k > 0 {
			chain = append(chain, virtiotest.Buffer{Addr: to, Len: uint32(k), Writable: true})
			to += uint64(k)
		}
	}
	r := d.Rings[queue]
	head := n * 6 % (r.Size - 6)
	if len(chain) == 0 {
		return
	}
	r.Chain(head, chain...)
	r.Offer(head)
	r.Kick()
}
