//go:build linux

package hostmem

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mincore sets a byte of vec for each page of b.
//
// unsafe: the kernel writes one byte for each page, and vec has as many.
func mincore(b, vec []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&vec[0])))
	if errno != 0 {
		return errno
	}
	return nil
}
