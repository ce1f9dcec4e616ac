package hvf

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// frame is a call with room for what the function returns through pointers. A frame
// is always on the heap and has one user at a time. It is reused, so that calls do
// not allocate.
type frame struct {
	ccall.Frame
	out [8]uint64      // 16-byte aligned, as vectors want it
	ref unsafe.Pointer // out: a pointer to memory that the function owns
	buf unsafe.Pointer // what an argument points to; kept alive, and on the heap, by this field
}

// The offset of out keeps it aligned to 16 bytes, where pointers have 8 and the
// framework can be: see frame.
var _ [0]struct{} = [unsafe.Offsetof(frame{}.out) % 16 * (unsafe.Sizeof(uintptr(0)) / 8)]struct{}{}

// outArg is the argument that points to out[i].
//
// unsafe: f is on the heap, and its user holds it during the call. So C writes to
// live memory that does not move.
func (f *frame) outArg(i int) uintptr { return uintptr(unsafe.Pointer(&f.out[i])) }

// refArg is the argument that points to ref.
//
// unsafe: as in outArg. C never stores a pointer to the Go heap there, so the
// garbage collector need not see the store.
func (f *frame) refArg() uintptr { return uintptr(unsafe.Pointer(&f.ref)) }

// bufArg is the argument that points to p, or nil if p is empty.
//
// unsafe: f is on the heap, so storing the address in f forces p onto the heap,
// where it does not move, unless p is outside Go's memory. f keeps p alive until
// the next call.
func (f *frame) bufArg(p []byte) uintptr {
	f.buf = unsafe.Pointer(unsafe.SliceData(p))
	return uintptr(f.buf)
}

// idsArg is bufArg for vCPU ids.
func (f *frame) idsArg(ids []uint64) uintptr {
	f.buf = unsafe.Pointer(unsafe.SliceData(ids))
	return uintptr(f.buf)
}

// refBytes returns the memory that ref points to after a call.
//
// unsafe: the caller passes the size that it requested.
func (f *frame) refBytes(size uint64) []byte { return unsafe.Slice((*byte)(f.ref), size) }

// refExit returns the exit record that ref points to after hv_vcpu_create.
//
// unsafe: the framework keeps the record in place until the vCPU is destroyed,
// and its layout is checked below.
func (f *frame) refExit() *VCPUExit { return (*VCPUExit)(f.ref) }

// The layouts in C. A wrong one does not compile.
var (
	_ [32]struct{} = [unsafe.Sizeof(VCPUExit{})]struct{}{}
	_ [0]struct{}  = [unsafe.Offsetof(VCPUExit{}.Reason)]struct{}{}
	_ [8]struct{}  = [unsafe.Offsetof(VCPUExit{}.Exception)]struct{}{}
	_ [24]struct{} = [unsafe.Sizeof(VCPUExitException{})]struct{}{}
	_ [0]struct{}  = [unsafe.Offsetof(VCPUExitException{}.Syndrome)]struct{}{}
	_ [8]struct{}  = [unsafe.Offsetof(VCPUExitException{}.VirtualAddress)]struct{}{}
	_ [16]struct{} = [unsafe.Offsetof(VCPUExitException{}.PhysicalAddress)]struct{}{}
	_ [2]struct{}  = [unsafe.Sizeof(SMEState{})]struct{}{}
	_ [0]struct{}  = [unsafe.Offsetof(SMEState{}.StreamingSVEMode)]struct{}{}
	_ [1]struct{}  = [unsafe.Offsetof(SMEState{}.ZAStorage)]struct{}{}
)

// address returns the address of p's first byte.
//
// unsafe: it is used as a number only.
func address(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
