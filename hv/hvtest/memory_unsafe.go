package hvtest

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/miniboot-vmm/miniboot/hv"
)

// memory is memory for a guest: it starts at a multiple of hv.PageSize.
//
// unsafe: offsets are checked by indexing before they become addresses, and
// those of words are multiples of 8 or 4, as b's own address is.
type memory struct {
	b     []byte
	whole []byte // what was allocated
}

// newMemory returns zeroed memory.
func newMemory(size int) memory {
	whole, err := allocate(size + hv.PageSize)
	if err != nil {
		panic(fmt.Sprintf("hvtest: no memory of 0x%x bytes for a guest: %v", size, err))
	}
	skip := -uintptr(unsafe.Pointer(&whole[0])) & (hv.PageSize - 1)
	return memory{b: whole[skip:][:size:size], whole: whole}
}

// free gives the memory back. No guest may have it mapped.
func (m memory) free() {
	if err := release(m.whole); err != nil {
		panic(fmt.Sprintf("hvtest: free a guest's memory: %v", err))
	}
}

// load and store access an aligned word that a vCPU may be accessing too.
func (m memory) load(off uint64) uint64 {
	return atomic.LoadUint64((*uint64)(unsafe.Pointer(&m.b[off : off+8][0])))
}

func (m memory) store(off, v uint64) {
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&m.b[off : off+8][0])), v)
}

func (m memory) put32(off uint64, v uint32) {
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&m.b[off : off+4][0])), v)
}
