//go:build unix

package vmm

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// allocate maps size bytes of zeroed, demand-paged memory at a multiple of
// align, which is a power of two of at least a host page.
//
// unsafe: only the address of the mapping is looked at, to round it up; the
// mapping is larger than what is returned by align, so the result lies inside.
func allocate(size, align uint64) ([]byte, error) {
	flags := unix.MAP_ANON | unix.MAP_PRIVATE
	if runtime.GOOS == "linux" {
		flags |= mapNoReserve
	}
	mem, err := unix.Mmap(-1, 0, int(size+align), unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, err
	}
	skip := -uint64(uintptr(unsafe.Pointer(&mem[0]))) & (align - 1)
	b := mem[skip : skip+size : skip+size]
	mappings.put(&b[0], mem)
	return b, nil
}

// release unmaps what allocate returned.
func release(b []byte) {
	if mem := mappings.take(&b[0]); mem != nil {
		unix.Munmap(mem)
	}
}
