//go:build linux || darwin

package share

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// fill translates attributes.
func (s *Share) fill(a *fuse.Attr, st *stat) {
	*a = fuse.Attr{
		Ino: s.number(st.dev, st.ino), Size: st.size, Blocks: st.blocks, Mode: st.mode, Nlink: st.nlink, Rdev: st.rdev,
		Blksize: st.blksize,
		Atime:   uint64(st.atime.sec), Atimensec: st.atime.nsec,
		Mtime: uint64(st.mtime.sec), Mtimensec: st.mtime.nsec,
		Ctime: uint64(st.ctime.sec), Ctimensec: st.ctime.nsec,
	}
	a.Uid, a.Gid = s.owners.guest(st.uid, st.gid)
}

// number returns the inode number that the guest sees: the host's, but changed for inodes
// on other devices than the root's.
func (s *Share) number(dev, ino uint64) uint64 {
	if dev == s.dev {
		return ino
	}
	return ino ^ (dev^s.dev)*0x9e37_79b9_7f4a_7c15
}

// fillEntry fills in the answer for an inode that has been found.
func (s *Share) fillEntry(out *fuse.EntryOut, n *node, st *stat) {
	out.NodeId = n.id
	out.SetEntryTimeout(cacheTime)
	out.SetAttrTimeout(s.tell(n, st))
	s.fill(&out.Attr, st)
}

func (s *Share) fillAttr(out *fuse.AttrOut, n *node, st *stat) {
	out.SetTimeout(s.tell(n, st))
	s.fill(&out.Attr, st)
}

// failed returns the status of a request that has met an error of the host. No lock is held.
func (s *Share) failed(err error) fuse.Status {
	s.noteGone(err)
	return status(err)
}

// GetAttr implements fuse.RawFileSystem.
func (s *Share) GetAttr(_ <-chan struct{}, req *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	if req.Flags()&fuse.FUSE_GETATTR_FH != 0 {
		return s.getattrHandle(req.Fh(), out)
	}
	return s.stable(func() error {
		return s.located(req.NodeId, func(n *node, _ at, st stat) error {
			s.fillAttr(out, n, &st)
			return nil
		})
	})
}

func (s *Share) getattrHandle(fh uint64, out *fuse.AttrOut) fuse.Status {
	h, err := s.handle(fh)
	if err != nil {
		return status(err)
	}
	defer h.put()
	st, err := at{fd: h.fd}.stat()
	if err != nil {
		return s.failed(err)
	}
	s.fillAttr(out, h.node, &st)
	return fuse.OK
}

// SetAttr implements fuse.RawFileSystem.
func (s *Share) SetAttr(_ <-chan struct{}, req *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	return s.stable(func() error {
		return s.located(req.NodeId, func(n *node, a at, st stat) error {
			for _, change := range [...]func(*fuse.SetAttrIn, *node, at, stat) error{
				s.setOwner, s.setSize, s.setMode, s.setTimes,
			} {
				if err := change(req, n, a, st); err != nil {
					return err
				}
			}
			now, err := a.stat()
			s.fillAttr(out, n, &now)
			return err
		})
	})
}

// permissions returns the bits of a mode that the guest may set. The package's documentation
// says which others are missing.
func permissions(mode, typ uint32) uint32 {
	if typ == unix.S_IFDIR {
		return mode & 0o7777 &^ unix.S_ISUID
	}
	return mode & 0o1777
}

func (s *Share) setMode(req *fuse.SetAttrIn, n *node, a at, _ stat) error {
	mode, ok := req.GetMode()
	if !ok {
		return nil
	}
	return a.chmod(permissions(mode, n.typ))
}

func (s *Share) setOwner(req *fuse.SetAttrIn, _ *node, a at, st stat) error {
	uid, setUID := req.GetUID()
	gid, setGID := req.GetGID()
	hostUID, hostGID, err := s.owners.chown(&st, uid, gid, setUID, setGID)
	if err != nil || hostUID == unchanged && hostGID == unchanged {
		return err
	}
	return a.chown(hostUID, hostGID)
}

// setSize truncates a file. It uses the handle that the guest names, or opens the file.
func (s *Share) setSize(req *fuse.SetAttrIn, n *node, _ at, _ stat) error {
	size, ok := req.GetSize()
	switch {
	case !ok:
		return nil
	case n.isDir():
		return unix.EISDIR
	case !n.isRegular(), size > 1<<63-1:
		return unix.EINVAL
	}
	fd, err := s.toTruncate(req, n)
	if err != nil {
		return err
	}
	defer fd.put()
	if req.Valid&fuse.FATTR_KILL_SUIDGID != 0 && s.owners.root {
		if err := killPrivileges(fd.fd); err != nil {
			return err
		}
	}
	return truncate(fd.fd, size)
}

// toTruncate returns a descriptor through which a file can be written.
func (s *Share) toTruncate(req *fuse.SetAttrIn, n *node) (*descriptor, error) {
	if fh, ok := req.GetFh(); ok {
		h, err := s.handle(fh)
		switch {
		case err != nil:
			return nil, err
		case h.node == n && h.writable():
			return h.descriptor, nil
		}
		h.put()
	}
	fd, err := s.reopen(n, unix.O_WRONLY)
	if err != nil {
		return nil, err
	}
	return newDescriptor(fd), nil
}

// reopen opens a node, which is a regular file, by its name if it has one.
func (s *Share) reopen(n *node, flags int) (fd int, err error) {
	a, err := s.locateName(n)
	if err != nil {
		return -1, err
	}
	defer a.put()
	return a.reopen(n.identity, flags)
}

func truncate(fd int, size uint64) error {
	for {
		if err := unix.Ftruncate(fd, int64(size)); err != unix.EINTR {
			return err
		}
	}
}

func (s *Share) setTimes(req *fuse.SetAttrIn, _ *node, a at, _ stat) error {
	const both = fuse.FATTR_ATIME | fuse.FATTR_MTIME
	if req.Valid&both == 0 {
		return nil
	}
	return a.utimes([]unix.Timespec{
		newTime(req.Valid, fuse.FATTR_ATIME, fuse.FATTR_ATIME_NOW, req.Atime, req.Atimensec),
		newTime(req.Valid, fuse.FATTR_MTIME, fuse.FATTR_MTIME_NOW, req.Mtime, req.Mtimensec),
	})
}

// newTime is the argument of utimensat(2) for one of the times.
func newTime(valid, set, now uint32, sec uint64, nsec uint32) unix.Timespec {
	switch {
	case valid&set == 0:
		return unix.Timespec{Nsec: utimeOmit}
	case valid&now != 0:
		return unix.Timespec{Nsec: utimeNow}
	}
	return unix.Timespec{Sec: int64(sec), Nsec: int64(min(nsec, 999_999_999))}
}

// StatFs implements fuse.RawFileSystem.
func (s *Share) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	var st syscall.Statfs_t
	if err := syscall.Fstatfs(s.root.kept.fd, &st); err != nil {
		return s.failed(err)
	}
	out.FromStatfsT(&st)
	out.NameLen = 255
	return fuse.OK
}
