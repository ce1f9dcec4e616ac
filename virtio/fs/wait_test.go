//go:build linux || darwin

package fs_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// TestPanic has the file system panic.
func TestPanic(t *testing.T) {
	s := newStub()
	dev := newDevice(t, fs.Config{FS: s})
	c := fusetest.New(t, dev)
	s.panics = true
	if _, errno := c.Lookup(1, "a"); errno != eIO || dev.Stats().Panics != 1 {
		t.Errorf("errno %d, %+v; want %d and a panic", errno, dev.Stats(), eIO)
	}
	if _, errno := c.Getattr(1); errno != 0 {
		t.Errorf("errno %d after a panic", errno)
	}
}

// TestWait has requests wait: others are answered meanwhile, INTERRUPT ends one,
// the unlocking another, and there is a limit.
func TestWait(t *testing.T) {
	s := newStub()
	c := fusetest.New(t, newDevice(t, fs.Config{FS: s, Queues: 2}))
	waiting := c.Driver.Rings[2]
	for i := range fs.MaxWaiting + 1 {
		offer(c.Driver, waiting, i, uint64(1000+i))
		if i < fs.MaxWaiting {
			<-s.waiting
		}
	}
	if errno := awaitErrno(t, c.Driver, waiting, 1000+fs.MaxWaiting); errno != eNOLCK {
		t.Errorf("one more than may wait: errno %d, want %d", errno, eNOLCK)
	}
	if _, errno := c.Lookup(1, "a"); errno != 0 {
		t.Errorf("LOOKUP while others wait: errno %d", errno)
	}
	if _, errno := c.Call(fusetest.OpInterrupt, 0, fusetest.Body(nil).U64(1003), 0); errno != 0 {
		t.Errorf("INTERRUPT: errno %d", errno)
	}
	if errno := awaitErrno(t, c.Driver, waiting, 1003); errno != eINTR {
		t.Errorf("interrupted: errno %d, want %d", errno, eINTR)
	}
	s.unlock <- struct{}{}
	if u := waiting.Await(); errnoOf(c.Driver, u) != 0 {
		t.Errorf("unlocked: errno %d", errnoOf(c.Driver, u))
	}
	done := make(chan struct{})
	go func() {
		c.Driver.Reset()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the reset waits for what waits")
	}
}

// offer sends a SETLKW; its answer lies at descriptor 2i+1.
func offer(d *virtiotest.Driver, r *virtiotest.Ring, i int, unique uint64) {
	request := fusetest.Request(fusetest.Header{Opcode: fusetest.OpSetlkw, Unique: unique}, fusetest.LockBody(1, 1, 0, 10, fusetest.WRLCK, 0))
	at, answer := d.Alloc(len(request)), d.Alloc(16)
	copy(d.Bytes(at, len(request)), request)
	r.Chain(2*i, virtiotest.Buffer{Addr: at, Len: uint32(len(request))}, virtiotest.Buffer{Addr: answer, Len: 16, Writable: true})
	r.Offer(2 * i)
	r.Kick()
}

func awaitErrno(t *testing.T, d *virtiotest.Driver, r *virtiotest.Ring, unique uint64) int {
	t.Helper()
	u := r.Await()
	b := answerOf(d, u)
	if got := binary.LittleEndian.Uint64(b[8:]); got != unique {
		t.Errorf("the answer is to request %d, want %d", got, unique)
	}
	return errnoOf(d, u)
}

// answerOf finds the answer of a chain of two descriptors.
func answerOf(d *virtiotest.Driver, u virtiotest.Used) []byte {
	table := d.Rings[2].DescTable()
	return d.Bytes(binary.LittleEndian.Uint64(table[16*(u.Head+1):]), 16)
}

func errnoOf(d *virtiotest.Driver, u virtiotest.Used) int {
	return -int(int32(binary.LittleEndian.Uint32(answerOf(d, u)[4:])))
}
