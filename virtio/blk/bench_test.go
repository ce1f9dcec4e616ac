package blk_test

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// nullDisk takes and gives bytes at no cost.
type nullDisk struct{}

func (nullDisk) ReadAt(p []byte, off int64) (int, error)    { return len(p), nil }
func (nullDisk) WriteAt(p []byte, off int64) (int, error)   { return len(p), nil }
func (nullDisk) Size() (int64, error)                       { return 1 << 30, nil }
func (nullDisk) Flush() error                               { return nil }
func (nullDisk) Discard(off, n int64) error                 { return nil }
func (nullDisk) WriteZeroes(off, n int64, unmap bool) error { return nil }

// reader returns a function that has 4 KiB read, depth times at once.
func reader(t testing.TB, depth int) func() {
	d, _ := start(t, blk.Options{Disk: nullDisk{}})
	r := d.Rings[0]
	for i := range depth {
		head, data := d.Alloc(16), d.Alloc(4097)
		copy(d.Bytes(head, 16), header(tIn, uint64(8*i)))
		r.IndirectChain(i, out(head, 16), in(data, 4096), in(data+4096, 1))
	}
	return func() {
		r.ArmAfter(depth - 1)
		for i := range depth {
			r.Offer(i)
		}
		r.Kick()
		for range depth {
			r.Poll()
		}
		d.Acknowledge()
	}
}

// BenchmarkRead is what a read of 4 KiB costs without a CPU and without a disk.
func BenchmarkRead(b *testing.B) {
	for _, depth := range []int{1, 16} {
		b.Run(fmt.Sprintf("depth %d", depth), func(b *testing.B) {
			read := reader(b, depth)
			b.ReportAllocs()
			for range b.N / depth {
				read()
			}
		})
	}
}

func TestReadAllocates(t *testing.T) {
	read := reader(t, 1)
	if n := testing.AllocsPerRun(500, read); n != 0 {
		t.Errorf("%v allocations a request, want 0", n)
	}
}

// FuzzRequest has the device take a chain of any bytes, in pieces of any size.
// Whatever it says it has written lies in the room that there was, and a disk
// that is read-only is not changed.
func FuzzRequest(f *testing.F) {
	f.Add(header(tIn, 3), uint16(513), uint8(20), false)
	f.Add(join(header(tOut, 3), make([]byte, 512)), uint16(1), uint8(100), true)
	f.Add(join(header(tWriteZeroes, 0), segment(0, 4, 1)), uint16(1), uint8(7), false)
	f.Fuzz(func(t *testing.T, request []byte, room uint16, piece uint8, readOnly bool) {
		disk := sectors(16)
		before := string(disk.bytes)
		d, _ := start(t, blk.Options{Disk: disk, ReadOnly: readOnly})
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
