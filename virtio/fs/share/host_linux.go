//go:build linux

package share

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"sync"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

const (
	openDirFlags = unix.O_PATH | unix.O_DIRECTORY
	holdFlags    = unix.O_PATH | unix.O_NOFOLLOW

	utimeNow  = unix.UTIME_NOW
	utimeOmit = unix.UTIME_OMIT

	renameExchange = unix.RENAME_EXCHANGE
)

// hostReady checks that the host has what a share needs: names for descriptors, to open and
// change exactly the inode that was checked.
func hostReady() error {
	if err := unix.Access("/proc/self/fd", unix.X_OK); err != nil {
		return fmt.Errorf("share: /proc/self/fd: %w: mount proc on /proc", err)
	}
	return nil
}

// proc returns a path that leads to a descriptor's inode, of whatever type.
func proc(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// stat returns the attributes of the inode, without following a link.
func (a at) stat() (st stat, err error) {
	const flags = unix.AT_SYMLINK_NOFOLLOW | unix.AT_EMPTY_PATH | unix.AT_NO_AUTOMOUNT
	var x unix.Statx_t
	if err := unix.Statx(a.fd, a.name, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &x); err != nil {
		return st, err
	}
	return stat{
		dev: unix.Mkdev(x.Dev_major, x.Dev_minor), ino: x.Ino, mode: uint32(x.Mode), nlink: x.Nlink, uid: x.Uid, gid: x.Gid,
		rdev: uint32(unix.Mkdev(x.Rdev_major, x.Rdev_minor)), blksize: x.Blksize, size: x.Size, blocks: x.Blocks,
		atime: newTimespec(x.Atime), mtime: newTimespec(x.Mtime), ctime: newTimespec(x.Ctime), btime: newTimespec(x.Btime),
	}, nil
}

func newTimespec(t unix.StatxTimestamp) timespec { return timespec{t.Sec, t.Nsec} }

// withPath calls f with a path that leads to the inode itself, even if that is a link.
func (a at) withPath(f func(path string) error) error {
	if a.name == "" {
		return f(proc(a.fd))
	}
	fd, err := openat(a.fd, a.name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return f(proc(fd))
}

// reopen opens the inode if it is still the regular file that is meant.
func (a at) reopen(want identity, flags int) (fd int, err error) {
	err = a.withPath(func(path string) error {
		st, err := at{fd: unix.AT_FDCWD, name: path}.statFollow()
		if err != nil {
			return err
		}
		if st.identity() != want {
			return unix.ESTALE
		}
		fd, err = openat(unix.AT_FDCWD, path, flags, 0)
		return err
	})
	return fd, err
}

// statFollow is stat of what a path of proc leads to.
func (a at) statFollow() (st stat, err error) {
	var x unix.Statx_t
	if err := unix.Statx(a.fd, a.name, 0, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &x); err != nil {
		return st, err
	}
	return stat{dev: unix.Mkdev(x.Dev_major, x.Dev_minor), ino: x.Ino, mode: uint32(x.Mode), btime: newTimespec(x.Btime)}, nil
}

func (a at) chmod(mode uint32) error {
	return a.withPath(func(path string) error { return unix.Chmod(path, mode) })
}

func (a at) chown(uid, gid int) error {
	return unix.Fchownat(a.fd, a.name, uid, gid, unix.AT_SYMLINK_NOFOLLOW|unix.AT_EMPTY_PATH)
}

func (a at) utimes(times []unix.Timespec) error {
	if a.name == "" {
		return unix.UtimesNanoAt(unix.AT_FDCWD, proc(a.fd), times, 0)
	}
	return unix.UtimesNanoAt(a.fd, a.name, times, unix.AT_SYMLINK_NOFOLLOW)
}

func (a at) mknod(mode uint32) error { return unix.Mknodat(a.fd, a.name, mode, 0) }

func (a at) getxattr(attr string, dest []byte) (n int, err error) {
	err = a.withPath(func(path string) error {
		n, err = unix.Getxattr(path, attr, dest)
		return err
	})
	return n, err
}

func (a at) listxattr(dest []byte) (n int, err error) {
	err = a.withPath(func(path string) error {
		n, err = unix.Listxattr(path, dest)
		return err
	})
	return n, err
}

func (a at) setxattr(attr string, data []byte, flags int) error {
	return a.withPath(func(path string) error { return unix.Setxattr(path, attr, data, flags) })
}

func (a at) removexattr(attr string) error {
	return a.withPath(func(path string) error { return unix.Removexattr(path, attr) })
}

func renameat(from, to at, flags uint32) error {
	return unix.Renameat2(from.fd, from.name, to.fd, to.name, uint(flags))
}

// linkDescriptor gives an open file a name.
func linkDescriptor(fd int, to at) error {
	return unix.Linkat(unix.AT_FDCWD, proc(fd), to.fd, to.name, unix.AT_SYMLINK_FOLLOW)
}

// flush makes written data survive a loss of power.
func flush(fd int, dataOnly bool) error {
	if dataOnly {
		return unix.Fdatasync(fd)
	}
	return unix.Fsync(fd)
}

// syncAll is syncfs(2), which needs a descriptor that can be read.
func syncAll(dir int) error {
	fd, err := openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Syncfs(fd)
}

// writing is what a handle needs to append: nothing, because each call has a flag for it.
//
//lint:ignore U1000 the type of a field that macOS needs
type writing struct{}

func (h *handle) pwritev(fd int, pieces [][]byte, off int64) (int, error) {
	return unix.Pwritev(fd, pieces, off)
}

// appendv writes at the file's end, as with O_APPEND: in one piece, even if others append at
// the same time.
func (h *handle) appendv(fd int, pieces [][]byte, _ int64) (int, error) {
	return unix.Pwritev2(fd, pieces, 0, unix.RWF_APPEND)
}

// Locks that belong to an open file, not to the process.
const (
	ofdGetlk = unix.F_OFD_GETLK
	ofdSetlk = unix.F_OFD_SETLK
)

func fallocate(fd int, mode uint32, off, n int64) error { return unix.Fallocate(fd, mode, off, n) }

func copyRange(from int, offIn int64, to int, offOut int64, n int) (int, error) {
	return unix.CopyFileRange(from, &offIn, to, &offOut, n, 0)
}

// Offsets in linux_dirent64.
const (
	direntIno  = 0
	direntOff  = 8
	direntLen  = 16
	direntType = 18
	direntName = 19
)

const (
	direntsSize = 8 << 10 // bytes of entries that are read at a time
	minDirents  = 280     // bytes: an entry with a name of 255
)

var direntBuffers = sync.Pool{New: func() any { return new([direntsSize]byte) }}

// hostEntries calls add with the entries of a directory. Nothing is kept between two calls:
// the offset is the host's own.
func (s *Share) hostEntries(h *handle, req *fuse.ReadIn, add func(fuse.DirEntry) bool) error {
	buf := direntBuffers.Get().(*[direntsSize]byte)
	defer direntBuffers.Put(buf)
	if _, err := unix.Seek(h.fd, int64(req.Offset), unix.SEEK_SET); err != nil {
		return err
	}
	for {
		n, err := unix.ReadDirent(h.fd, buf[:min(direntsSize, max(int(req.Size), minDirents))])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil || n <= 0:
			return err
		}
		for b := buf[:n]; len(b) > 0; {
			var e fuse.DirEntry
			if e, b = nextDirent(b); !add(e) {
				return nil
			}
		}
	}
}

// nextDirent returns the first entry of what ReadDirent has read, and the rest.
func nextDirent(b []byte) (e fuse.DirEntry, rest []byte) {
	size := int(binary.NativeEndian.Uint16(b[direntLen:]))
	name, _, _ := bytes.Cut(b[direntName:size], []byte{0})
	return fuse.DirEntry{
		Ino: binary.NativeEndian.Uint64(b[direntIno:]), Off: binary.NativeEndian.Uint64(b[direntOff:]),
		Mode: uint32(b[direntType]) << 12, Name: string(name),
	}, b[size:]
}

// Tmpfile implements fuse.RawFileSystem.
func (s *Share) Tmpfile(_ <-chan struct{}, req *fuse.CreateIn, out *fuse.CreateOut) fuse.Status {
	return s.stable(func() error {
		parent, err := s.node(req.NodeId)
		if err != nil {
			return err
		}
		d, err := s.directory(parent)
		if err != nil {
			return err
		}
		defer d.put()
		flags := int(req.Flags) & (accessFlags | unix.O_EXCL) &^ unix.O_TRUNC
		fd, err := openat(d.fd, ".", flags|unix.O_TMPFILE, permissions(req.Mode, 0))
		if err != nil {
			return err
		}
		return s.created(req, place{dir: d}, fd, out)
	})
}
