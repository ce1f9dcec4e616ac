//go:build (darwin || linux) && (amd64 || arm64) && !hvf_portable

package dl

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// runtime_cgocall leaves Go for the C function fn, which gets arg, on the
// system stack of this thread. The runtime keeps it reachable for purego.
//
//go:linkname runtime_cgocall runtime.cgocall
func runtime_cgocall(fn uintptr, arg unsafe.Pointer) int32

// callABI0 is the address of the assembly function call, set there.
var callABI0 uintptr

// Call calls f.Fn with its arguments in X0 to X3 and V0.
//
// unsafe: f is on the heap, so C sees it where it is until the call returns.
func (*Library) Call(f *ccall.Frame) { runtime_cgocall(callABI0, unsafe.Pointer(f)) }
