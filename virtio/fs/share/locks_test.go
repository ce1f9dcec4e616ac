//go:build linux || darwin

package share

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// TestLocksModel compares locks of ranges with a table of who has locked each byte.
func TestLocksModel(t *testing.T) {
	const bytes, owners, steps = 24, 4, 20000
	random := rand.New(rand.NewPCG(1, 2))
	var table locks
	table.init()
	n := &node{}
	var held [bytes][owners]byte // 0, 'r' or 'w'
	for step := range steps {
		start := random.Uint64N(bytes)
		end := start + random.Uint64N(bytes-start)
		owner := random.Uint64N(owners)
		kind := "urw"[random.IntN(3)]
		want := lock{owner: owner, start: start, end: end, write: kind == 'w'}
		free := true
		for i := start; i <= end && kind != 'u'; i++ {
			for o, k := range held[i] {
				if uint64(o) != owner && k != 0 && (k == 'w' || kind == 'w') {
					free = false
				}
			}
		}
		wait, err := table.set(n, want, kind == 'u')
		if (err == nil) != free || (wait != nil) != !free {
			t.Fatalf("step %d: %c %d-%d of %d: %v, want it granted: %v; held %+v", step, kind, start, end, owner, err, free, table.held[n])
		}
		if free {
			for i := start; i <= end; i++ {
				held[i][owner] = kind
				if kind == 'u' {
					held[i][owner] = 0
				}
			}
		}
		if len(table.held[n]) != table.count || table.count > bytes*owners {
			t.Fatalf("step %d: %d locks, counted %d", step, len(table.held[n]), table.count)
		}
	}
	for o := range uint64(owners) {
		table.unlockAll(n, posixLock, o)
	}
	if table.count != 0 || len(table.held) != 0 {
		t.Errorf("%d locks are left: %+v", table.count, table.held)
	}
}

// TestLocks has owners lock files by requests.
func TestLocks(t *testing.T) {
	const flock, toEnd = 1, 1<<63 - 1
	w := newWorld(t, 1)
	w.file("file", "")
	node, fh := w.open("file", oRDWR)
	_, second := w.open("file", oRDWR)
	for i, step := range []struct {
		name  string
		op    uint32
		body  fusetest.Body
		errno int
	}{
		{"1 writes 0-9", fusetest.OpSetlk, fusetest.LockBody(fh, 1, 0, 9, fusetest.WRLCK, 0), 0},
		{"2 reads 5", fusetest.OpSetlk, fusetest.LockBody(second, 2, 5, 5, fusetest.RDLCK, 0), eAGAIN},
		{"2 reads from 10 on", fusetest.OpSetlk, fusetest.LockBody(second, 2, 10, toEnd, fusetest.RDLCK, 0), 0},
		{"1 reads from 10 on", fusetest.OpSetlk, fusetest.LockBody(fh, 1, 10, toEnd, fusetest.RDLCK, 0), 0},
		{"1 writes the end", fusetest.OpSetlk, fusetest.LockBody(fh, 1, toEnd, toEnd, fusetest.WRLCK, 0), eAGAIN},
		{"2 has the file by flock", fusetest.OpSetlk, fusetest.LockBody(second, 2, 0, toEnd, fusetest.WRLCK, flock), 0},
		{"1 shares the file by flock", fusetest.OpSetlk, fusetest.LockBody(fh, 1, 0, toEnd, fusetest.RDLCK, flock), eAGAIN},
		{"1 closes the file", fusetest.OpFlush, fusetest.Body(nil).U64(fh).U32(0, 0).U64(1), 0},
		{"2 writes everything", fusetest.OpSetlk, fusetest.LockBody(second, 2, 0, toEnd, fusetest.WRLCK, 0), 0},
		{"2 is released, flock too", fusetest.OpRelease, fusetest.Body(nil).U64(second).U32(0, 1<<1).U64(2), 0},
		{"1 has the file by flock", fusetest.OpSetlk, fusetest.LockBody(fh, 1, 0, toEnd, fusetest.WRLCK, flock), 0},
		{"3 with a handle that is closed", fusetest.OpSetlk, fusetest.LockBody(second, 3, 0, 0, fusetest.RDLCK, 0), eBADF},
	} {
		if _, errno := w.Call(step.op, node, step.body, 0); errno != step.errno {
			t.Errorf("%d: %s: errno %d, want %d", i, step.name, errno, step.errno)
		}
	}
	b, errno := w.Call(fusetest.OpGetlk, node, fusetest.LockBody(fh, 1, 0, 9, fusetest.RDLCK, 0), 24)
	le := binary.LittleEndian
	if w.want("GETLK", errno, 0); le.Uint32(b[16:]) != fusetest.WRLCK || le.Uint32(b[20:]) != 2 || le.Uint64(b[8:]) != toEnd {
		t.Errorf("GETLK: % x; want the lock of 2, to the end", b)
	}
	w.Again()
	if n := w.share.locks.count; n != 0 {
		t.Errorf("%d locks after a reset", n)
	}
}

// TestLocksWait has one wait for another's lock.
func TestLocksWait(t *testing.T) {
	w := newWorld(t, 2)
	w.file("file", "")
	node, fh := w.open("file", oRDWR)
	_, errno := w.Call(fusetest.OpSetlk, node, fusetest.LockBody(fh, 1, 0, 9, fusetest.WRLCK, 0), 0)
	w.want("SETLK", errno, 0)
	other := w.on(2)
	done := make(chan int)
	go func() {
		_, errno := other.Call(fusetest.OpSetlkw, node, fusetest.LockBody(fh, 2, 5, 5, fusetest.WRLCK, 0), 0)
		done <- errno
	}()
	for range 100 {
		_, errno := w.Getattr(node)
		w.want("GETATTR", errno, 0)
	}
	select {
	case errno := <-done:
		t.Fatalf("the lock is granted although another has it: errno %d", errno)
	default:
	}
	_, errno = w.Call(fusetest.OpSetlk, node, fusetest.LockBody(fh, 1, 0, 9, fusetest.UNLCK, 0), 0)
	w.want("unlocking", errno, 0)
	w.want("SETLKW", <-done, 0)
}

// TestLocksLimit takes more locks than there may be.
func TestLocksLimit(t *testing.T) {
	var table locks
	table.init()
	n := &node{}
	table.held[n] = make([]lock, maxLocks-1)
	for i := range table.held[n] {
		table.held[n][i] = lock{start: uint64(2 * i), end: uint64(2 * i)}
	}
	table.count = maxLocks - 1
	if _, err := table.set(n, lock{owner: 1, start: 1 << 40, end: 1 << 40}, false); err != nil {
		t.Error(err)
	}
	if _, err := table.set(n, lock{owner: 2, start: 1 << 41, end: 1 << 41}, false); err != unix.ENOLCK {
		t.Errorf("one too many: %v", err)
	}
}
