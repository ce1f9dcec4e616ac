//go:build linux || darwin

package hostmem

import (
	"os"

	"golang.org/x/sys/unix"
)

// GiveBack frees the host's pages that lie wholly in a part of a bank. The part
// keeps its content or reads as zero from then on.
func GiveBack(part []byte) error {
	if part = Whole(part, uint64(os.Getpagesize())); len(part) == 0 {
		return nil
	}
	return unix.Madvise(part, freePages)
}
