//go:build linux

package raw

import (
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxIovecs is how many pieces one system call moves; the kernel accepts 1024.
const maxIovecs = 256

var iovecs = sync.Pool{New: func() any { return new([maxIovecs]unix.Iovec) }}

// vectored is preadv(2) or pwritev(2). It returns how many bytes it has moved. They may be
// fewer than the pieces have room for, and 0 at the end of the file.
//
// unsafe: the kernel gets the address and the length of each piece, and of the
// array of them, which stays in use until the call has returned.
func vectored(f *os.File, pieces [][]byte, off int64, write bool) (n int, err error) {
	v := iovecs.Get().(*[maxIovecs]unix.Iovec)
	defer iovecs.Put(v)
	count := min(len(pieces), maxIovecs)
	for i, p := range pieces[:count] {
		v[i].Base = unsafe.SliceData(p)
		v[i].SetLen(len(p))
	}
	call, name := uintptr(unix.SYS_PREADV), "preadv"
	if write {
		call, name = unix.SYS_PWRITEV, "pwritev"
	}
	for {
		// The offset is in two registers; a 64-bit kernel uses only the first.
		k, _, errno := unix.Syscall6(call, f.Fd(), uintptr(unsafe.Pointer(v)), uintptr(count), uintptr(off), uintptr(off>>32), 0)
		if errno == unix.EINTR {
			continue
		}
		runtime.KeepAlive(f)
		clear(v[:count])
		if errno != 0 {
			return 0, os.NewSyscallError(name, errno)
		}
		return int(k), nil
	}
}
