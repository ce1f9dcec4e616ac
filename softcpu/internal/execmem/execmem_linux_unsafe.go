//go:build linux

package execmem

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// provide maps the pages of b, as writing to them would. Before Linux 5.14 it does
// nothing.
func provide(b []byte) { unix.Madvise(b, unix.MADV_POPULATE_WRITE) }

// leave unmaps the pages of b until they are written to again. The memfd keeps them.
func leave(b []byte) { unix.Madvise(b, unix.MADV_DONTNEED) }

// New maps size bytes, a multiple of the host's page size. A host that refuses
// (SELinux's execmem and execmod, a seccomp filter, noexec mounts) gives an
// error.
//
// unsafe: the executable view is only an address here; it is mapped until Close.
func New(size int) (*Memory, error) {
	fd, err := unix.MemfdCreate("miniboot-code", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("miniboot-code", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, fmt.Errorf("execmem: memfd_create: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, fmt.Errorf("execmem: 0x%x bytes: %w", size, err)
	}
	w, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("execmem: map 0x%x bytes for writing: %w", size, err)
	}
	x, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_SHARED)
	if err != nil {
		unix.Munmap(w)
		return nil, fmt.Errorf("execmem: map 0x%x bytes for execution: %w", size, err)
	}
	return &Memory{W: w, X: uintptr(unsafe.Pointer(unsafe.SliceData(x))), unmap: func() error {
		return errors.Join(unix.Munmap(w), unix.Munmap(x))
	}}, nil
}
