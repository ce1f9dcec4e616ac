//go:build !amd64 && !arm64

package softcpu

import "sync"

var cas128mu sync.Mutex

// cas128 swaps the 16 bytes at p if they are old. This host has no instruction
// for it that Go can reach, so it is atomic against other 16-byte swaps only.
func cas128(p *[2]uint64, oldLo, oldHi, newLo, newHi uint64) bool {
	cas128mu.Lock()
	defer cas128mu.Unlock()
	if p[0] != oldLo || p[1] != oldHi {
		return false
	}
	p[0], p[1] = newLo, newHi
	return true
}
