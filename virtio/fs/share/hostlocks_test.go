//go:build linux || darwin

package share

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs/internal/fusetest"
)

const flockFlag, toEnd = 1, 1<<63 - 1

// lockKinds are both kinds of locks of a whole file, as the guest and the host take them.
var lockKinds = []struct {
	name  string
	flags uint32
	host  func(f *os.File, typ int16, wait bool) error
}{
	{"fcntl", 0, func(f *os.File, typ int16, wait bool) error {
		l := unix.Flock_t{Type: typ}
		return unix.FcntlFlock(f.Fd(), ofdSetlk+map[bool]int{true: 1}[wait], &l)
	}},
	{"flock", flockFlag, func(f *os.File, typ int16, wait bool) error {
		how := map[int16]int{unix.F_RDLCK: unix.LOCK_SH, unix.F_WRLCK: unix.LOCK_EX, unix.F_UNLCK: unix.LOCK_UN}[typ]
		if !wait {
			how |= unix.LOCK_NB
		}
		return unix.Flock(int(f.Fd()), how)
	}},
}

func (w *world) openOnHost(name string) *os.File {
	w.t.Helper()
	f, err := os.OpenFile(w.host(name), os.O_RDWR, 0)
	w.must(err)
	w.t.Cleanup(func() { f.Close() })
	return f
}

// setlk asks for a lock of a whole file.
func (w *world) setlk(op uint32, node, fh, owner uint64, typ, flags uint32) int {
	_, errno := w.Call(op, node, fusetest.LockBody(fh, owner, 0, toEnd, typ, flags), 0)
	return errno
}

// TestLocksOfOthers has two machines and the host exclude each other.
func TestLocksOfOthers(t *testing.T) {
	const free, taken = 0, eAGAIN
	for _, kind := range lockKinds {
		w := newWorld(t, 1)
		w.file("file", "")
		machines := map[string]*world{"first": w, "second": w.beside(1)}
		file := w.openOnHost("file")
		var node, fh = map[string]uint64{}, map[string]uint64{}
		for who, m := range machines {
			node[who], fh[who] = m.open("file", oRDWR)
		}
		for i, step := range []struct {
			who  string
			typ  uint32
			want int
		}{
			{"first", fusetest.WRLCK, free}, {"second", fusetest.WRLCK, taken}, {"second", fusetest.RDLCK, taken},
			{"host", fusetest.WRLCK, taken}, {"host", fusetest.RDLCK, taken},
			{"first", fusetest.RDLCK, free}, {"second", fusetest.RDLCK, free}, {"host", fusetest.RDLCK, free},
			{"first", fusetest.WRLCK, taken}, {"host", fusetest.UNLCK, free}, {"second", fusetest.UNLCK, free},
			{"first", fusetest.WRLCK, free}, {"host", fusetest.WRLCK, taken}, {"first", fusetest.UNLCK, free},
			{"host", fusetest.WRLCK, free}, {"first", fusetest.RDLCK, taken}, {"second", fusetest.WRLCK, taken},
			{"host", fusetest.UNLCK, free}, {"second", fusetest.WRLCK, free}, {"first", fusetest.RDLCK, taken},
		} {
			errno := 0
			if m := machines[step.who]; m != nil {
				errno = m.setlk(fusetest.OpSetlk, node[step.who], fh[step.who], 1, step.typ, kind.flags)
			} else if kind.host(file, []int16{unix.F_RDLCK, unix.F_WRLCK, unix.F_UNLCK}[step.typ], false) != nil {
				errno = eAGAIN
			}
			if errno != step.want {
				t.Errorf("%s, step %d: %s, type %d: errno %d, want %d", kind.name, i, step.who, step.typ, errno, step.want)
			}
		}
	}
}

