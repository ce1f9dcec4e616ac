//go:build unix

package hvtest

import "syscall"

// allocate maps fresh pages. The framework does not accept memory of Go's heap, and
// Go's race detector must not see the guest's own races.
func allocate(size int) ([]byte, error) {
	return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
}

func release(b []byte) error { return syscall.Munmap(b) }
