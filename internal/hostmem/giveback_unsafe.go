//go:build linux || darwin

package hostmem

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// GiveBack frees the host's pages that lie wholly in a part of a bank. The part
// keeps its content or reads as zero from then on.
//
// unsafe: only the part's address is used, to find where its pages start.
func GiveBack(part []byte) error {
	page := uint64(os.Getpagesize())
	skip := -uint64(uintptr(unsafe.Pointer(unsafe.SliceData(part)))) & (page - 1)
	if skip >= uint64(len(part)) {
		return nil
	}
	part = part[skip:]
	if part = part[:uint64(len(part))&^(page-1)]; len(part) == 0 {
		return nil
	}
	return unix.Madvise(part, freePages)
}
