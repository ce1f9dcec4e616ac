//go:build linux || darwin

package share

import (
	"container/list"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// identity distinguishes an inode of the host from all others. The time of birth
// distinguishes it from a later inode with the same number.
type identity struct {
	dev, ino uint64
	typ      uint32 // bits of S_IFMT
	born     timespec
}

type timespec struct {
	sec  int64
	nsec uint32
}

// stat is the host's attributes of an inode.
type stat struct {
	dev, ino            uint64
	mode, nlink         uint32
	uid, gid            uint32
	rdev                uint32 // in Linux's form
	blksize             uint32
	size, blocks        uint64
	atime, mtime, ctime timespec
	btime               timespec
}

func (st *stat) identity() identity {
	return identity{st.dev, st.ino, st.mode & unix.S_IFMT, st.btime}
}

// node is what the guest knows by a number. Share.mu guards all fields except identity;
// Share.names also guards names.
type node struct {
	id uint64
	identity
	lookups uint64
	names   []entry   // where it was found, latest last; none: the root, or removed
	open    []*handle // handles that refer to it
	version version   // when it was last opened
	knows   knowledge // of the guest

	kept *descriptor   // a directory's, or that of what has no name any more, as long as there is room
	used *list.Element // in Share.kept; nil for the root
}

// entry is a name in a directory.
type entry struct {
	parent *node
	name   string
}

// maxNames is how many names of an inode a node remembers.
const maxNames = 16

func (n *node) isDir() bool     { return n.typ == unix.S_IFDIR }
func (n *node) isRegular() bool { return n.typ == unix.S_IFREG }

// validName reports whether a name can be the name of a directory entry. Every name from the
// guest is checked here before the host's kernel gets it.
func validName(name string) bool {
	return name != "" && name != "." && name != ".." && strings.IndexByte(name, '/') < 0 && strings.IndexByte(name, 0) < 0
}

// node returns the node with a number.
func (s *Share) node(id uint64) (*node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.nodes[id]; n != nil {
		return n, nil
	}
	return nil, unix.ESTALE
}

// found returns the node of an inode that was found under a name, and counts the lookup of
// the guest. Share.names is held.
func (s *Share) found(st *stat, parent *node, name string) (*node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.inodes[st.identity()]
	if n == nil {
		if len(s.nodes) >= maxNodes {
			return nil, unix.ENFILE
		}
		s.lastNode = max(s.lastNode, s.root.id) + 1
		n = &node{id: s.lastNode, identity: st.identity()}
		s.nodes[n.id], s.inodes[n.identity] = n, n
	}
	n.lookups++
	if parent != nil && n != s.root {
		n.addNameLocked(entry{parent, name}, st.nlink == 1 || n.isDir())
	}
	return n, nil
}

// addNameLocked puts a name last. only says that the inode can have only one name, so the
// others are outdated.
func (n *node) addNameLocked(e entry, only bool) {
	switch i := slices.Index(n.names, e); {
	case only && i >= 0 && len(n.names) == 1:
		return
	case only:
		n.names = n.names[:0]
	case i >= 0:
		n.names = slices.Delete(n.names, i, i+1)
	case len(n.names) >= maxNames:
		n.names = slices.Delete(n.names, 0, 1)
	}
	n.names = append(n.names, e)
}

// moved makes an inode's node forget one name, and learn another one unless that is zero.
// Share.names is held for writing.
func (s *Share) moved(id identity, from, to entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.inodes[id]
	if n == nil {
		return
	}
	if i := slices.Index(n.names, from); i >= 0 {
		n.names = slices.Delete(n.names, i, i+1)
	}
	if to.parent != nil {
		n.addNameLocked(to, n.isDir())
	}
}

// removed notes that an inode has lost a name. If it was the last one, the host may use the
// inode's number again for another one. The node then keeps d, so that the guest can still
// reach the inode while it is open or a current directory. Share.names is held for writing.
func (s *Share) removed(st *stat, from entry, d *descriptor) {
	s.moved(st.identity(), from, entry{})
	if st.nlink > 1 && st.mode&unix.S_IFMT != unix.S_IFDIR {
		return
	}
	s.mu.Lock()
	n := s.inodes[st.identity()]
	delete(s.inodes, st.identity())
	s.mu.Unlock()
	if n != nil {
		s.keep(n, d.get()).put()
	}
}

// Forget takes back lookups of a node. Taking back more than there were is a guest's mistake,
// and counted.
func (s *Share) Forget(id, lookups uint64) {
	if d := s.forget(id, lookups); d != nil {
		d.put()
	}
}

// forget returns the descriptor that is no longer kept, or nil.
func (s *Share) forget(id, lookups uint64) *descriptor {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nodes[id]
	if n == nil || n == s.root {
		return nil
	}
	if lookups > n.lookups {
		s.underflows.Add(1)
		lookups = n.lookups
	}
	if n.lookups -= lookups; n.lookups > 0 {
		return nil
	}
	delete(s.nodes, id)
	if s.inodes[n.identity] == n {
		delete(s.inodes, n.identity)
	}
	if n.used == nil {
		return nil
	}
	return s.dropLocked(n)
}
