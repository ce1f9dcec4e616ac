//go:build unix

package hostmem

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve maps size bytes at a multiple of align, and returns them and the
// larger mapping that they were cut from.
//
// unsafe: only the mapping's address is used, to round it up. The mapping is align
// bytes larger than mem, so mem lies inside it.
func reserve(size, align uint64) (reserved, mem []byte, err error) {
	align = max(align, hugePage)
	reserved, err = unix.Mmap(-1, 0, int(size+align), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|mapNoReserve)
	if err != nil {
		return nil, nil, err
	}
	skip := -uint64(uintptr(unsafe.Pointer(&reserved[0]))) & (align - 1)
	mem = reserved[skip : skip+size : skip+size]
	useHugePages(mem)
	return reserved, mem, nil
}

// release unmaps what reserve mapped.
func release(reserved []byte) { unix.Munmap(reserved) }
