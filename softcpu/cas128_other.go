//go:build !amd64 && !arm64

package softcpu

import "sync"

var cas128mu sync.Mutex

// cas128 replaces the 16 bytes at p by new, if they equal old. Go cannot reach an
// instruction for this on this host, so cas128 is atomic only with respect to itself.
func cas128(p *[2]uint64, oldLo, oldHi, newLo, newHi uint64) bool {
	cas128mu.Lock()
	defer cas128mu.Unlock()
	if p[0] != oldLo || p[1] != oldHi {
		return false
	}
	p[0], p[1] = newLo, newHi
	return true
}
