//go:build linux || darwin

package share

import (
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// place is a name in a directory, of something that exists or will be made.
type place struct {
	node *node
	dir  *descriptor
	name string
}

func (p place) at() at       { return at{fd: p.dir.fd, name: p.name, held: p.dir} }
func (p place) entry() entry { return entry{p.node, p.name} }
func (p place) put()         { p.dir.put() }

// place checks a name and opens its directory. The caller must put the directory. Share.names
// is held.
func (s *Share) place(id uint64, name string) (p place, err error) {
	if !validName(name) {
		return p, unix.EINVAL
	}
	n, err := s.node(id)
	if err != nil {
		return p, err
	}
	d, err := s.directory(n)
	return place{n, d, name}, err
}

// stable calls f while no request changes names.
func (s *Share) stable(f func() error) fuse.Status {
	s.names.RLock()
	err := f()
	s.names.RUnlock()
	return s.failed(err)
}

// changing calls f, which changes names, while no other request relies on them.
func (s *Share) changing(f func() error) fuse.Status {
	s.names.Lock()
	err := f()
	s.names.Unlock()
	return s.failed(err)
}

// withPlace calls f with a name in a directory.
func (s *Share) withPlace(id uint64, name string, f func(p place) error) error {
	p, err := s.place(id, name)
	if err != nil {
		return err
	}
	defer p.put()
	return f(p)
}

// lookup finds an inode under a name.
func (s *Share) lookup(p place, out *fuse.EntryOut) error {
	st, err := p.at().stat()
	if err != nil {
		return err
	}
	n, err := s.found(&st, p.node, p.name)
	if err != nil {
		return err
	}
	s.fillEntry(out, n, &st)
	return nil
}

// Lookup implements fuse.RawFileSystem.
func (s *Share) Lookup(_ <-chan struct{}, header *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	return s.stable(func() error {
		return s.withPlace(header.NodeId, name, func(p place) error { return s.lookup(p, out) })
	})
}

// make makes something under a name by create, and looks it up.
func (s *Share) make(header *fuse.InHeader, name string, mode uint32, out *fuse.EntryOut, create func(at) error) fuse.Status {
	return s.stable(func() error {
		return s.withPlace(header.NodeId, name, func(p place) error {
			if err := create(p.at()); err != nil {
				return err
			}
			s.finish(header, p.at(), p.dir, mode)
			return s.lookup(p, out)
		})
	})
}

// finish gives a new entry of a directory to the guest's user and sets its mode, whatever the
// host's umask is. It does so as far as the host's file system has owners and modes.
func (s *Share) finish(header *fuse.InHeader, a at, dir *descriptor, mode uint32) {
	st, err := a.stat()
	if err != nil {
		return
	}
	if s.owners.root {
		gid := int(header.Gid)
		if parent, err := (at{fd: dir.fd}).stat(); err != nil || parent.mode&unix.S_ISGID != 0 {
			gid = unchanged // the directory's
		}
		a.chown(int(header.Uid), gid)
	}
	want := permissions(mode, st.mode&unix.S_IFMT) | st.mode&unix.S_ISGID
	if st.mode&unix.S_IFMT != unix.S_IFLNK && st.mode&0o7777 != want {
		a.chmod(want)
	}
}

// Mkdir implements fuse.RawFileSystem.
func (s *Share) Mkdir(_ <-chan struct{}, req *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	return s.make(&req.InHeader, name, req.Mode, out, func(a at) error {
		return unix.Mkdirat(a.fd, a.name, permissions(req.Mode, unix.S_IFDIR))
	})
}

// Symlink implements fuse.RawFileSystem. The target may be anything: only the guest follows
// the link.
func (s *Share) Symlink(_ <-chan struct{}, header *fuse.InHeader, target, name string, out *fuse.EntryOut) fuse.Status {
	return s.make(header, name, 0, out, func(a at) error { return unix.Symlinkat(target, a.fd, a.name) })
}

// Mknod implements fuse.RawFileSystem.
func (s *Share) Mknod(_ <-chan struct{}, req *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	perm := permissions(req.Mode, 0)
	return s.make(&req.InHeader, name, req.Mode, out, func(a at) error {
		switch typ := req.Mode & unix.S_IFMT; typ {
		case 0, unix.S_IFREG:
			fd, err := openat(a.fd, a.name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW, perm)
			if err == nil {
				unix.Close(fd)
			}
			return err
		case unix.S_IFIFO, unix.S_IFSOCK:
			return a.mknod(typ | perm)
		}
		return unix.EPERM
	})
}

// maxTarget is the longest target of a symbolic link, in bytes.
const maxTarget = 4096

// Readlink implements fuse.RawFileSystem.
func (s *Share) Readlink(_ <-chan struct{}, header *fuse.InHeader) (target []byte, code fuse.Status) {
	code = s.stable(func() error {
		return s.located(header.NodeId, func(n *node, a at, _ stat) (err error) {
			if n.typ != unix.S_IFLNK {
				return unix.EINVAL
			}
			b := make([]byte, maxTarget)
			k, err := unix.Readlinkat(a.fd, a.name, b)
			target = b[:max(k, 0)]
			return err
		})
	})
	return target, code
}

// Unlink implements fuse.RawFileSystem.
func (s *Share) Unlink(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	return s.remove(header, name, 0)
}

// Rmdir implements fuse.RawFileSystem.
func (s *Share) Rmdir(_ <-chan struct{}, header *fuse.InHeader, name string) fuse.Status {
	return s.remove(header, name, unix.AT_REMOVEDIR)
}

func (s *Share) remove(header *fuse.InHeader, name string, flags int) fuse.Status {
	return s.changing(func() error {
		return s.withPlace(header.NodeId, name, func(p place) error {
			d, st, err := p.at().hold()
			if err != nil {
				return err
			}
			defer d.put()
			if err := unix.Unlinkat(p.dir.fd, name, flags); err != nil {
				return err
			}
			s.removed(&st, p.entry(), d)
			return nil
		})
	})
}

// Rename implements fuse.RawFileSystem.
func (s *Share) Rename(_ <-chan struct{}, req *fuse.RenameIn, oldName, newName string) fuse.Status {
	return s.changing(func() error {
		return s.withPlace(req.NodeId, oldName, func(from place) error {
			return s.withPlace(req.Newdir, newName, func(to place) error { return s.rename(from, to, req.Flags) })
		})
	})
}

func (s *Share) rename(from, to place, flags uint32) error {
	source, err := from.at().stat()
	if err != nil {
		return err
	}
	d, target, err := to.at().hold()
	if err != nil && err != unix.ENOENT {
		return err
	}
	replaces := err == nil
	if replaces {
		defer d.put()
	}
	if err := renameat(from.at(), to.at(), flags); err != nil {
		return err
	}
	switch same := source.identity() == target.identity(); {
	case replaces && same: // two names of one file: nothing happens
		return nil
	case replaces && flags&renameExchange != 0:
		s.moved(target.identity(), to.entry(), from.entry())
	case replaces:
		s.removed(&target, to.entry(), d)
	}
	s.moved(source.identity(), from.entry(), to.entry())
	return nil
}

// Link implements fuse.RawFileSystem.
func (s *Share) Link(_ <-chan struct{}, req *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	return s.stable(func() error {
		n, err := s.node(req.Oldnodeid)
		switch {
		case err != nil:
			return err
		case n.isDir():
			return unix.EPERM
		}
		return s.withPlace(req.NodeId, name, func(p place) error {
			if err := s.link(n, p); err != nil {
				return err
			}
			return s.lookup(p, out)
		})
	})
}

// link makes another name for an inode, from one of its names or, if it has none, from its
// descriptor.
func (s *Share) link(n *node, p place) error {
	a, err := s.locateName(n)
	if err != nil {
		return err
	}
	defer a.put()
	if a.name == "" {
		return linkDescriptor(a.fd, p.at())
	}
	return unix.Linkat(a.fd, a.name, p.dir.fd, p.name, 0)
}
