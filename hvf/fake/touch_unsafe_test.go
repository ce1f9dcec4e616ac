package fake_test

import (
	"sync/atomic"
	"unsafe"
)

// touch makes the host have all of a guest's memory, while the guest runs.
//
// unsafe: each page of mem has a word at its beginning. Adding 0 to it changes nothing,
// whatever the guest does with it at the same time.
func touch(mem []byte) {
	for at := 0; at+4 <= len(mem); at += 4096 {
		atomic.AddUint32((*uint32)(unsafe.Pointer(&mem[at])), 0)
	}
}
