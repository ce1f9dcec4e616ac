package fake

import "unsafe"

// address is where p starts.
//
// unsafe: only the number is looked at.
func address(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
