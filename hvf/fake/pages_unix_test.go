//go:build unix

package fake

import (
	"syscall"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
)

// pages maps n pages of the framework's size, aligned to it.
func pages(t testing.TB, n int) []byte {
	t.Helper()
	size := n * hv.PageSize
	b, err := syscall.Mmap(-1, 0, size+hv.PageSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	skip := -int(address(b)) & (hv.PageSize - 1)
	return b[skip : skip+size : skip+size]
}
