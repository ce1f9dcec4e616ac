package softcpu

import "unsafe"

// alignSlice returns the part of b that starts at a multiple of align.
//
// unsafe: the address is used as a number only.
func alignSlice(b []byte, align uintptr) []byte {
	return b[-uintptr(unsafe.Pointer(&b[0]))&(align-1):]
}
