package softcpu

import "unsafe"

// alignSlice cuts b so that it starts at a multiple of align.
//
// unsafe: only the address is looked at.
func alignSlice(b []byte, align uintptr) []byte {
	return b[-uintptr(unsafe.Pointer(&b[0]))&(align-1):]
}
