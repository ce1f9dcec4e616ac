//go:build linux || darwin

package share

import (
	"math"
	"slices"
	"sync"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// maxLocks is how many locks a share holds. More get ENOLCK.
const maxLocks = 1 << 16

// lockKind is one of the two kinds of locks, which do not know of each other.
type lockKind uint8

const (
	posixLock lockKind = iota // fcntl(2): of a range, by a process
	flockLock                 // flock(2): of a file, by who has opened it
)

// lock is a lock that is held. end is its last byte.
type lock struct {
	kind       lockKind
	write      bool
	owner      uint64
	start, end uint64
	pid        uint32
}

// conflicts reports whether two locks cannot be held at a time.
func (l *lock) conflicts(o *lock) bool {
	return l.kind == o.kind && l.owner != o.owner && (l.write || o.write) && l.start <= o.end && o.start <= l.end
}

// locks are the locks of a share, by node.
type locks struct {
	mu      sync.Mutex
	held    map[*node][]lock
	count   int
	changed chan struct{} // closed when one was given up
}

func (t *locks) init() {
	t.held, t.changed = map[*node][]lock{}, make(chan struct{})
}

// clear drops all locks.
func (t *locks) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count = 0
	clear(t.held)
	t.wakeLocked()
}

func (t *locks) wakeLocked() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// blocker returns a lock that another one conflicts with.
func (t *locks) blockerLocked(n *node, want *lock) *lock {
	held := t.held[n]
	for i := range held {
		if held[i].conflicts(want) {
			return &held[i]
		}
	}
	return nil
}

// set takes a lock in place of what its owner holds of that range, or, if it is
// nil, gives that up. It is refused with EAGAIN; wait is closed when it may be
// worth to try again.
func (t *locks) set(n *node, want lock, unlock bool) (wait <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !unlock {
		if t.blockerLocked(n, &want) != nil {
			return t.changed, unix.EAGAIN
		}
		if t.count >= maxLocks {
			return nil, unix.ENOLCK
		}
	}
	held := t.held[n]
	before := len(held)
	held = without(held, &want)
	if !unlock {
		held = append(held, want)
	}
	t.count += len(held) - before
	if len(held) == 0 {
		delete(t.held, n)
	} else {
		t.held[n] = held
	}
	t.wakeLocked() // a lock that is set may be a weaker one than before
	return nil, nil
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

// unlockAll gives up all that an owner holds of a node.
func (t *locks) unlockAll(n *node, kind lockKind, owner uint64) {
	t.mu.Lock()
	any := slices.ContainsFunc(t.held[n], func(l lock) bool { return l.kind == kind && l.owner == owner })
	t.mu.Unlock()
	if any {
		t.set(n, lock{kind: kind, owner: owner, end: math.MaxUint64}, true)
	}
}

// lockOf decodes a request for a lock; its caller puts the handle.
func (s *Share) lockOf(req *fuse.LkIn) (h *handle, l lock, unlock bool, err error) {
	l = lock{
		owner: req.Owner, start: req.Lk.Start, end: req.Lk.End, pid: req.Lk.Pid,
		write: req.Lk.Typ == unix.F_WRLCK,
	}
	if req.LkFlags&fuse.LK_FLOCK != 0 {
		l.kind, l.start, l.end = flockLock, 0, math.MaxUint64
	}
	h, err = s.handle(req.Fh)
	return h, l, req.Lk.Typ == unix.F_UNLCK, err
}

// GetLk implements fuse.RawFileSystem.
func (s *Share) GetLk(_ <-chan struct{}, req *fuse.LkIn, out *fuse.LkOut) fuse.Status {
	h, want, _, err := s.lockOf(req)
	if err != nil {
		return status(err)
	}
	defer h.put()
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	out.Lk = req.Lk
	if b := s.locks.blockerLocked(h.node, &want); b != nil {
		out.Lk = fuse.FileLock{Start: b.start, End: b.end, Typ: unix.F_RDLCK, Pid: b.pid}
		if b.write {
			out.Lk.Typ = unix.F_WRLCK
		}
	} else {
		out.Lk.Typ = unix.F_UNLCK
	}
	return fuse.OK
}

// SetLk implements fuse.RawFileSystem.
func (s *Share) SetLk(_ <-chan struct{}, req *fuse.LkIn) fuse.Status {
	h, want, unlock, err := s.lockOf(req)
	if err != nil {
		return status(err)
	}
	defer h.put()
	_, err = s.locks.set(h.node, want, unlock)
	return status(err)
}

// SetLkw implements fuse.RawFileSystem. Two that wait for each other do so until
// one of them is interrupted.
func (s *Share) SetLkw(cancel <-chan struct{}, req *fuse.LkIn) fuse.Status {
	h, want, unlock, err := s.lockOf(req)
	if err != nil {
		return status(err)
	}
	defer h.put()
	for {
		wait, err := s.locks.set(h.node, want, unlock)
		if wait == nil {
			return status(err)
		}
		select {
		case <-wait:
		case <-cancel:
			return fuse.EINTR
		}
	}
}
