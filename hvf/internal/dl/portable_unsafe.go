//go:build (darwin || linux) && (amd64 || arm64)

package dl

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// vectorABI0 is the address of the assembly function vector, which the assembly file
// sets. It exists because purego passes at most 64 bits in a vector register.
var vectorABI0 uintptr

// argumentSlices reuses the slices of arguments, so that calls do not allocate.
var argumentSlices = sync.Pool{New: func() any { return new([5]uintptr) }}

// callPortable calls f.Fn through vector, which puts f.Vec into V0.
//
// unsafe: vector reads f.Vec, which is on the heap with f, before it jumps to f.Fn.
// The caller keeps f alive until then.
func callPortable(f *ccall.Frame) {
	args := argumentSlices.Get().(*[5]uintptr)
	*args = [5]uintptr{f.Args[0], f.Args[1], f.Args[2], f.Args[3], uintptr(unsafe.Pointer(f))}
	f.Ret, _, _ = purego.SyscallN(vectorABI0, args[:]...)
	argumentSlices.Put(args)
}
