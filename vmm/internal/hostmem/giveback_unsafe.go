//go:build linux || darwin

package vmm

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// giveBack frees the host's pages that lie in b, a part of the guest's memory.
//
// unsafe: only the address of b is looked at, to find where its pages start.
func giveBack(b []byte) error {
	page := uint64(os.Getpagesize())
	skip := -uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (page - 1)
	if skip >= uint64(len(b)) {
		return nil
	}
	b = b[skip:]
	if b = b[:uint64(len(b))&^(page-1)]; len(b) == 0 {
		return nil
	}
	return unix.Madvise(b, freePages)
}
