//go:build linux || darwin

package share

import (
	"bytes"
	"strings"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// userPrefix starts the names of attributes that give no rights.
const userPrefix = "user."

// withXattrs calls f with the place of a node's extended attributes.
func (s *Share) withXattrs(id uint64, f func(at) error) fuse.Status {
	return s.stable(func() error {
		return s.located(id, func(_ *node, a at, _ stat) error { return f(a) })
	})
}

// GetXAttr implements fuse.RawFileSystem.
func (s *Share) GetXAttr(_ <-chan struct{}, header *fuse.InHeader, attr string, dest []byte) (size uint32, code fuse.Status) {
	if !strings.HasPrefix(attr, userPrefix) {
		return 0, fuse.ENODATA
	}
	code = s.withXattrs(header.NodeId, func(a at) error {
		n, err := a.getxattr(attr, dest)
		size = uint32(max(n, 0))
		return err
	})
	return size, code
}

// SetXAttr implements fuse.RawFileSystem.
func (s *Share) SetXAttr(_ <-chan struct{}, req *fuse.SetXAttrIn, attr string, data []byte) fuse.Status {
	if !strings.HasPrefix(attr, userPrefix) {
		return fuse.Status(unix.EOPNOTSUPP)
	}
	return s.withXattrs(req.NodeId, func(a at) error { return a.setxattr(attr, data, int(req.Flags)) })
}

// RemoveXAttr implements fuse.RawFileSystem.
func (s *Share) RemoveXAttr(_ <-chan struct{}, header *fuse.InHeader, attr string) fuse.Status {
	if !strings.HasPrefix(attr, userPrefix) {
		return fuse.ENODATA
	}
	return s.withXattrs(header.NodeId, func(a at) error { return a.removexattr(attr) })
}

// maxList is how long a list of names on the host may be, in bytes.
const maxList = 64 << 10

// ListXAttr implements fuse.RawFileSystem.
func (s *Share) ListXAttr(_ <-chan struct{}, header *fuse.InHeader, dest []byte) (size uint32, code fuse.Status) {
	code = s.withXattrs(header.NodeId, func(a at) error {
		b := make([]byte, maxList)
		n, err := a.listxattr(b)
		if err != nil {
			return err
		}
		names := b[:0]
		for name := range bytes.SplitAfterSeq(b[:n], []byte{0}) {
			if bytes.HasPrefix(name, []byte(userPrefix)) {
				names = append(names, name...)
			}
		}
		size = uint32(len(names))
		if len(dest) > 0 && copy(dest, names) < len(names) {
			return unix.ERANGE
		}
		return nil
	})
	return size, code
}
