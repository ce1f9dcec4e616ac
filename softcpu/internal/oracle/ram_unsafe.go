package oracle

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hvf"
)

// alignedRAM returns size bytes that start at a multiple of hvf.PageSize, as
// VM.Map wants them. The address is only looked at, never turned back into a
// pointer, and Go's heap does not move objects.
func alignedRAM(size int) []byte {
	b := make([]byte, size+hvf.PageSize)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) % hvf.PageSize
	return b[skip:][:size:size]
}