// TestLocksCount has two machines, two processes in each, and the host add to a
// number in a file, each under a lock that it waits for.
func TestLocksCount(t *testing.T) {
	const rounds = 50
	for _, kind := range lockKinds {
		w := newWorld(t, 2)
		w.file("count", "0000")
		var wg sync.WaitGroup
		for _, m := range []*world{w, w.beside(2)} {
			for queue := 1; queue <= 2; queue++ {
				c := m.on(queue)
				wg.Go(func() {
					node, fh := c.open("count", oRDWR)
					for range rounds {
						c.want("SETLKW", c.setlk(fusetest.OpSetlkw, node, fh, uint64(queue), fusetest.WRLCK, kind.flags), 0)
						b, _ := c.Read(node, fh, 0, 4)
						n, _ := strconv.Atoi(string(b))
						c.Write(node, fh, 0, fmt.Appendf(nil, "%04d", n+1))
						c.want("unlocking", c.setlk(fusetest.OpSetlk, node, fh, uint64(queue), fusetest.UNLCK, kind.flags), 0)
					}
				})
			}
		}
		file := w.openOnHost("count")
		for range rounds {
			w.must(kind.host(file, unix.F_WRLCK, true))
			b := make([]byte, 4)
			file.ReadAt(b, 0)
			n, _ := strconv.Atoi(string(b))
			file.WriteAt(fmt.Appendf(nil, "%04d", n+1), 0)
			w.must(kind.host(file, unix.F_UNLCK, true))
		}
		wg.Wait()
		if got, want := w.content("count"), fmt.Sprintf("%04d", 5*rounds); got != want {
			t.Errorf("%s: the number is %s, want %s", kind.name, got, want)
		}
	}
}

// TestLocksWaitForHost has a process wait for a lock of the host: others are answered
// meanwhile, INTERRUPT ends it, and so does the host's unlocking.
func TestLocksWaitForHost(t *testing.T) {
	for _, kind := range lockKinds {
		w := newWorld(t, 2)
		w.file("file", "")
		node, fh := w.open("file", oRDWR)
		file := w.openOnHost("file")
		w.must(kind.host(file, unix.F_WRLCK, false))
		other := w.on(2)
		done := make(chan int)
		wait := func(unique uint64) {
			h := fusetest.Header{Opcode: fusetest.OpSetlkw, Unique: unique, Node: node}
			b := other.Raw(fusetest.Request(h, fusetest.LockBody(fh, 2, 0, toEnd, fusetest.WRLCK, kind.flags)), 16)
			done <- int((b[4] ^ 0xff) + 1) // errno is negative
		}
		go wait(1000)
		for {
			_, errno := w.Getattr(node)
			w.want("GETATTR", errno, 0)
			if _, errno = w.Call(fusetest.OpInterrupt, 0, fusetest.Body(nil).U64(1000), 0); errno == 0 {
				break
			}
			runtime.Gosched()
		}
		w.want("SETLKW, interrupted", <-done, eINTR)
		go wait(1001)
		for range 100 {
			_, errno := w.Getattr(node)
			w.want("GETATTR", errno, 0)
		}
		select {
		case errno := <-done:
			t.Fatalf("%s: the lock is granted although the host has it: errno %d", kind.name, errno)
		default:
		}
		w.must(kind.host(file, unix.F_UNLCK, false))
		w.want("SETLKW", <-done&0xff, 0)
		if kind.host(file, unix.F_RDLCK, false) == nil {
			t.Errorf("%s: the host gets a lock that a guest waited for and has", kind.name)
		}
	}
}

// TestLocksGo has the host get a lock when its owner in the guest is gone.
func TestLocksGo(t *testing.T) {
	for _, kind := range lockKinds {
		for _, end := range []struct {
			name  string
			kinds string
			do    func(w *world, node, fh uint64)
		}{
			{"unlocked", "fcntl flock", func(w *world, node, fh uint64) {
				w.setlk(fusetest.OpSetlkw, node, fh, 1, fusetest.UNLCK, kind.flags)
			}},
			{"closed by the process", "fcntl", func(w *world, node, fh uint64) {
				w.Call(fusetest.OpFlush, node, fusetest.Body(nil).U64(fh).U32(0, 0).U64(1), 0)
			}},
			{"released", "fcntl flock", func(w *world, node, fh uint64) { w.Release(node, fh) }},
			{"unmounted", "fcntl flock", func(w *world, _, _ uint64) { w.Call(fusetest.OpDestroy, 0, nil, 0) }},
			{"reset", "fcntl flock", func(w *world, _, _ uint64) { w.Again() }},
		} {
			if !strings.Contains(end.kinds, kind.name) {
				continue
			}
			w := newWorld(t, 1)
			w.file("file", "")
			node, fh := w.open("file", oRDWR)
			file := w.openOnHost("file")
			w.want("SETLK", w.setlk(fusetest.OpSetlk, node, fh, 1, fusetest.WRLCK, kind.flags), 0)
			if kind.host(file, unix.F_WRLCK, false) == nil {
				t.Fatalf("%s: the host gets a lock that the guest has", kind.name)
			}
			end.do(w, node, fh)
			if err := kind.host(file, unix.F_WRLCK, false); err != nil {
				t.Errorf("%s, %s: the host does not get the lock: %v", kind.name, end.name, err)
			}
			if n := w.share.locks.count; n != 0 || len(w.share.locks.files) != 0 {
				t.Errorf("%s, %s: %d locks are left", kind.name, end.name, n)
			}
		}
	}
}

