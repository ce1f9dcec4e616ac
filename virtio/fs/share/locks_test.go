//go:build linux || darwin

package share

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

// lockTable is a table of locks, and a file with two handles.
func lockTable(t *testing.T, accesses ...int) (table *locks, handles []*handle, name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	n := &node{}
	for _, access := range accesses {
		fd, err := unix.Open(name, access|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		h := &handle{descriptor: newDescriptor(fd), node: n, access: access}
		t.Cleanup(h.put)
		handles = append(handles, h)
	}
	table = &locks{}
	table.init(func(*node) (int, error) { return unix.Open(name, unix.O_RDWR|unix.O_CLOEXEC, 0) })
	return table, handles, name
}

// hostSees is the type of lock that a program of the host meets at each byte.
func hostSees(t *testing.T, name string, bytes int) (seen []byte) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range uint64(bytes) {
		b := hostBlocker(&lockedFile{}, &lock{write: true, start: i, end: i, via: &handle{descriptor: newDescriptor(int(f.Fd()))}})
		switch {
		case b == nil:
			seen = append(seen, 0)
		case b.write:
			seen = append(seen, 'w')
		default:
			seen = append(seen, 'r')
		}
	}
	return seen
}

// TestLocksModel compares locks of ranges with a table of who has locked each byte,
// and what the host holds with the strongest lock of each byte.
func TestLocksModel(t *testing.T) {
	const bytes, owners, steps = 24, 4, 5000
	random := rand.New(rand.NewPCG(1, 2))
	table, handles, name := lockTable(t, unix.O_RDONLY, unix.O_WRONLY, unix.O_RDWR)
	n := handles[0].node
	var held [bytes][owners]byte // 0, 'r' or 'w'
	for step := range steps {
		if step%20 == 0 { // by which handle comes the first one decides by which the host holds it
			for o := range uint64(owners) {
				table.closed(n, o)
			}
			held = [bytes][owners]byte{}
		}
		start := random.Uint64N(bytes)
		end := start + random.Uint64N(bytes-start)
		owner := random.Uint64N(owners)
		kind := "urw"[random.IntN(3)]
		via := handles[map[byte]int{'u': 2, 'r': 0, 'w': 1}[kind]+map[byte]int{'u': 0, 'r': 2, 'w': 1}[kind]*random.IntN(2)]
		want := lock{owner: owner, start: start, end: end, write: kind == 'w', via: via}
		free := true
		for i := start; i <= end && kind != 'u'; i++ {
			for o, k := range held[i] {
				if uint64(o) != owner && k != 0 && (k == 'w' || kind == 'w') {
					free = false
				}
			}
		}
		var wait <-chan struct{}
		var err error
		if kind == 'u' {
			table.unlock(want)
		} else {
			wait, err = table.set(want)
		}
		if (err == nil) != free || (wait != nil) != !free {
			t.Fatalf("step %d: %c %d-%d of %d: %v, want it granted: %v; held %+v", step, kind, start, end, owner, err, free, table.fileLocked(n).held)
		}
		if free {
			for i := start; i <= end; i++ {
				held[i][owner] = kind
				if kind == 'u' {
					held[i][owner] = 0
				}
			}
		}
		if count := len(table.fileLocked(n).held); count != table.count || count > bytes*owners {
			t.Fatalf("step %d: %d locks, counted %d", step, count, table.count)
		}
		for i, k := range hostSees(t, name, bytes) {
			if want := slices.Max(held[i][:]); k != want {
				t.Fatalf("step %d: %c %d-%d of %d: the host holds %q of byte %d, want %q", step, kind, start, end, owner, k, i, want)
			}
		}
	}
	for o := range uint64(owners) {
		table.closed(n, o)
	}
	if table.count != 0 || len(table.files) != 0 {
		t.Errorf("%d locks are left: %+v", table.count, table.files)
	}
	if seen := hostSees(t, name, bytes); slices.Max(seen) != 0 {
		t.Errorf("the host holds %q after that", seen)
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
		{"2 is released, and both kinds of locks with it", fusetest.OpRelease, fusetest.Body(nil).U64(second).U32(0, 1<<1).U64(2), 0},
		{"1 has the file by flock", fusetest.OpSetlk, fusetest.LockBody(fh, 1, 0, toEnd, fusetest.WRLCK, flock), 0},
		{"1 writes everything", fusetest.OpSetlk, fusetest.LockBody(fh, 1, 0, toEnd, fusetest.WRLCK, 0), 0},
		{"3 with a handle that is closed", fusetest.OpSetlk, fusetest.LockBody(second, 3, 0, 0, fusetest.RDLCK, 0), eBADF},
	} {
		if _, errno := w.Call(step.op, node, step.body, 0); errno != step.errno {
			t.Errorf("%d: %s: errno %d, want %d", i, step.name, errno, step.errno)
		}
	}
	b, errno := w.Call(fusetest.OpGetlk, node, fusetest.LockBody(fh, 2, 0, 9, fusetest.RDLCK, 0), 24)
	le := binary.LittleEndian
	if w.want("GETLK", errno, 0); le.Uint32(b[16:]) != fusetest.WRLCK || le.Uint32(b[20:]) != 1 || le.Uint64(b[8:]) != toEnd {
		t.Errorf("GETLK: % x; want the lock of 1, to the end", b)
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

// TestLocksClosed asks for a lock by a handle that was closed meanwhile.
func TestLocksClosed(t *testing.T) {
	table, handles, _ := lockTable(t, unix.O_RDWR)
	table.release(handles[0])
	if _, err := table.set(lock{via: handles[0]}); err != unix.EBADF || table.count != 0 {
		t.Errorf("%v, %d locks", err, table.count)
	}
}

// TestLocksLimit takes more locks than there may be, of a file and of a share.
func TestLocksLimit(t *testing.T) {
	for _, tc := range []struct{ file, others int }{{maxFileLocks - 1, 0}, {1, maxLocks - 2}} {
		table, handles, _ := lockTable(t, unix.O_RDWR)
		h := handles[0]
		held := make([]lock, tc.file)
		for i := range held {
			held[i] = lock{start: uint64(2 * i), end: uint64(2 * i), via: h}
		}
		table.holdLocked(h.node, &lockedFile{}, held)
		table.count += tc.others
		if _, err := table.set(lock{owner: 1, start: 1 << 40, end: 1 << 40, via: h}); err != nil {
			t.Errorf("%+v: the last one: %v", tc, err)
		}
		if _, err := table.set(lock{owner: 2, start: 1 << 41, end: 1 << 41, via: h}); err != unix.ENOLCK {
			t.Errorf("%+v: one too many: %v", tc, err)
		}
	}
}
