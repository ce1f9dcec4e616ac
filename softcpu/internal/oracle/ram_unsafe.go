package oracle

import (
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hv"
)

// alignedRAM returns size bytes that start at a multiple of hv.PageSize, as VM.Map requires.
//
// unsafe: the address is used as a number only and never becomes a pointer again. Go's heap
// does not move objects.
func alignedRAM(size int) []byte {
	b := make([]byte, size+hv.PageSize)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) % hv.PageSize
	return b[skip:][:size:size]
}
