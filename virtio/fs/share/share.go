//go:build linux || darwin

package share

import (
	"container/list"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"github.com/miniboot-vmm/miniboot/virtio/fs"
)

// Limits of a share. Requests beyond them get ENFILE. The limits of descriptors are lower if
// the process may not open four times as many.
const (
	maxNodes   = 2 << 20 // nodes that the guest knows
	maxHandles = 1 << 16 // open at a time
	maxKept    = 1 << 10 // descriptors kept for directories and removed files, in addition to those in use
	maxListed  = 1 << 10 // open directories that keep dirWindow names each
)

// Share is a shared directory. All methods may be called by several goroutines
// at once.
type Share struct {
	fuse.RawFileSystem // ENOSYS for everything that Share does not implement

	path   string // for messages
	log    *slog.Logger
	owners owners
	root   *node
	dev    uint64 // device of the root

	// names is held for writing to change names, and for reading to find nodes by
	// their names. It is taken before mu.
	names sync.RWMutex

	mu       sync.Mutex // a leaf; no descriptor is closed under it, because that can take long
	nodes    map[uint64]*node
	inodes   map[identity]*node
	lastNode uint64
	handles  map[uint64]*handle
	lastFh   uint64
	listed   int       // handles with listed set
	kept     list.List // of *node with a kept descriptor, the most recently used first

	locks locks

	maxHandles, maxKept, maxListed int

	// entries calls add with the entries of a directory from an offset on, until add
	// returns false. The handle's reading is held. It is hostEntries but in tests.
	entries func(s *Share, h *handle, req *fuse.ReadIn, add func(fuse.DirEntry) bool) error

	gone       atomic.Bool // the log says that the directory was removed
	lockless   atomic.Bool // the log says that the host does not have locks
	underflows atomic.Uint64
}

var _ fs.FileSystem = (*Share)(nil)

// Config says how a share behaves.
type Config struct {
	// Log gets a warning if the directory has been removed, and if the host does
	// not have locks for it; nil discards it.
	Log *slog.Logger
}

// Open opens a directory to be shared. The path may contain symbolic links.
func Open(path string, c Config) (*Share, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := hostReady(); err != nil {
		return nil, err
	}
	fd, err := openat(unix.AT_FDCWD, path, openDirFlags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "share", Path: path, Err: err}
	}
	st, err := at{fd: fd}.stat()
	if err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "share", Path: path, Err: err}
	}
	s := &Share{
		RawFileSystem: fuse.NewDefaultRawFileSystem(), path: path, log: c.Log, owners: hostOwners(), dev: st.dev,
		entries: (*Share).hostEntries,
	}
	s.root = &node{id: fuse.FUSE_ROOT_ID, identity: st.identity(), kept: newDescriptor(fd)}
	s.maxHandles, s.maxKept = descriptorLimits()
	s.maxListed = maxListed
	s.locks.init(s.openBoth)
	s.clearLocked()
	s.checkLocks()
	return s, nil
}

func descriptorLimits() (handles, kept int) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxKept, maxKept / 4
	}
	quarter := limit.Cur / 4
	return int(min(quarter, maxHandles)), int(min(quarter, maxKept))
}

// Close closes the directory. The share must not be in use.
func (s *Share) Close() error {
	s.OnUnmount()
	s.root.kept.put()
	return nil
}

// String implements fuse.RawFileSystem.
func (s *Share) String() string { return "share of " + s.path }

// OnUnmount forgets all nodes, closes all files and drops all locks.
func (s *Share) OnUnmount() {
	handles, kept := s.takeAll()
	for _, h := range handles {
		s.locks.release(h)
		h.put()
	}
	for _, d := range kept {
		d.put()
	}
}

// takeAll forgets all nodes, and returns everything that was open.
func (s *Share) takeAll() (handles []*handle, kept []*descriptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.handles {
		h.node.open = nil
		handles = append(handles, h)
	}
	for e := s.kept.Front(); e != nil; e = s.kept.Front() {
		kept = append(kept, s.dropLocked(e.Value.(*node)))
	}
	s.clearLocked()
	return handles, kept
}

func (s *Share) clearLocked() {
	s.nodes = map[uint64]*node{s.root.id: s.root}
	s.inodes = map[identity]*node{s.root.identity: s.root}
	s.handles = map[uint64]*handle{}
	s.listed = 0
}

// noteGone is called if something in the directory was not found. It logs once that the
// directory itself was removed.
func (s *Share) noteGone(err error) {
	if err != unix.ENOENT && err != unix.EIO && err != unix.ESTALE || s.gone.Load() {
		return
	}
	st, err := at{fd: s.root.kept.fd}.stat()
	if (err != nil || st.nlink == 0) && !s.gone.Swap(true) {
		s.log.Warn("share: the directory no longer exists, the guest finds nothing in it", "directory", s.path)
	}
}

// status translates an error to the numbers of go-fuse, which are the host's.
func status(err error) fuse.Status {
	switch e := err.(type) {
	case nil:
		return fuse.OK
	case syscall.Errno:
		return fuse.Status(e)
	}
	return fuse.ToStatus(err)
}
