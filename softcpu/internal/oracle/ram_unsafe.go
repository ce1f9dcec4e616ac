package oracle

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hv"
)

// alignedRAM returns size bytes that start at a multiple of hv.PageSize, as
// VM.Map wants them. The address is only looked at, never turned back into a
// pointer, and Go's heap does not move objects.
func alignedRAM(size int) []byte {
	b := make([]byte, size+hv.PageSize)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) % hv.PageSize
	return b[skip:][:size:size]
}
