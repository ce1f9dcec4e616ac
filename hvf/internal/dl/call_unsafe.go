//go:build (darwin || linux) && (amd64 || arm64) && !hvf_portable

package dl

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// runtime_cgocall calls the C function fn with arg on this thread's system stack.
// The runtime allows this linkname for purego's sake.
//
//go:linkname runtime_cgocall runtime.cgocall
func runtime_cgocall(fn uintptr, arg unsafe.Pointer) int32

// callABI0 is the address of the assembly function call. The assembly file sets it.
var callABI0 uintptr

// Call calls f.Fn with its arguments in X0 to X3 and V0.
//
// unsafe: f is on the heap, so it does not move until the call returns.
func (*Library) Call(f *ccall.Frame) { runtime_cgocall(callABI0, unsafe.Pointer(f)) }
