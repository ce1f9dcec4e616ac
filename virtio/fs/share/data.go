//go:build linux || darwin

package share

import (
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// maxPieces is how many pieces of memory one system call accepts.
const maxPieces = 1024

// Readv reads from a file into pieces of memory. It reads less only at the file's end.
func (s *Share) Readv(_ <-chan struct{}, req *fuse.ReadIn, pieces [][]byte) (int, fuse.Status) {
	h, err := s.regular(req.Fh)
	if err != nil {
		return 0, status(err)
	}
	defer h.put()
	n, err := transfer(unix.Preadv, h.fd, pieces, req.Offset)
	return n, s.failed(err)
}

// Read implements fuse.RawFileSystem.
func (s *Share) Read(cancel <-chan struct{}, req *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	n, status := s.Readv(cancel, req, [][]byte{buf})
	return fuse.ReadResultData(buf[:n]), status
}

// Writev implements fuse.RawFileSystem.
func (s *Share) Writev(_ <-chan struct{}, req *fuse.WriteIn, pieces [][]byte) (uint32, fuse.Status) {
	h, err := s.regular(req.Fh)
	if err != nil {
		return 0, status(err)
	}
	defer h.put()
	if req.WriteFlags&fuse.WRITE_KILL_SUIDGID != 0 && s.owners.root {
		if err := killPrivileges(h.fd); err != nil {
			return 0, s.failed(err)
		}
	}
	write := h.pwritev
	if appends(req) {
		write = h.appendv
	}
	n, err := transfer(write, h.fd, pieces, req.Offset)
	s.wrote(h.node)
	if n > 0 { // the guest tries the rest again, and sees the error then
		err = nil
	}
	return uint32(n), s.failed(err)
}

// appends reports whether data goes to the file's end, wherever the guest believes the end
// is. The request has the flags of the guest's open file at the time of the write, because
// fcntl(2) can change them. Data from the guest's page cache never append: they have their
// place, and come with any handle that may write.
func appends(req *fuse.WriteIn) bool {
	return req.Flags&unix.O_APPEND != 0 && req.WriteFlags&fuse.WRITE_CACHE == 0
}

// Write implements fuse.RawFileSystem.
func (s *Share) Write(cancel <-chan struct{}, req *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	return s.Writev(cancel, req, [][]byte{data})
}

// regular returns the handle of a regular file. The caller must put it.
func (s *Share) regular(fh uint64) (*handle, error) {
	h, err := s.handle(fh)
	if err == nil && !h.node.isRegular() {
		h.put()
		return nil, unix.EBADF
	}
	return h, err
}

// transfer moves all pieces, by as few calls as possible, up to an error or the file's end.
func transfer(call func(fd int, pieces [][]byte, off int64) (int, error), fd int, pieces [][]byte, off uint64) (n int, err error) {
	if off > 1<<63-1 {
		return 0, unix.EINVAL
	}
	for len(pieces) > 0 {
		some := pieces[:min(len(pieces), maxPieces)]
		k, err := call(fd, some, int64(off)+int64(n))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return n, err
		}
		n += k
		if k < total(some) {
			return n, nil
		}
		pieces = pieces[len(some):]
	}
	return n, nil
}

func total(pieces [][]byte) (n int) {
	for _, p := range pieces {
		n += len(p)
	}
	return n
}

// killPrivileges clears the set-user-ID and set-group-ID bits of a file after a write by a
// user of the guest who may not keep them. The host does that by itself unless miniboot runs
// as root.
func killPrivileges(fd int) error {
	a := at{fd: fd}
	st, err := a.stat()
	if err != nil || st.mode&(unix.S_ISUID|unix.S_ISGID) == 0 {
		return err
	}
	return a.chmod(st.mode & 0o1777)
}
