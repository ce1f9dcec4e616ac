//go:build unix

package hostmem

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// fresh maps new memory in place of b, whose pages the host frees. It works on every
// Unix, and on macOS even where advice is not followed. b is made of whole pages, and
// nothing but this process may have it mapped.
//
// unsafe: MAP_FIXED replaces exactly what b covers, which stays mapped at its address.
func fresh(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_FIXED|mapNoReserve)
	return err
}
