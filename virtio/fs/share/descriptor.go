//go:build linux || darwin

package share

import (
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// descriptor is a file descriptor that is closed when its last user has put it. So a guest
// that releases a file while it reads from it cannot come to read from another file.
type descriptor struct {
	fd   int      // -1: none
	file *os.File // owns fd, if it is not nil
	refs atomic.Int32
}

// newDescriptor returns a descriptor with one reference.
func newDescriptor(fd int) *descriptor {
	d := &descriptor{fd: fd}
	d.refs.Store(1)
	return d
}

// get adds a reference. The caller must have one, or hold the lock under which the last one
// is put.
func (d *descriptor) get() *descriptor {
	d.refs.Add(1)
	return d
}

// put gives up a reference.
func (d *descriptor) put() {
	switch {
	case d.refs.Add(-1) > 0:
	case d.file != nil:
		d.file.Close()
	case d.fd >= 0:
		unix.Close(d.fd)
	}
}

// maxDepth is how many directories a path may have from the root to a directory whose
// descriptor is not open.
const maxDepth = 1024

// directory returns the descriptor of a directory. The caller must put it. Share.names is
// held.
func (s *Share) directory(n *node) (*descriptor, error) {
	if !n.isDir() {
		return nil, unix.ENOTDIR
	}
	var path []*node // directories without descriptors, from n towards the root
	for n != nil {
		if d := s.opened(n); d != nil {
			return s.descend(d, path)
		}
		if path = append(path, n); len(path) > maxDepth {
			return nil, unix.ELOOP
		}
		n = s.parent(n)
	}
	return nil, unix.ESTALE
}

// descend opens each directory of a path from the one before it.
func (s *Share) descend(d *descriptor, path []*node) (*descriptor, error) {
	for len(path) > 0 {
		n := path[len(path)-1]
		path = path[:len(path)-1]
		next, err := s.openDir(d, n)
		d.put()
		if err != nil {
			return nil, err
		}
		d = next
	}
	return d, nil
}

// openDir opens a directory from its parent's, and keeps it.
func (s *Share) openDir(parent *descriptor, n *node) (*descriptor, error) {
	s.mu.Lock()
	if len(n.names) == 0 {
		s.mu.Unlock()
		return nil, unix.ESTALE
	}
	name := n.names[0].name
	s.mu.Unlock()
	fd, err := openat(parent.fd, name, openDirFlags|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	st, err := at{fd: fd}.stat()
	if err == nil && st.identity() != n.identity {
		err = unix.ESTALE
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s.keep(n, newDescriptor(fd)), nil
}

// parent returns the directory that contains a directory.
func (s *Share) parent(n *node) *node {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(n.names) == 0 {
		return nil
	}
	return n.names[0].parent
}

// keep keeps a descriptor of a node, unless the node has one by now. If there are too many,
// it drops the one that was used least recently. It takes over the caller's reference, and
// returns a reference to the descriptor that is kept.
func (s *Share) keep(n *node, d *descriptor) *descriptor {
	kept, old := s.exchange(n, d)
	if old != nil {
		old.put()
	}
	return kept
}

// exchange returns the descriptor that is kept, with a reference for the caller, and the one
// that is not kept, or nil.
func (s *Share) exchange(n *node, d *descriptor) (kept, old *descriptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case n.kept != nil:
		return n.kept.get(), d
	case d.fd < 0:
		return d, nil
	}
	n.kept, n.used = d, s.kept.PushFront(n)
	d.get()
	if s.kept.Len() > s.maxKept {
		old = s.dropLocked(s.kept.Back().Value.(*node))
	}
	return d, old
}

// dropLocked removes and returns the descriptor that a node has kept so far.
func (s *Share) dropLocked(n *node) *descriptor {
	d := n.kept
	s.kept.Remove(n.used)
	n.kept, n.used = nil, nil
	return d
}
