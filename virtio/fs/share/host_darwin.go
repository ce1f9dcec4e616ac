//go:build darwin

package share

import (
	"sync"

	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

const (
	openDirFlags = unix.O_RDONLY | unix.O_DIRECTORY
	holdFlags    = unix.O_EVTONLY | unix.O_SYMLINK | unix.O_NONBLOCK

	utimeNow  = -1
	utimeOmit = -2

	renameExchange = unix.RENAME_SWAP
)

func hostReady() error { return nil }

// stat returns the attributes of the inode, without following a link.
func (a at) stat() (st stat, err error) {
	var x unix.Stat_t
	if a.name == "" {
		err = unix.Fstat(a.fd, &x)
	} else {
		err = unix.Fstatat(a.fd, a.name, &x, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err != nil {
		return st, err
	}
	return stat{
		dev: uint64(uint32(x.Dev)), ino: x.Ino, mode: uint32(x.Mode), nlink: uint32(x.Nlink), uid: x.Uid, gid: x.Gid,
		rdev: guestDevice(uint32(x.Rdev)), blksize: uint32(x.Blksize), size: uint64(x.Size), blocks: uint64(x.Blocks),
		atime: newTimespec(x.Atim), mtime: newTimespec(x.Mtim), ctime: newTimespec(x.Ctim), btime: newTimespec(x.Btim),
	}, nil
}

func newTimespec(t unix.Timespec) timespec { return timespec{t.Sec, uint32(t.Nsec)} }

// guestDevice translates a device number to Linux's form. macOS has 8 bits for the major
// number above 24 for the minor.
func guestDevice(d uint32) uint32 {
	major, minor := d>>24, d&0xff_ffff
	return minor&0xff | major<<8 | (minor&^0xff)<<12
}

// withDescriptor calls f with a descriptor of the inode, of the link itself if it is a
// symbolic link. O_NONBLOCK makes sure that opening a fifo does not wait.
func (a at) withDescriptor(f func(fd int) error) error {
	if a.name == "" {
		return f(a.fd)
	}
	fd, err := openat(a.fd, a.name, unix.O_RDONLY|unix.O_SYMLINK|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return f(fd)
}

// reopen opens the inode if it is still the regular file that is meant. A file that no
// longer has a name cannot be opened again.
func (a at) reopen(want identity, flags int) (fd int, err error) {
	if a.name == "" {
		return -1, unix.ESTALE
	}
	fd, err = openat(a.fd, a.name, flags&^unix.O_TRUNC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	st, err := at{fd: fd}.stat()
	if err == nil && st.identity() != want {
		err = unix.ESTALE
	}
	if err == nil && flags&unix.O_TRUNC != 0 {
		err = truncate(fd, 0)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// chmod changes the mode by name, which needs no right to read.
func (a at) chmod(mode uint32) error {
	if a.name == "" {
		return unix.Fchmod(a.fd, mode)
	}
	return unix.Fchmodat(a.fd, a.name, mode, unix.AT_SYMLINK_NOFOLLOW)
}

func (a at) chown(uid, gid int) error {
	if a.name == "" {
		return unix.Fchown(a.fd, uid, gid)
	}
	return unix.Fchownat(a.fd, a.name, uid, gid, unix.AT_SYMLINK_NOFOLLOW)
}

// utimes changes the times of an open file by futimes(2), to the microsecond.
func (a at) utimes(times []unix.Timespec) error {
	if a.name != "" {
		return unix.UtimesNanoAt(a.fd, a.name, times, unix.AT_SYMLINK_NOFOLLOW)
	}
	st, err := a.stat()
	if err != nil {
		return err
	}
	var now unix.Timeval
	if err := unix.Gettimeofday(&now); err != nil {
		return err
	}
	values := make([]unix.Timeval, 2)
	for i, old := range []timespec{st.atime, st.mtime} {
		switch t := times[i]; t.Nsec {
		case utimeNow:
			values[i] = now
		case utimeOmit:
			values[i] = unix.Timeval{Sec: old.sec, Usec: int32(old.nsec / 1000)}
		default:
			values[i] = unix.Timeval{Sec: t.Sec, Usec: int32(t.Nsec / 1000)}
		}
	}
	return unix.Futimes(a.fd, values)
}

// mknod is missing: mknodat(2) and mkfifoat(2) exist only since macOS 13, and package unix
// does not have them.
func (a at) mknod(uint32) error { return unix.EPERM }

func (a at) getxattr(attr string, dest []byte) (n int, err error) {
	err = a.withDescriptor(func(fd int) error {
		n, err = unix.Fgetxattr(fd, attr, dest)
		return err
	})
	return n, err
}

func (a at) listxattr(dest []byte) (n int, err error) {
	err = a.withDescriptor(func(fd int) error {
		n, err = unix.Flistxattr(fd, dest)
		return err
	})
	return n, err
}

func (a at) setxattr(attr string, data []byte, flags int) error {
	return a.withDescriptor(func(fd int) error { return unix.Fsetxattr(fd, attr, data, flags) })
}

func (a at) removexattr(attr string) error {
	return a.withDescriptor(func(fd int) error { return unix.Fremovexattr(fd, attr) })
}

func renameat(from, to at, flags uint32) error {
	return unix.RenameatxNp(from.fd, from.name, to.fd, to.name, flags)
}

// linkDescriptor is missing on macOS.
func linkDescriptor(int, at) error { return unix.ENOENT }

// flush makes written data survive a loss of power, for which fsync(2) is not enough. Not
// every file system supports F_FULLFSYNC.
func flush(fd int, _ bool) error {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_FULLFSYNC, 0); err == nil {
		return nil
	}
	return unix.Fsync(fd)
}

func syncAll(dir int) error { return flush(dir, false) }

// writing excludes writes that append from writes with an offset: both use one descriptor,
// and O_APPEND belongs to the descriptor.
type writing struct{ mu sync.RWMutex }

func (h *handle) pwritev(fd int, pieces [][]byte, off int64) (int, error) {
	h.writing.mu.RLock()
	defer h.writing.mu.RUnlock()
	return unix.Pwritev(fd, pieces, off)
}

// appendv writes at the file's end, by O_APPEND and write: the effect of pwrite with O_APPEND
// is not documented.
func (h *handle) appendv(fd int, pieces [][]byte, _ int64) (int, error) {
	h.writing.mu.Lock()
	defer h.writing.mu.Unlock()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return 0, err
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags|unix.O_APPEND); err != nil {
		return 0, err
	}
	defer unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags)
	return unix.Writev(fd, pieces)
}

// Locks that belong to an open file, not to the process: numbers of <sys/fcntl.h>
// that package unix does not have.
const (
	ofdSetlk = 90 // F_OFD_SETLK
	ofdGetlk = 92 // F_OFD_GETLK
)

// fallocate is mode 0: the file gets the storage, and the size.
func fallocate(fd int, mode uint32, off, n int64) error {
	if mode != 0 {
		return unix.EOPNOTSUPP
	}
	if off < 0 || n <= 0 || off+n < off {
		return unix.EINVAL
	}
	st, err := at{fd: fd}.stat()
	if err != nil || st.size >= uint64(off+n) {
		return err
	}
	want := unix.Fstore_t{Flags: unix.F_ALLOCATEALL, Posmode: unix.F_PEOFPOSMODE, Length: off + n - int64(st.size)}
	if err := unix.FcntlFstore(uintptr(fd), unix.F_PREALLOCATE, &want); err != nil {
		return err
	}
	return truncate(fd, uint64(off+n))
}

func copyRange(int, int64, int, int64, int) (int, error) { return 0, unix.ENOSYS }

// hostEntries calls add with the entries of a directory. Package unix has no function that
// reads a directory in parts: its ReadDirent begins at the first entry each time.
func (s *Share) hostEntries(h *handle, req *fuse.ReadIn, add func(fuse.DirEntry) bool) error {
	return s.entriesByName(h, req, add)
}

// Tmpfile implements fuse.RawFileSystem. macOS does not have such files.
func (s *Share) Tmpfile(<-chan struct{}, *fuse.CreateIn, *fuse.CreateOut) fuse.Status {
	return fuse.Status(unix.EOPNOTSUPP)
}
