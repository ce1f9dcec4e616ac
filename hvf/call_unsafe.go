package hvf

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// frame is a call with room for what the function returns through pointers. It
// is always on the heap, one user at a time, and used again and again: that is
// what keeps calls free of allocation.
type frame struct {
	ccall.Frame
	out [8]uint64      // 16-byte aligned, as vectors want it
	ref unsafe.Pointer // where a function puts a pointer to memory of its own
	buf unsafe.Pointer // what an argument points to: on the heap and alive because of it
}

// Where frames lie in memory decides the alignment of out; see frame.
var _ [0]struct{} = [unsafe.Offsetof(frame{}.out) % 16]struct{}{}

// outArg is the argument that points to out[i].
//
// unsafe: f is on the heap, and its user holds it for as long as the call
// takes, so C writes to live memory that stays where it is.
func (f *frame) outArg(i int) uintptr { return uintptr(unsafe.Pointer(&f.out[i])) }

// refArg is the argument that points to ref.
//
// unsafe: as in outArg. What C puts there is no pointer to the Go heap, so the
// garbage collector does not mind that it knows nothing of the store.
func (f *frame) refArg() uintptr { return uintptr(unsafe.Pointer(&f.ref)) }

// bufArg is the argument that points to p, or nil if p is empty.
//
// unsafe: storing the address into f, which is on the heap, makes p be on the
// heap, where it does not move, or outside Go's memory altogether; f keeps it
// alive until the next call.
func (f *frame) bufArg(p []byte) uintptr {
	f.buf = unsafe.Pointer(unsafe.SliceData(p))
	return uintptr(f.buf)
}

// idsArg is bufArg for vCPU ids.
func (f *frame) idsArg(ids []uint64) uintptr {
	f.buf = unsafe.Pointer(unsafe.SliceData(ids))
	return uintptr(f.buf)
}

// refBytes is the memory that a function has put into ref.
//
// unsafe: the caller passes the size with which it asked for the memory.
func (f *frame) refBytes(size uint64) []byte { return unsafe.Slice((*byte)(f.ref), size) }

// refExit is the exit record that hv_vcpu_create has put into ref.
//
// unsafe: the framework keeps the record in place until the vCPU is destroyed,
// and its layout is checked below.
func (f *frame) refExit() *VCPUExit { return (*VCPUExit)(f.ref) }

// The layouts that C has. A wrong one does not compile.
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

// address is where p starts.
//
// unsafe: only the number is looked at.
func address(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }
