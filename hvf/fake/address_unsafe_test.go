package fake

import "unsafe"

// address returns the address of p's first byte.
//
// unsafe: it is used as a number only.
func address(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
