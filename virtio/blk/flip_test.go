//go:build !race

package blk_test

import (
	"encoding/binary"
	"sync"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/blk"
	"github.com/miniboot-vmm/miniboot/virtio/internal/shared"
)

// fenced is a disk that notes accesses beyond its end.
type fenced struct {
	*memDisk
	outside int // with the memDisk's mu
}

func (f *fenced) within(off, n int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	ok := off >= 0 && n >= 0 && off <= int64(len(f.bytes)) && n <= int64(len(f.bytes))-off
	if !ok {
		f.outside++
	}
	return ok
}

func (f *fenced) ReadAt(p []byte, off int64) (int, error) {
	if !f.within(off, int64(len(p))) {
		return 0, nil
	}
	return copy(p, f.bytes[off:]), nil
}

func (f *fenced) WriteAt(p []byte, off int64) (int, error) {
	f.within(off, int64(len(p)))
	return len(p), nil
}

func (f *fenced) Flush() error                               { return nil }
func (f *fenced) Discard(off, n int64) error                 { f.within(off, n); return nil }
func (f *fenced) WriteZeroes(off, n int64, unmap bool) error { f.within(off, n); return nil }

// Another CPU of the guest changes a request's header and its segments while the device reads them: the device carries
// out exactly what it has checked. The race detector would rightly report the change, which here is the guest's.
func TestRequestChanges(t *testing.T) {
	const capacity, rounds = 64, 20_000
	disk := &fenced{memDisk: sectors(capacity)}
	d, _ := start(t, blk.Config{Disk: disk})
	r := d.Rings[0]
	at, status := d.Alloc(32), d.Alloc(512+1)
	request := d.Bytes(at, 32)
	r.IndirectChain(0, out(at, 32), in(status, 513))

	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		kinds := []uint32{tOut, tDiscard, tWriteZeroes, tIn}
		for i := uint32(0); ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			shared.Store32(request, 0, kinds[i/5%4])
			shared.Store32(request, 8, []uint32{1, capacity - 1, 0xffffffff}[i%3])  // the header's sector
			shared.Store32(request, 12, []uint32{0, 1 << 23, 0x7fffffff}[i%7%3])    // its upper half
			shared.Store32(request, 16, []uint32{0, capacity - 1, 0x80000000}[i%3]) // the segment's
			shared.Store32(request, 24, []uint32{1, 2, 0xffffffff}[i%11%3])         // its sectors
		}
	})
	answers := map[byte]int{}
	// The host may not run the goroutine that changes the request for a while.
	for n := 0; n < rounds || (answers[sOK] == 0 || answers[sIOErr] == 0) && n < 1000*rounds; n++ {
		binary.LittleEndian.PutUint32(request[28:], 0) // no flags
		r.Offer(0)
		r.Kick()
		u := r.Poll()
		if u.Written == 0 {
			t.Fatal("a request without a status")
		}
		answers[d.Bytes(status, 513)[u.Written-1]]++
	}
	close(stop)
	wg.Wait()
	if disk.outside > 0 {
		t.Errorf("%d of %d requests reached outside the disk", disk.outside, rounds)
	}
	if answers[sOK] == 0 || answers[sIOErr] == 0 {
		t.Errorf("answers by status: %v, want some that are fine and some errors", answers)
	}
}
