//go:build linux || darwin

package share

import (
	"hash/maphash"
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// cacheTime is how long a guest may rely on what it was told. It sees changes made on the
// host after that time, or when it opens or locks the file.
const cacheTime = time.Second

const (
	lateness  = cacheTime / 2    // how late a guest may start to count cacheTime
	asksAgain = 10 * time.Second // how long a guest asks each time, after others have changed a file that it uses
)

// knowledge is what a guest has been told about a file. Share.mu guards it. Times are in ns
// since 1970.
type knowledge struct {
	told  uint64 // a digest of the file's content
	until int64  // when the guest stops relying on that
	asks  int64  // until when it asks each time
}

var digestSeed = maphash.MakeSeed()

// digest stands for the content of a file. Like the guest's kernel it compares times and
// size only.
func (st *stat) digest() uint64 {
	return maphash.Comparable(digestSeed, version{mtime: st.mtime, size: st.size})
}

// tell notes that a guest is told a file's attributes, and returns how long it may rely on
// them.
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

// wrote notes that a guest has written to a file. Its kernel then asks for the attributes.
func (s *Share) wrote(n *node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.knows.until = 0
}

// misledLocked returns how long a guest will still rely on outdated information about a
// file.
func (n *node) misledLocked(st *stat, now time.Time) time.Duration {
	if !n.isRegular() || n.knows.told == st.digest() {
		return 0
	}
	return min(time.Duration(n.knows.until-now.UnixNano()), cacheTime+lateness)
}

// current checks whether others have changed a file that a guest opens and about which the
// guest has information. If so it returns ESTALE: Linux looks the file up again and then
// opens it. That works once per open, and not for an open through /proc/self/fd. In those
// cases late is true, and the file has to settle. Share.names is held.
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

// settleLock settles a file that was locked. From then on the guest asks each time, so that
// the next lock does not have to wait.
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

// settle waits until the guest no longer relies on what others have changed.
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
