package virtiotest

import (
	"runtime"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/internal/shared"
)

// Flags of a descriptor.
const (
	Next     uint16 = 1
	Write    uint16 = 2
	Indirect uint16 = 4
)

// Ring is the driver's side of a split virtqueue. It belongs to one goroutine.
type Ring struct {
	Index, Size int

	d                 *Driver
	desc, avail, used uint64 // guest physical
	eventIdx          bool
	availIdx          uint16 // chains offered
	usedIdx           uint16 // chains taken back
	notified          uint16 // availIdx at the last Kick
}

// Buffer is one descriptor of a chain.
type Buffer struct {
	Addr     uint64
	Len      uint32
	Writable bool // by the device
}

// Used is a chain that the device has given back.
type Used struct {
	Head    uint32
	Written uint32 // bytes
}

func (d *Driver) newRing(index, size int) *Ring {
	return &Ring{
		Index: index, Size: size, d: d, eventIdx: d.Features&virtio.FeatureEventIdx != 0,
		desc: d.Alloc(16 * size), avail: d.Alloc(6 + 2*size), used: d.Alloc(6 + 8*size),
	}
}

// DescTable, Avail and UsedRing return the ring's memory, including the event words.
func (r *Ring) DescTable() []byte { return r.d.Bytes(r.desc, 16*r.Size) }
func (r *Ring) Avail() []byte     { return r.d.Bytes(r.avail, 6+2*r.Size) }
func (r *Ring) UsedRing() []byte  { return r.d.Bytes(r.used, 6+8*r.Size) }

// SetDesc writes a descriptor.
func (r *Ring) SetDesc(i int, addr uint64, size uint32, flags, next uint16) {
	putDesc(r.d.Bytes(r.desc+16*uint64(i), 16), addr, size, flags, next)
}

// Chain writes a chain into the descriptors from head on.
func (r *Ring) Chain(head int, buffers ...Buffer) {
	r.chain(r.desc, head, buffers)
}

func (r *Ring) chain(table uint64, head int, buffers []Buffer) {
	for i, b := range buffers {
		flags, next := uint16(0), uint16(0)
		if i < len(buffers)-1 {
			flags, next = Next, uint16(head+i+1)
		}
		if b.Writable {
			flags |= Write
		}
		putDesc(r.d.Bytes(table+16*uint64(head+i), 16), b.Addr, b.Len, flags, next)
	}
}

// IndirectChain writes a chain into a table of its own and makes descriptor head
// point to it.
func (r *Ring) IndirectChain(head int, buffers ...Buffer) {
	table := r.d.Alloc(16 * len(buffers))
	r.chain(table, 0, buffers)
	r.SetDesc(head, table, uint32(16*len(buffers)), Indirect, 0)
}

// Offer makes the chain at head available. The device may see it at once or only
// after Kick.
func (r *Ring) Offer(head int) {
	avail := r.Avail()
	shared.Store16(avail, 4+2*(int(r.availIdx)%r.Size), uint16(head))
	r.availIdx++
	shared.Store16(avail, 2, r.availIdx)
}

// SetIdx sets the available ring's idx to any value.
func (r *Ring) SetIdx(idx uint16) {
	r.availIdx = idx
	shared.Store16(r.Avail(), 2, idx)
}

// Kick notifies the device of what was offered since the last Kick, if it wants that.
func (r *Ring) Kick() {
	if r.wanted() {
		r.d.Write(virtio.RegQueueNotify, uint32(r.Index))
	}
	r.notified = r.availIdx
}

func (r *Ring) wanted() bool {
	used := r.UsedRing()
	if r.eventIdx {
		event := shared.Load16(used, 4+8*r.Size)
		return r.availIdx-event-1 < r.availIdx-r.notified
	}
	return shared.Load16(used, 0)&1 == 0
}

// Take returns the next chain that the device has given back, if there is one.
func (r *Ring) Take() (u Used, ok bool) {
	used := r.UsedRing()
	if shared.Load16(used, 2) == r.usedIdx {
		return u, false
	}
	at := 4 + 8*(int(r.usedIdx)%r.Size)
	u.Head = uint32(shared.Load16(used, at)) | uint32(shared.Load16(used, at+2))<<16
	u.Written = uint32(shared.Load16(used, at+4)) | uint32(shared.Load16(used, at+6))<<16
	r.usedIdx++
	return u, true
}

// Await waits for an interrupt until the device has given back a chain.
func (r *Ring) Await() Used {
	r.d.t.Helper()
	if u, ok := r.Take(); ok {
		return u
	}
	r.Arm()
	for {
		if u, ok := r.Take(); ok {
			return u
		}
		r.d.AwaitInterrupt()
	}
}

// Poll waits, without interrupts, until the device has given back a chain.
func (r *Ring) Poll() Used {
	r.d.t.Helper()
	for start, n := time.Now(), 1; ; n++ {
		if u, ok := r.Take(); ok {
			return u
		}
		runtime.Gosched()
		if n%0x10000 == 0 && time.Since(start) > deadline {
			r.d.t.Fatalf("virtiotest: queue %d gives nothing back within %v; status %v, log %q", r.Index, deadline, r.d.Status(), r.d.LastLog())
		}
	}
}

// Arm asks for an interrupt when the next chain comes back.
func (r *Ring) Arm() { r.ArmAfter(0) }

// ArmAfter asks for an interrupt when n+1 more chains have come back. Without the
// event index there is one for each chain.
func (r *Ring) ArmAfter(n int) {
	if r.eventIdx {
		shared.Store16(r.Avail(), 4+2*r.Size, r.usedIdx+uint16(n))
	} else {
		shared.Store16(r.Avail(), 0, 0)
	}
}

// Disarm asks for no interrupts, as far as the ring can express that.
func (r *Ring) Disarm() {
	if r.eventIdx {
		shared.Store16(r.Avail(), 4+2*r.Size, r.usedIdx-1)
	} else {
		shared.Store16(r.Avail(), 0, 1)
	}
}

// Do sends a request to the device and returns its answer, which may have up to room
// bytes. The chain has one descriptor for the request and one for the answer.
func (r *Ring) Do(request []byte, room int) []byte {
	r.d.t.Helper()
	mark := r.d.Mark()
	defer r.d.Release(mark)
	var chain []Buffer
	if len(request) > 0 {
		at := r.d.Alloc(len(request))
		copy(r.d.Bytes(at, len(request)), request)
		chain = append(chain, Buffer{at, uint32(len(request)), false})
	}
	at := r.d.Alloc(room)
	if room > 0 {
		chain = append(chain, Buffer{at, uint32(room), true})
	}
	r.Chain(0, chain...)
	r.Offer(0)
	r.Kick()
	u := r.Await()
	if u.Head != 0 || int(u.Written) > room {
		r.d.t.Fatalf("virtiotest: queue %d gives back chain %d with 0x%x bytes written, want chain 0 with at most 0x%x", r.Index, u.Head, u.Written, room)
	}
	answer := make([]byte, u.Written)
	copy(answer, r.d.Bytes(at, room))
	return answer
}
