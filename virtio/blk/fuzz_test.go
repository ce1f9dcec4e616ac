package blk_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/internal/shared"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// strictDisk fails the test on an access beyond its end.
type strictDisk struct {
	t        *testing.T
	readOnly bool
	mu       sync.RWMutex
	bytes    []byte
}

func (d *strictDisk) check(what string, off, n int64, changes bool) {
	if size := int64(len(d.bytes)); off < 0 || n < 0 || off > size || n > size-off || changes && d.readOnly {
		d.t.Errorf("%s of 0x%x bytes at 0x%x of a disk of 0x%x, read-only %v", what, n, off, size, d.readOnly)
		panic("out of range") // which is what would come now
	}
}

func (d *strictDisk) ReadAt(p []byte, off int64) (int, error) {
	d.check("read", off, int64(len(p)), false)
	d.mu.RLock()
	defer d.mu.RUnlock()
	return copy(p, d.bytes[off:]), nil
}

func (d *strictDisk) WriteAt(p []byte, off int64) (int, error) {
	d.check("write", off, int64(len(p)), true)
	d.mu.Lock()
	defer d.mu.Unlock()
	return copy(d.bytes[off:], p), nil
}

func (d *strictDisk) WriteZeroes(off, n int64, unmap bool) error {
	d.check("zeros", off, n, true)
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.bytes[off : off+n])
	return nil
}

func (d *strictDisk) Size() (int64, error)       { return int64(len(d.bytes)), nil }
func (d *strictDisk) Flush() error               { return nil }
func (d *strictDisk) Discard(off, n int64) error { return d.WriteZeroes(off, n, true) }

// Where FuzzRequests has its requests: header and segments, data, status, and after each
// some bytes that must not change.
const (
	slots    = 16
	slotSize = 8192
	headSize = 512
	guard    = 0x5a
)

// FuzzRequests plays a sequence of requests of any kind, several at a time,
// while a second goroutine changes what they are made of. Each request comes back. The
// disk is not accessed beyond its end, and only buffers that the device may write are
// written.
func FuzzRequests(f *testing.F) {
	f.Add([]byte{0, 3, 1, 0, 1, 5, 2, 0, 11, 0, 1, 1, 13, 0, 9, 2, 4, 0, 0, 0, 8, 0, 1, 0}, []byte{7, 4, 0, 1}, false)
	f.Add([]byte{1, 0, 15, 3, 0x21, 0, 15, 3, 0x1d, 0, 1, 3, 0xff, 0xff, 0xff, 0xff}, []byte{0, 8, 16, 255}, true)
	f.Fuzz(func(t *testing.T, ops, changes []byte, readOnly bool) {
		disk := &strictDisk{t: t, readOnly: readOnly, bytes: make([]byte, 64*512)}
		d, _ := start(t, blk.Config{Disk: disk, ReadOnly: readOnly, Queues: 2})
		at := d.Alloc(slots * slotSize)
		memory := d.Bytes(at, slots*slotSize)
		stop := virtiotest.Disturb(changes, func(i int, c byte) { changeHead(memory, i, c) })
		for len(ops) >= 4 {
			n := min(len(ops)/4, slots/2)
			for i := range n {
				offer(d, d.Rings[i%2], i, at+uint64(i*slotSize), ops[4*i:])
			}
			for i := range n {
				if u := d.Rings[i%2].Poll(); u.Written > slotSize {
					t.Errorf("0x%x bytes written", u.Written)
				}
			}
			for i := range n {
				end := memory[(i+1)*slotSize-64 : (i+1)*slotSize]
				if !bytes.Equal(end, bytes.Repeat([]byte{guard}, 64)) {
					t.Fatalf("request % x: what is not the device's has changed", ops[4*i:4*i+4])
				}
			}
			ops = ops[4*n:]
		}
		stop()
		if d.Status()&virtio.StatusNeedsReset != 0 {
			t.Errorf("the device has given up: %s", d.LastLog())
		}
		d.Reset()
	})
}

// offer makes a request of four bytes: kind and where its parts are cut, sector,
// how much, what else.
func offer(d *virtiotest.Driver, r *virtiotest.Ring, slot int, at uint64, op []byte) {
	memory := d.Bytes(at, slotSize)
	for i := range memory {
		memory[i] = guard
	}
	kind := uint32(op[0] & 15)
	if op[0] == 0xff {
		kind = 1<<32 - 1
	}
	sector, n := uint64(op[1])&127, uint32(op[2]&15)*512+uint32(op[3]>>7)
	if op[1] >= 0xf0 {
		sector = -uint64(op[1] & 15)
	}
	head := header(kind, sector)
	if kind == tDiscard || kind == tWriteZeroes {
		head = append(head, bytes.Repeat(segment(sector, uint32(op[2]), uint32(op[3]&3)), int(op[3]>>3&15)+1)...)
	}
	size := uint32(copy(memory, head))
	cut := min(uint32(op[0]>>4)+1, size-1)
	chain := []virtiotest.Buffer{out(at, cut), out(at+uint64(cut), size-cut)}
	data := virtiotest.Buffer{Addr: at + headSize, Len: min(n, slotSize-headSize-128), Writable: kind != tOut}
	if data.Len > 0 {
		chain = append(chain, data)
	}
	if op[3]&4 == 0 { // the status is there
		chain = append(chain, in(at+slotSize-128, 1))
	}
	r.Chain(slot*8, chain...)
	r.Offer(slot * 8)
	r.Kick()
}

// changeHead flips bits of a header or a segment.
func changeHead(memory []byte, i int, c byte) {
	at := i%(slots/2)*slotSize + int(c)%48*2
	shared.Store16(memory, at, shared.Load16(memory, at)^uint16(c)<<8>>(i%9))
}

// FuzzRequest sends the device a chain of any bytes, in pieces of any size. The used
// length is within the room of the chain, and a read-only disk is not changed.
func FuzzRequest(f *testing.F) {
	f.Add(header(tIn, 3), uint16(513), uint8(20), false)
	f.Add(join(header(tOut, 3), make([]byte, 512)), uint16(1), uint8(100), true)
	f.Add(join(header(tWriteZeroes, 0), segment(0, 4, 1)), uint16(1), uint8(7), false)
	f.Fuzz(func(t *testing.T, request []byte, room uint16, piece uint8, readOnly bool) {
		disk := sectors(16)
		before := string(disk.bytes)
		d, _ := start(t, blk.Config{Disk: disk, ReadOnly: readOnly})
		r := d.Rings[0]
		at, to := d.Alloc(len(request)), d.Alloc(int(room))
		copy(d.Bytes(at, len(request)), request)
		var chain []virtiotest.Buffer
		step := max(uint32(piece), uint32(len(request)+int(room))/100+1)
		for off := uint32(0); off < uint32(len(request)); off += step {
			chain = append(chain, out(at+uint64(off), min(step, uint32(len(request))-off)))
		}
		for off := uint32(0); off < uint32(room); off += step {
			chain = append(chain, in(to+uint64(off), min(step, uint32(room)-off)))
		}
		if len(chain) == 0 {
			return
		}
		r.IndirectChain(0, chain...)
		r.Offer(0)
		r.Kick()
		u := r.Poll()
		if u.Written > uint32(room) || u.Written > 0 && d.Bytes(to, int(room))[u.Written-1] > sUnsupp {
			t.Errorf("%d bytes written of %d", u.Written, room)
		}
		d.Reset()
		if readOnly && string(disk.bytes) != before {
			t.Error("a read-only disk has changed")
		}
	})
}
