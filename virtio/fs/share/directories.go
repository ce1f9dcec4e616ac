//go:build linux || darwin

package share

import (
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// OpenDir implements fuse.RawFileSystem.
func (s *Share) OpenDir(_ <-chan struct{}, req *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	return s.stable(func() error {
		n, err := s.node(req.NodeId)
		if err != nil {
			return err
		}
		d, err := s.directory(n)
		if err != nil {
			return err
		}
		defer d.put()
		fd, err := openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		if out.Fh, err = s.addHandle(n, fd, unix.O_RDONLY); err != nil {
			unix.Close(fd)
		}
		return err
	})
}

// ReleaseDir implements fuse.RawFileSystem.
func (s *Share) ReleaseDir(req *fuse.ReleaseIn) { s.release(req.Fh) }

// FsyncDir implements fuse.RawFileSystem.
func (s *Share) FsyncDir(cancel <-chan struct{}, req *fuse.FsyncIn) fuse.Status {
	return s.Fsync(cancel, req)
}

// ReadDir implements fuse.RawFileSystem.
func (s *Share) ReadDir(_ <-chan struct{}, req *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return s.failed(s.readdir(req, func(_ *node, e fuse.DirEntry) bool { return out.AddDirEntry(e) }))
}

// ReadDirPlus implements fuse.RawFileSystem. It also looks up each entry, except "." and
// "..".
func (s *Share) ReadDirPlus(_ <-chan struct{}, req *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return s.stable(func() error {
		return s.readdir(req, func(dir *node, e fuse.DirEntry) bool {
			entry := out.AddDirLookupEntry(e)
			if entry == nil {
				return false
			}
			if e.Name != "." && e.Name != ".." {
				s.lookupEntry(dir, e.Name, entry)
			}
			return true
		})
	})
}

// lookupEntry looks up an entry. If that fails, the entry has no attributes.
func (s *Share) lookupEntry(dir *node, name string, out *fuse.EntryOut) {
	d, err := s.directory(dir)
	if err != nil {
		return
	}
	defer d.put()
	if s.lookup(place{dir, d, name}, out) != nil {
		*out = fuse.EntryOut{}
	}
}

// readdir calls add with the entries from an offset on, until add has no room.
func (s *Share) readdir(req *fuse.ReadIn, add func(dir *node, e fuse.DirEntry) bool) error {
	h, err := s.handle(req.Fh)
	if err != nil {
		return err
	}
	defer h.put()
	if !h.node.isDir() {
		return unix.ENOTDIR
	}
	h.reading.Lock()
	defer h.reading.Unlock()
	return s.entries(s, h, req, func(e fuse.DirEntry) bool { return s.addDirent(h.node, e, add) })
}

// list counts the directories that keep names, unless there are too many.
func (s *Share) list(h *handle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case h.listed || s.handles[h.id] != h: // or released meanwhile
		return nil
	case s.listed >= s.maxListed:
		return unix.ENFILE
	}
	h.listed = true
	s.listed++
	return nil
}

// addDirent calls add with an entry in the guest's numbers. It hides what is above the root.
func (s *Share) addDirent(dir *node, e fuse.DirEntry, add func(dir *node, e fuse.DirEntry) bool) bool {
	e.Ino = s.number(dir.dev, e.Ino)
	if e.Name == ".." && dir == s.root {
		e.Ino = s.root.ino
	}
	return e.Name == "" || add(dir, e)
}
