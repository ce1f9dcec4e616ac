//go:build darwin && arm64

package execmem

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// functions are pthread_jit_write_protect_np(3), which says whether this thread
// may execute (1) or write (0) memory of MAP_JIT, and sys_icache_invalidate(3).
var functions = sync.OnceValues(func() (f struct{ protect, invalidate uintptr }, err error) {
	found, err := symbols("pthread_jit_write_protect_np", "sys_icache_invalidate")
	if err == nil {
		f.protect, f.invalidate = found[0], found[1]
	}
	return f, err
})

// New maps size bytes, a multiple of the host's page size. With the hardened
// runtime it needs the entitlement com.apple.security.cs.allow-jit.
//
// unsafe: only the mapping's address is used, which stays until Close.
func New(size int) (*Memory, error) {
	if _, err := functions(); err != nil {
		return nil, err
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_JIT)
	if err != nil {
		return nil, fmt.Errorf("execmem: map 0x%x bytes with MAP_JIT: %w", size, err)
	}
	return &Memory{W: mem, X: uintptr(unsafe.Pointer(unsafe.SliceData(mem))), unmap: func() error { return unix.Munmap(mem) }}, nil
}

// Begin makes W writable for this thread, and nothing of MAP_JIT executable.
func (m *Memory) Begin() {
	f, _ := functions()
	runtime.LockOSThread()
	purego.SyscallN(f.protect, 0)
}

// End makes what was written to n bytes from offset from on what is executed
// there.
func (m *Memory) End(from, n int) {
	f, _ := functions()
	purego.SyscallN(f.protect, 1)
	runtime.UnlockOSThread()
	purego.SyscallN(f.invalidate, m.X+uintptr(from), uintptr(n))
}
