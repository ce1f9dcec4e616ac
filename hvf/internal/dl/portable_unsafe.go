//go:build (darwin || linux) && (amd64 || arm64)

package dl

import (
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// vectorABI0 is the address of the assembly function vector, set there. purego
// passes nothing wider than 64 bits in a vector register.
var vectorABI0 uintptr

// argumentSlices saves the slice that each call would make.
var argumentSlices = sync.Pool{New: func() any { return new([5]uintptr) }}

// callPortable calls f.Fn through vector, which puts f.Vec into V0.
//
// unsafe: vector reads f.Vec, which is on the heap with f, before it goes on to
// f.Fn; the caller holds f until then.
func callPortable(f *ccall.Frame) {
	args := argumentSlices.Get().(*[5]uintptr)
	*args = [5]uintptr{f.Args[0], f.Args[1], f.Args[2], f.Args[3], uintptr(unsafe.Pointer(f))}
	f.Ret, _, _ = purego.SyscallN(vectorABI0, args[:]...)
	argumentSlices.Put(args)
}
