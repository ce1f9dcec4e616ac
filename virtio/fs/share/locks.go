//go:build linux || darwin

package share

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// Limits of locks. What goes beyond gets ENOLCK. The host looks through all of a
// file's for each call.
const (
	maxLocks     = 1 << 16 // of a share
	maxFileLocks = 1 << 12
)

// maxOffset is the last byte that a lock can have, as Linux and the host have it.
const maxOffset = math.MaxInt64

// lockKind is one of the two kinds of locks, which do not know of each other.
type lockKind uint8

const (
	posixLock lockKind = iota // fcntl(2): of a range, by a process or an open file
	flockLock                 // flock(2): of a file, by an open file
)

// lock is a lock that is held. end is its last byte.
type lock struct {
	kind       lockKind
	write      bool
	owner      uint64
	start, end uint64
	pid        uint32
	via        *handle // by which it was taken, and with which it goes
}

// conflicts reports whether two locks cannot be held at a time.
func (l *lock) conflicts(o *lock) bool {
	return l.kind == o.kind && l.owner != o.owner && (l.write || o.write) && l.start <= o.end && o.start <= l.end
}

// locks are the locks of a share. This table decides between owners in the guest;
// the host decides between the guest and everybody else, see hostlocks.go.
type locks struct {
	// mu is taken before Share.names and Share.mu. The host is asked under it, so
	// that it holds what the table says, but never waited for.
	mu      sync.Mutex
	files   map[*node]*lockedFile // those with locks
	count   int
	changed chan struct{} // closed when one was given up

	openBoth func(*node) (fd int, err error) // opens a file to read and write
}

// lockedFile is a file with locks.
type lockedFile struct {
	held    []lock
	carrier *descriptor // by which the host holds the ranges among them; nil: none so far
	access  int         // of carrier
}

func (t *locks) init(openBoth func(*node) (int, error)) {
	t.files, t.changed, t.openBoth = map[*node]*lockedFile{}, make(chan struct{}), openBoth
}

func (t *locks) wakeLocked() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// fileLocked returns what there is of a file's locks.
func (t *locks) fileLocked(n *node) *lockedFile {
	if f := t.files[n]; f != nil {
		return f
	}
	return &lockedFile{}
}

// holdLocked notes what is held of a file now.
func (t *locks) holdLocked(n *node, f *lockedFile, held []lock) {
	t.count += len(held) - len(f.held)
	f.held = held
	if len(held) > 0 {
		t.files[n] = f
		return
	}
	delete(t.files, n)
	if f.carrier != nil {
		f.carrier.put()
	}
}

// blocker returns a lock that another one conflicts with.
func (f *lockedFile) blocker(want *lock) *lock {
	i := slices.IndexFunc(f.held, func(l lock) bool { return l.conflicts(want) })
	if i < 0 {
		return nil
	}
	return &f.held[i]
}

// set takes a lock in place of what its owner holds of that range. It is refused
// with EAGAIN. Then wait is closed when it may be worth to try again; it is nil if
// it is the host that refuses. An error of type lockless is none to the guest.
func (t *locks) set(want lock) (wait <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := want.via.node
	f := t.fileLocked(n)
	switch {
	case want.via.closed:
		return nil, unix.EBADF
	case want.kind == flockLock && t.flockedLocked(f, &want):
		return nil, nil
	case f.blocker(&want) != nil:
		return t.changed, unix.EAGAIN
	case t.count >= maxLocks, len(f.held) >= maxFileLocks:
		return nil, unix.ENOLCK
	}
	err = t.takeLocked(f, &want)
	if _, granted := err.(lockless); err != nil && !granted {
		t.holdLocked(n, f, f.held)
		return nil, err
	}
	t.holdLocked(n, f, append(without(f.held, &want), want))
	t.wakeLocked() // it may be a weaker one than before
	return nil, err
}

// flockedLocked reports whether an open file has just this lock by flock(2). One of
// the other type goes before the new one is tried, as flock(2) has it: two that
// share a file and both want it alone would wait for each other otherwise.
func (t *locks) flockedLocked(f *lockedFile, want *lock) bool {
	i := slices.IndexFunc(f.held, func(l lock) bool { return l.kind == flockLock && l.owner == want.owner })
	if i < 0 {
		return false
	}
	if f.held[i].write == want.write {
		return true
	}
	unflock(want.via)
	t.count--
	f.held = slices.Delete(f.held, i, i+1)
	t.wakeLocked()
	return false
}

// unlock gives up what an owner holds of a range.
func (t *locks) unlock(l lock) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.files[l.via.node]; f != nil {
		t.dropLocked(l.via.node, f, without(f.held, &l), &l)
	}
}

// closed gives up what a process that has closed a file holds of it by fcntl(2).
func (t *locks) closed(n *node, owner uint64) {
	t.dropIf(n, func(l lock) bool { return l.kind == posixLock && l.owner == owner })
}