// TestLocksTwoKinds lets one process lock a file in both ways, which on Linux do not exclude
// each other. It also lets two processes that share a lock both ask for it exclusively.
func TestLocksTwoKinds(t *testing.T) {
	w := newWorld(t, 2)
	w.file("file", "")
	node, fh := w.open("file", oRDWR)
	_, second := w.open("file", oRDWR)
	if runtime.GOOS == "linux" {
		w.want("flock", w.setlk(fusetest.OpSetlk, node, fh, 1, fusetest.WRLCK, flockFlag), 0)
		w.want("fcntl", w.setlk(fusetest.OpSetlk, node, second, 2, fusetest.WRLCK, 0), 0)
		w.want("unlocking", w.setlk(fusetest.OpSetlk, node, second, 2, fusetest.UNLCK, 0), 0)
	}
	for _, h := range []uint64{fh, second} {
		w.want("sharing", w.setlk(fusetest.OpSetlk, node, h, h, fusetest.RDLCK, flockFlag), 0)
	}
	var wg sync.WaitGroup
	for i, h := range []uint64{fh, second} {
		c := w.on(i + 1)
		wg.Go(func() {
			w.want("having it alone", c.setlk(fusetest.OpSetlkw, node, h, h, fusetest.WRLCK, flockFlag), 0)
			w.want("unlocking", c.setlk(fusetest.OpSetlk, node, h, h, fusetest.UNLCK, flockFlag), 0)
		})
	}
	wg.Wait()
}

// TestLocksGetHost asks for a lock that the host has.
func TestLocksGetHost(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "")
	node, fh := w.open("file", oRDWR)
	file := w.openOnHost("file")
	for _, tc := range []struct {
		start, length int64
		want          fusetest.Body
	}{
		{5, 0, fusetest.Body(nil).U64(5, toEnd).U32(fusetest.WRLCK, 0)},
		{5, 3, fusetest.Body(nil).U64(5, 7).U32(fusetest.WRLCK, 0)},
		{10, 3, fusetest.Body(nil).U64(0, 9).U32(fusetest.UNLCK, 1)},
	} {
		w.must(unix.FcntlFlock(file.Fd(), ofdSetlk, &unix.Flock_t{Type: unix.F_UNLCK}))
		w.must(unix.FcntlFlock(file.Fd(), ofdSetlk, &unix.Flock_t{Type: unix.F_WRLCK, Start: tc.start, Len: tc.length}))
		b, errno := w.Call(fusetest.OpGetlk, node, fusetest.LockBody(fh, 1, 0, 9, fusetest.RDLCK, 0), 24)
		if errno != 0 || string(b) != string(tc.want) {
			t.Errorf("the host has %d bytes from %d on: errno %d, % x, want % x", tc.length, tc.start, errno, b, tc.want)
		}
	}
}

// TestLockless has a host without locks: the guest still gets them, and the log says so once.
func TestLockless(t *testing.T) {
	w := newWorld(t, 1)
	w.file("file", "")
	_, fh := w.open("file", oRDWR)
	h, err := w.share.handle(fh)
	w.must(err)
	defer h.put()
	for owner, want := range []error{nil, unix.EAGAIN} {
		beyond := lock{owner: uint64(owner), start: 1 << 63, end: 1 << 63, write: true, via: h} // the host answers EINVAL
		if _, err := w.share.lock(beyond, nil); err != want {
			t.Errorf("owner %d: %v, want %v", owner, err, want)
		}
	}
	w.share.noteLockless(unix.EINVAL)
	if line := <-w.lines; !strings.Contains(line, "the host does not have locks") || len(w.lines) != 0 {
		t.Errorf("%q, and %d more lines", line, len(w.lines))
	}
}
