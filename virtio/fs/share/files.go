//go:build linux || darwin

package share

import (
	"slices"
	"sync"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// handle is an open file or directory.
type handle struct {
	*descriptor
	node   *node
	id     uint64
	access int  // O_RDONLY, O_WRONLY or O_RDWR
	listed bool // a directory that keeps names; guarded by Share.mu

	reading sync.Mutex // a directory's position and the field below
	names   *dirStream // nil: none yet; Linux has no use for it
	//lint:ignore U1000 macOS appends with it
	writing writing
	closed  bool // by the guest: it takes no more locks; guarded by locks.mu
}

func (h *handle) writable() bool { return h.access != unix.O_RDONLY }

// handle returns an open handle. The caller must put it.
func (s *Share) handle(id uint64) (*handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handles[id]
	if h == nil {
		return nil, unix.EBADF
	}
	h.get()
	return h, nil
}

// addHandle makes a handle for an open descriptor, unless there are too many.
func (s *Share) addHandle(n *node, fd, flags int) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.handles) >= s.maxHandles {
		return 0, unix.ENFILE
	}
	s.lastFh++
	h := &handle{descriptor: newDescriptor(fd), node: n, id: s.lastFh, access: flags & unix.O_ACCMODE}
	s.handles[h.id] = h
	n.open = append(n.open, h)
	return h.id, nil
}

// release gives up a handle and the locks that were taken through it. The descriptor stays
// open as long as another request uses it.
func (s *Share) release(id uint64) {
	if h := s.takeHandle(id); h != nil {
		s.locks.release(h)
		h.put()
	}
}

func (s *Share) takeHandle(id uint64) *handle {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.handles[id]
	if h == nil {
		return nil
	}
	delete(s.handles, id)
	if h.listed {
		s.listed--
	}
	if i := slices.Index(h.node.open, h); i >= 0 {
		h.node.open = slices.Delete(h.node.open, i, i+1)
	}
	return h
}

// accessFlags are the guest's flags that matter when a file is opened. O_APPEND is not among
// them, because each WRITE says whether it appends.
const accessFlags = unix.O_ACCMODE | unix.O_TRUNC | unix.O_SYNC | unix.O_DSYNC

// openedFlags returns what the guest is told about a file that it has opened. A file opened
// to append bypasses the guest's page cache. That would split a write at the pages of the
// place where the guest believes the end is.
func openedFlags(flags uint32, unchanged bool) (told uint32) {
	if unchanged {
		told |= fuse.FOPEN_KEEP_CACHE
	}
	if flags&unix.O_APPEND != 0 && flags&unix.O_ACCMODE != unix.O_RDONLY {
		told |= fuse.FOPEN_DIRECT_IO
	}
	return told
}

// Open implements fuse.RawFileSystem.
func (s *Share) Open(cancel <-chan struct{}, req *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	late := false
	status := s.stable(func() error {
		n, err := s.node(req.NodeId)
		if err == nil && req.Flags&unix.O_TRUNC == 0 {
			late, err = s.current(n)
		}
		if err != nil {
			return err
		}
		kill := req.Mode&fuse.OPEN_KILL_SUIDGID != 0
		fh, unchanged, err := s.openNode(n, int(req.Flags)&accessFlags, kill)
		out.Fh, out.OpenFlags = fh, openedFlags(req.Flags, unchanged)
		return err
	})
	if late && status.Ok() {
		s.settleOpened(out.Fh, cancel)
	}
	return status
}

// openNode opens a node that is a regular file. kill says that truncating it clears
// set-user-ID bits. unchanged reports that the file has not changed since it was last
// opened, so the guest's cached data are still valid.
func (s *Share) openNode(n *node, flags int, kill bool) (fh uint64, unchanged bool, err error) {
	switch {
	case n.isDir():
		return 0, false, unix.EISDIR
	case n.typ == unix.S_IFLNK:
		return 0, false, unix.ELOOP
	case !n.isRegular():
		return 0, false, unix.ENXIO
	}
	fd, err := s.reopen(n, flags)
	if err != nil {
		return 0, false, err
	}
	if kill && flags&unix.O_TRUNC != 0 && s.owners.root {
		err = killPrivileges(fd)
	}
	if err == nil {
		unchanged = s.unchanged(n, fd)
		fh, err = s.addHandle(n, fd, flags)
	}
	if err != nil {
		unix.Close(fd)
	}
	return fh, unchanged, err
}

// version is attributes that change with a file's content.
type version struct {
	mtime, ctime timespec
	size         uint64
}

// settleTime is how old a change must be to be sure that the next one gets another time. The
// clock of the host's kernel may tick only every 10 ms, and the file system's may be slower.
const settleTime = 2 * time.Second

