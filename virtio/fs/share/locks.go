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

// Limits of locks. A lock beyond them gets ENOLCK. The host searches all locks of a file for
// each call.
const (
	maxLocks     = 1 << 16 // of a share
	maxFileLocks = 1 << 12
)

// maxOffset is the last byte that a lock can cover, in Linux and on the host.
const maxOffset = math.MaxInt64

// lockKind is one of the two kinds of locks. Locks of different kinds never conflict.
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
	via        *handle // the handle that took it, with which it ends
}

// conflicts reports whether two locks cannot be held at the same time.
func (l *lock) conflicts(o *lock) bool {
	return l.kind == o.kind && l.owner != o.owner && (l.write || o.write) && l.start <= o.end && o.start <= l.end
}

// locks are the locks of a share. This table decides between owners in the guest;
// the host decides between the guest and everybody else, see hostlocks.go.
type locks struct {
	// mu is taken before Share.names and Share.mu. Calls to the host are made
	// under it, so that the host holds what the table says, but they never wait.
	mu      sync.Mutex
	files   map[*node]*lockedFile // those with locks
	count   int
	changed chan struct{} // closed when a lock was given up

	openBoth func(*node) (fd int, err error) // opens a file to read and write
}

// lockedFile is a file with locks.
type lockedFile struct {
	held    []lock
	carrier *descriptor // holds the locks of ranges on the host; nil: none so far
	access  int         // of carrier
}

func (t *locks) init(openBoth func(*node) (int, error)) {
	t.files, t.changed, t.openBoth = map[*node]*lockedFile{}, make(chan struct{}), openBoth
}

func (t *locks) wakeLocked() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// fileLocked returns a file's locks.
func (t *locks) fileLocked(n *node) *lockedFile {
	if f := t.files[n]; f != nil {
		return f
	}
	return &lockedFile{}
}

// holdLocked sets the locks of a file.
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

// blocker returns a lock in the guest that conflicts with want, or nil.
func (f *lockedFile) blocker(want *lock) *lock {
	i := slices.IndexFunc(f.held, func(l lock) bool { return l.conflicts(want) })
	if i < 0 {
		return nil
	}
	return &f.held[i]
}

// set takes a lock in place of what its owner holds of the range. If it cannot be taken, the
// error is EAGAIN. wait is then closed when it may be worth trying again; it is nil if it is
// the host that refuses. The guest must not see an error of type lockless.
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
	t.wakeLocked() // the new lock may be weaker than the old one
	return nil, err
}

// flockedLocked reports whether an open file already has exactly this lock by flock(2). A
// lock of the other type is given up before the new one is tried, as in flock(2): otherwise
// two owners of shared locks that both want an exclusive one would wait for each other.
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

// release gives up the locks of a handle that the guest closes; requests that wait for one
// through it fail. Locks that belong to processes have ended by then.
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

// dropLocked sets the locks that are left of a file after one was given up.
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

// lockOf decodes a request for a lock. The caller must put the handle.
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

// blocker returns a lock of the guest or the host that conflicts with want. If there is none,
// it returns asked, marked as unlocked.
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

// The time between two attempts to take a lock that a program of the host has.
const (
	firstPause   = time.Millisecond
	longestPause = 32 * time.Millisecond
)

// SetLkw implements fuse.RawFileSystem. There is no detection of deadlocks: two requests that
// wait for each other do so until one is interrupted.
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
		if wait == nil { // try again later: a call that waits on the host could not be interrupted
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
