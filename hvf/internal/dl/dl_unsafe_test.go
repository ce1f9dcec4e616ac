//go:build (darwin || linux) && (amd64 || arm64)

package dl

import "unsafe"

// outAddress is the address of a word for C to write to.
//
// unsafe: the callers pass a global variable.
func outAddress(p *uint64) uintptr { return uintptr(unsafe.Pointer(p)) }
