package hostmem

import "unsafe"

// aligned says whether b begins at a multiple of n.
//
// unsafe: only the address is looked at.
func aligned(b []byte, n uintptr) bool { return uintptr(unsafe.Pointer(&b[0]))%n == 0 }
