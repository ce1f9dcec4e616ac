//go:build unix

package hvtest

import "syscall"

// allocate returns pages of their own, because the framework does not take
// memory that Go's runtime manages, and because the guest's own races are none
// of Go's race detector's business.
func allocate(size int) ([]byte, error) {
	return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
}

func release(b []byte) error { return syscall.Munmap(b) }
