//go:build darwin && amd64

package execmem

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// vmFlagsAnywhere is VM_FLAGS_ANYWHERE of mach/vm_statistics.h.
const vmFlagsAnywhere = 1

// New maps size bytes, a multiple of the host's page size. With the hardened
// runtime it needs an entitlement.
//
// unsafe: mach_task_self_ is a variable of the system's library. x is the address
// of size bytes that are mapped until Close.
func New(size int) (*Memory, error) {
	found, err := symbols("mach_vm_remap", "mach_task_self_")
	if err != nil {
		return nil, err
	}
	remap, task := found[0], uintptr(**(**uint32)(unsafe.Pointer(&found[1])))
	w, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("execmem: map 0x%x bytes for writing: %w", size, err)
	}
	var x unsafe.Pointer
	var now, most int32 // protections of the new mapping
	kernReturn, _, _ := purego.SyscallN(remap, task, uintptr(unsafe.Pointer(&x)), uintptr(size), 0, vmFlagsAnywhere,
		task, uintptr(unsafe.Pointer(unsafe.SliceData(w))), 0, uintptr(unsafe.Pointer(&now)), uintptr(unsafe.Pointer(&most)), 0)
	if kernReturn != 0 {
		unix.Munmap(w)
		return nil, fmt.Errorf("execmem: mach_vm_remap of 0x%x bytes: error %d", size, int32(kernReturn))
	}
	code := unsafe.Slice((*byte)(x), size)
	unmap := func() error { return errors.Join(unix.Munmap(w), unix.MunmapPtr(x, uintptr(size))) }
	if err := unix.Mprotect(code, unix.PROT_READ|unix.PROT_EXEC); err != nil {
		unmap()
		return nil, fmt.Errorf("execmem: make 0x%x bytes executable: %w", size, err)
	}
	return &Memory{W: w, X: uintptr(x), unmap: unmap}, nil
}
