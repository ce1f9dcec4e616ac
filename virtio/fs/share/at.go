//go:build linux || darwin

package share

import (
	"slices"

	"golang.org/x/sys/unix"
)

// at says where the host finds an inode: by a directory and a name in it or, without a
// name, by a descriptor of the inode itself.
type at struct {
	fd   int
	name string
	held *descriptor // keeps fd
}

func (a at) put() { a.held.put() }

// located calls f with the place of a node and the host's information about it. A directory
// is found by its descriptor, an open file by the file's, anything else by its name.
// Share.names is held.
func (s *Share) located(id uint64, f func(n *node, a at, st stat) error) error {
	n, err := s.node(id)
	if err != nil {
		return err
	}
	a, st, err := s.locate(n)
	if err != nil {
		return err
	}
	defer a.put()
	return f(n, a, st)
}

func (s *Share) locate(n *node) (a at, st stat, err error) {
	d := s.opened(n)
	switch {
	case d == nil && !n.isDir():
		return s.named(n)
	case d == nil:
		if d, err = s.directory(n); err != nil {
			return at{}, st, err
		}
	}
	a = at{fd: d.fd, held: d}
	if st, err = a.stat(); err != nil {
		a.put()
	}
	return a, st, err
}

// locateName finds a node by its name if it has one.
func (s *Share) locateName(n *node) (at, error) {
	a, _, err := s.named(n)
	if err != nil {
		a, _, err = s.locate(n)
	}
	return a, err
}

// named finds a node by one of its names that still stands for the same inode.
func (s *Share) named(n *node) (a at, st stat, err error) {
	var room [maxNames]entry
	s.mu.Lock()
	names := append(room[:0], n.names...)
	s.mu.Unlock()
	err = unix.ESTALE
	for _, e := range slices.Backward(names) {
		if a, st, err = s.check(n, e); err == nil {
			return a, st, nil
		}
	}
	return at{}, st, err
}

// check checks that a name still stands for a node.
func (s *Share) check(n *node, e entry) (a at, st stat, err error) {
	d, err := s.directory(e.parent)
	if err != nil {
		return at{}, st, err
	}
	a = at{fd: d.fd, name: e.name, held: d}
	if st, err = a.stat(); err == nil && st.identity() != n.identity {
		err = unix.ESTALE
	}
	if err != nil {
		a.put()
	}
	return a, st, err
}

// hold returns a descriptor of what a name stands for, before the name is removed. It
// returns none if that cannot be opened.
func (a at) hold() (d *descriptor, st stat, err error) {
	fd, err := openat(a.fd, a.name, holdFlags, 0)
	if err != nil {
		st, err = a.stat()
		return newDescriptor(-1), st, err
	}
	d = newDescriptor(fd)
	if st, err = (at{fd: fd}).stat(); err != nil {
		d.put()
	}
	return d, st, err
}

// opened returns the descriptor of an open file or directory.
func (s *Share) opened(n *node) *descriptor {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case n.kept != nil:
		if n.used != nil {
			s.kept.MoveToFront(n.used)
		}
		return n.kept.get()
	case len(n.open) > 0:
		return n.open[0].get()
	}
	return nil
}

// openat is openat(2), repeated if it was interrupted.
func openat(dir int, name string, flags int, mode uint32) (fd int, err error) {
	for {
		fd, err = unix.Openat(dir, name, flags|unix.O_CLOEXEC, mode)
		if err != unix.EINTR {
			return fd, err
		}
	}
}
