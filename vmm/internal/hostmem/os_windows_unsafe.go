package vmm

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// allocate reserves and commits size bytes of zeroed, demand-paged memory.
// Windows aligns reservations to 64 KiB, which is more than align.
//
// unsafe: VirtualAlloc returns the address of size bytes that stay until
// VirtualFree.
func allocate(size, align uint64) ([]byte, error) {
	addr, err := windows.VirtualAlloc(0, uintptr(size), windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		return nil, err
	}
	p := *(*unsafe.Pointer)(unsafe.Pointer(&addr))
	return unsafe.Slice((*byte)(p), size), nil
}

// release frees what allocate returned.
func release(b []byte) { windows.VirtualFree(uintptr(unsafe.Pointer(&b[0])), 0, windows.MEM_RELEASE) }

// discard makes b read as zero.
func discard(b []byte) error { clear(b); return nil }
