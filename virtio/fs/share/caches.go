//go:build linux || darwin

package share

import (
	"hash/maphash"
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// cacheTime is how long a guest may take what it was told for true: what changes
// on the host is seen after that, unless the guest opens or locks the file.
const cacheTime = time.Second

const (
	lateness  = cacheTime / 2    // by which a guest may begin to count cacheTime
	asksAgain = 10 * time.Second // for which a guest asks each time for a file that others change under its eyes
)

// knowledge is what a guest has been told of a file. It is guarded by Share.mu.
// Times are ns since 1970.
type knowledge struct {
	told  uint64 // a digest of what a file has in it
	until int64  // when the guest does not rely on that any more
	asks  int64  // until when it asks each time
}

var digestSeed = maphash.MakeSeed()

// digest stands for what a file has in it, as the guest's kernel compares that: by
// time and size.
func (st *stat) digest() uint64 {
	return maphash.Comparable(digestSeed, version{mtime: st.mtime, size: st.size})
}

// tell notes that a guest is told a file's attributes, and returns how long they are
// good for.
func (s *Share) tell(n *node, st *stat) time.Duration {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.UnixNano() < n.knows.asks {
		n.knows.until = 0
		return 0
	}
	n.knows.told, n.knows.until = st.digest(), now.Add(cacheTime+lateness).UnixNano()
	return cacheTime
}

// wrote notes that a guest has written to a file, after which it asks.
func (s *Share) wrote(n *node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.knows.until = 0
}

// misledLocked returns for how long a guest still relies on what a file is not any more.
func (n *node) misledLocked(st *stat, now time.Time) time.Duration {
	if !n.isRegular() || n.knows.told == st.digest() {
		return 0
	}
	return min(time.Duration(n.knows.until-now.UnixNano()), cacheTime+lateness)
}

// current looks whether others have changed a file that a guest opens and that it
// believes to know. With ESTALE Linux looks it up again, and opens it then. That
// works once for an open, and not for one by /proc/self/fd: otherwise the guest is
// late, and its file has to settle. Share.names is held.
func (s *Share) current(n *node) (late bool, err error) {
	a, st, err := s.locate(n)
	if err != nil {
		return false, err
	}
	a.put()
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.misledLocked(&st, now) <= 0 {
		return false, nil
	}
	late = len(n.open) > 0 || now.UnixNano() < n.knows.asks
	n.knows.asks = max(n.knows.asks, now.Add(asksAgain).UnixNano())
	if late {
		return true, nil
	}
	return false, unix.ESTALE
}

// settleLock settles a file that was locked. From then on the guest asks each time,
// so that the next lock has not to wait for that.
func (s *Share) settleLock(h *handle, cancel <-chan struct{}) {
	s.mu.Lock()
	h.node.knows.asks = math.MaxInt64
	s.mu.Unlock()
	s.settle(h, cancel)
}

func (s *Share) settleOpened(fh uint64, cancel <-chan struct{}) {
	if h, err := s.handle(fh); err == nil {
		s.settle(h, cancel)
		h.put()
	}
}

// settle waits until the guest does not rely any more on what others have changed.
func (s *Share) settle(h *handle, cancel <-chan struct{}) {
	st, err := at{fd: h.fd}.stat()
	if err != nil {
		return
	}
	s.mu.Lock()
	left := h.node.misledLocked(&st, time.Now())
	s.mu.Unlock()
	if left > 0 {
		select {
		case <-time.After(left):
		case <-cancel:
		}
	}
}