// release gives up what was locked by a handle that the guest closes, and whoever
// waits gets no more. What belongs to processes has gone by then.
func (t *locks) release(h *handle) {
	t.mu.Lock()
	h.closed = true
	t.mu.Unlock()
	t.dropIf(h.node, func(l lock) bool { return l.via == h })
}

// dropIf gives up some locks of a file.
func (t *locks) dropIf(n *node, gone func(lock) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.files[n]
	if f == nil || !slices.ContainsFunc(f.held, gone) {
		return
	}
	var left []lock
	for _, l := range f.held {
		switch {
		case !gone(l):
			left = append(left, l)
		case l.kind == flockLock:
			unflock(l.via)
		}
	}
	t.dropLocked(n, f, left, &lock{kind: posixLock, end: maxOffset})
}

// dropLocked has a file keep what is left of its locks, after one was given up.
func (t *locks) dropLocked(n *node, f *lockedFile, left []lock, gone *lock) {
	giveUp(f, left, gone)
	t.holdLocked(n, f, left)
	t.wakeLocked()
}

// without returns the locks that are left when an owner gives up a range.
func without(held []lock, r *lock) []lock {
	left := make([]lock, 0, len(held)+2)
	for _, l := range held {
		if l.kind != r.kind || l.owner != r.owner || l.end < r.start || r.end < l.start {
			left = append(left, l)
			continue
		}
		if l.start < r.start {
			before := l
			before.end = r.start - 1
			left = append(left, before)
		}
		if l.end > r.end {
			after := l
			after.start = r.end + 1
			left = append(left, after)
		}
	}
	return left
}

// lockOf decodes a request for a lock; its caller puts the handle.
func (s *Share) lockOf(req *fuse.LkIn) (l lock, err error) {
	h, err := s.regular(req.Fh)
	if err != nil {
		return l, err
	}
	l = lock{
		owner: req.Owner, start: req.Lk.Start, end: min(req.Lk.End, maxOffset), pid: req.Lk.Pid,
		write: req.Lk.Typ == unix.F_WRLCK, via: h,
	}
	if req.LkFlags&fuse.LK_FLOCK != 0 {
		l.kind, l.owner, l.start, l.end = flockLock, h.id, 0, maxOffset
	}
	if l.start > l.end {
		h.put()
		return l, unix.EINVAL
	}
	return l, nil
}

// GetLk implements fuse.RawFileSystem.
func (s *Share) GetLk(_ <-chan struct{}, req *fuse.LkIn, out *fuse.LkOut) fuse.Status {
	want, err := s.lockOf(req)
	if err != nil {
		return status(err)
	}
	defer want.via.put()
	out.Lk = s.locks.blocker(&want, req.Lk)
	return fuse.OK
}

// blocker returns a lock that another one conflicts with, the guest's or the
// host's, or what was asked for as unlocked.
func (t *locks) blocker(want *lock, asked fuse.FileLock) fuse.FileLock {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.fileLocked(want.via.node)
	b := f.blocker(want)
	if b == nil {
		b = hostBlocker(f, want)
	}
	if b == nil {
		asked.Typ = unix.F_UNLCK
		return asked
	}
	return fuse.FileLock{Start: b.start, End: b.end, Typ: uint32(lockType(b.write)), Pid: b.pid}
}

// lock takes a lock, as locks.set does.
func (s *Share) lock(want lock, cancel <-chan struct{}) (wait <-chan struct{}, err error) {
	wait, err = s.locks.set(want)
	if l, ok := err.(lockless); ok {
		s.noteLockless(l.error)
		err = nil
	}
	if err == nil {
		s.settleLock(want.via, cancel)
	}
	return wait, err
}

// SetLk implements fuse.RawFileSystem.
func (s *Share) SetLk(cancel <-chan struct{}, req *fuse.LkIn) fuse.Status {
	want, err := s.lockOf(req)
	if err != nil {
		return status(err)
	}
	defer want.via.put()
	if req.Lk.Typ == unix.F_UNLCK {
		s.locks.unlock(want)
		return fuse.OK
	}
	_, err = s.lock(want, cancel)
	return status(err)
}

// How long a lock of the host's programs is waited for before it is asked for again.
const (
	firstPause   = time.Millisecond
	longestPause = 32 * time.Millisecond
)

// SetLkw implements fuse.RawFileSystem. Two that wait for each other do so until
// one of them is interrupted.
func (s *Share) SetLkw(cancel <-chan struct{}, req *fuse.LkIn) fuse.Status {
	if req.Lk.Typ == unix.F_UNLCK {
		return s.SetLk(cancel, req)
	}
	want, err := s.lockOf(req)
	if err != nil {
		return status(err)
	}
	defer want.via.put()
	for pause := firstPause; ; {
		wait, err := s.lock(want, cancel)
		if err != unix.EAGAIN {
			return status(err)
		}
		var again <-chan time.Time
		if wait == nil { // the host would wait in a call that nothing ends
			again, pause = time.After(pause), min(2*pause, longestPause)
		}
		select {
		case <-wait:
		case <-again:
		case <-cancel:
			return fuse.EINTR
		}
	}
}
