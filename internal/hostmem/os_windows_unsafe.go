//go:build windows

package hostmem

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// reserve reserves and commits size bytes. Windows aligns reservations to
// 64 KiB, which is at least align.
//
// unsafe: VirtualAlloc returns the address of size bytes that stay until
// VirtualFree.
func reserve(size, align uint64) (reserved, mem []byte, err error) {
	addr, err := windows.VirtualAlloc(0, uintptr(size), windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		return nil, nil, err
	}
	p := *(*unsafe.Pointer)(unsafe.Pointer(&addr))
	mem = unsafe.Slice((*byte)(p), size)
	return mem, mem, nil
}

// release frees what reserve reserved.
//
// unsafe: only the address is passed on.
func release(reserved []byte) {
	windows.VirtualFree(uintptr(unsafe.Pointer(unsafe.SliceData(reserved))), 0, windows.MEM_RELEASE)
}

// zero makes b read as zero and frees its pages: what is committed anew is zero.
//
// unsafe: b stays reserved at its address, and nothing uses it meanwhile.
func zero(b []byte) error {
	at, size := uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))
	if size == 0 {
		return nil // which would mean the whole reservation
	}
	if err := windows.VirtualFree(at, size, windows.MEM_DECOMMIT); err != nil {
		return err
	}
	_, err := windows.VirtualAlloc(at, size, windows.MEM_COMMIT, windows.PAGE_READWRITE)
	return err
}