// unchanged reports whether an open file is as it was when it was last opened, and remembers
// its present version.
func (s *Share) unchanged(n *node, fd int) bool {
	st, err := at{fd: fd}.stat()
	if err != nil {
		return false
	}
	now := version{st.mtime, st.ctime, st.size}
	settled := time.Since(time.Unix(st.ctime.sec, int64(st.ctime.nsec))) > settleTime
	if !settled {
		now = version{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := n.version
	n.version = now
	return settled && now == before
}

// Create implements fuse.RawFileSystem.
func (s *Share) Create(_ <-chan struct{}, req *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	return s.stable(func() error {
		return s.withPlace(req.NodeId, name, func(p place) error { return s.create(req, p, out) })
	})
}

func (s *Share) create(req *fuse.CreateIn, p place, out *fuse.CreateOut) error {
	flags := int(req.Flags) & accessFlags
	fd, err := openat(p.dir.fd, p.name, flags|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, permissions(req.Mode, 0))
	switch {
	case err == unix.EEXIST && req.Flags&unix.O_EXCL == 0: // another process has made it meanwhile
		st, err := p.at().stat()
		if err != nil {
			return err
		}
		return s.enter(req, &st, p, out, func(n *node) (fh uint64, err error) {
			if fh, _, err = s.openNode(n, flags, false); err == nil && flags&unix.O_TRUNC != 0 {
				st.size, st.blocks = 0, 0
			}
			return fh, err
		})
	case err != nil:
		return err
	}
	return s.created(req, p, fd, out)
}

// created answers for a file that was made. It uses the descriptor, because the name may
// stand for another file by now. p of a file without a name has only a directory.
func (s *Share) created(req *fuse.CreateIn, p place, fd int, out *fuse.CreateOut) error {
	a := at{fd: fd}
	s.finish(&req.InHeader, a, p.dir, req.Mode)
	st, err := a.stat()
	if err == nil {
		err = s.enter(req, &st, p, out, func(n *node) (uint64, error) { return s.addHandle(n, fd, int(req.Flags)) })
	}
	if err != nil {
		unix.Close(fd)
	}
	return err
}

// enter answers with a node and a handle of it.
func (s *Share) enter(req *fuse.CreateIn, st *stat, p place, out *fuse.CreateOut, open func(*node) (uint64, error)) error {
	n, err := s.found(st, p.node, p.name)
	if err != nil {
		return err
	}
	if out.Fh, err = open(n); err != nil {
		s.Forget(n.id, 1)
		return err
	}
	out.OpenFlags = openedFlags(req.Flags, false)
	s.fillEntry(&out.EntryOut, n, st)
	return nil
}

// Release implements fuse.RawFileSystem.
func (s *Share) Release(_ <-chan struct{}, req *fuse.ReleaseIn) { s.release(req.Fh) }

// Flush implements fuse.RawFileSystem: a process of the guest has closed a file.
func (s *Share) Flush(_ <-chan struct{}, req *fuse.FlushIn) fuse.Status {
	h, err := s.handle(req.Fh)
	if err != nil {
		return status(err)
	}
	defer h.put()
	s.locks.closed(h.node, req.LockOwner)
	if !h.writable() {
		return fuse.OK
	}
	fd, err := unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 0) // some file systems report an error when a descriptor is closed
	if err != nil {
		return status(err)
	}
	return status(unix.Close(fd))
}

// Fsync implements fuse.RawFileSystem.
func (s *Share) Fsync(_ <-chan struct{}, req *fuse.FsyncIn) fuse.Status {
	h, err := s.handle(req.Fh)
	if err != nil {
		return status(err)
	}
	defer h.put()
	return s.failed(flush(h.fd, req.FsyncFlags&1 != 0))
}

// Lseek implements fuse.RawFileSystem, for holes and data.
func (s *Share) Lseek(_ <-chan struct{}, req *fuse.LseekIn, out *fuse.LseekOut) fuse.Status {
	h, err := s.handle(req.Fh)
	if err != nil {
		return status(err)
	}
	defer h.put()
	if !h.node.isRegular() || req.Whence != unix.SEEK_DATA && req.Whence != unix.SEEK_HOLE {
		return fuse.EINVAL
	}
	off, err := unix.Seek(h.fd, int64(req.Offset), int(req.Whence))
	out.Offset = uint64(off)
	return s.failed(err)
}

// Fallocate implements fuse.RawFileSystem.
func (s *Share) Fallocate(_ <-chan struct{}, req *fuse.FallocateIn) fuse.Status {
	h, err := s.handle(req.Fh)
	if err != nil {
		return status(err)
	}
	defer h.put()
	return s.failed(fallocate(h.fd, req.Mode, int64(req.Offset), int64(req.Length)))
}

// CopyFileRange implements fuse.RawFileSystem.
func (s *Share) CopyFileRange(_ <-chan struct{}, req *fuse.CopyFileRangeIn) (uint32, fuse.Status) {
	from, err := s.handle(req.FhIn)
	if err != nil {
		return 0, status(err)
	}
	defer from.put()
	to, err := s.handle(req.FhOut)
	if err != nil {
		return 0, status(err)
	}
	defer to.put()
	n, err := copyRange(from.fd, int64(req.OffIn), to.fd, int64(req.OffOut), int(min(req.Len, 1<<30)))
	return uint32(max(n, 0)), s.failed(err)
}

// SyncFS writes the whole file system of the host to the disk.
func (s *Share) SyncFS() fuse.Status { return s.failed(syncAll(s.root.kept.fd)) }
