// Package shared has the atomic accesses to memory that a virtqueue's driver and
// device share.
package shared

import (
	"sync/atomic"
	"unsafe"
)

// unsafe: the words of a ring are shared with the guest's CPUs. Go has no atomic
// access to 16 bits, so the aligned 32-bit word around them is loaded or exchanged.
// That word is inside the memory: NewMemory has checked that regions start and end at
// multiples of 4 KiB, and on the host at multiples of 8 bytes. So a pointer has the
// alignment of its guest physical address. An index or slice expression checks the
// bounds before each pointer is made. Guest and host are little-endian.

// Aligned reports whether the first byte is at a multiple of 8.
func Aligned(b []byte) bool { return uintptr(unsafe.Pointer(unsafe.SliceData(b)))%8 == 0 }

// word32 returns the aligned word that holds b[off], and the position of b[off] in
// it, in bits.
func word32(b []byte, off int) (w *uint32, shift uint) {
	p := unsafe.Pointer(&b[off])
	return (*uint32)(unsafe.Pointer(uintptr(p) &^ 3)), uint(uintptr(p)&3) * 8
}

// Load16 loads the half word at an even offset.
func Load16(b []byte, off int) uint16 {
	w, shift := word32(b, off)
	return uint16(atomic.LoadUint32(w) >> shift)
}

// Store16 stores the half word at an even offset. It leaves the other half of the
// word alone, which the guest may be writing.
func Store16(b []byte, off int, v uint16) {
	w, shift := word32(b, off)
	for {
		old := atomic.LoadUint32(w)
		if atomic.CompareAndSwapUint32(w, old, old&^(0xffff<<shift)|uint32(v)<<shift) {
			return
		}
	}
}

// Store32 stores the word at a multiple of 4.
func Store32(b []byte, off int, v uint32) {
	w, _ := word32(b, off)
	atomic.StoreUint32(w, v)
}

// Load64 loads eight bytes at any offset, each of them once: an indirect table need
// not be aligned. An aligned doubleword is loaded in one step.
func Load64(b []byte, off int) uint64 {
	p := unsafe.Pointer(&b[off : off+8][0])
	w, shift := (*uint64)(unsafe.Pointer(uintptr(p)&^7)), uint(uintptr(p)&7)*8
	v := atomic.LoadUint64(w)
	if shift == 0 {
		return v
	}
	return v>>shift | atomic.LoadUint64((*uint64)(unsafe.Add(unsafe.Pointer(w), 8)))<<(64-shift)
}
