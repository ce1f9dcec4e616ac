//go:build amd64 || arm64

package softcpu

// cas128 swaps the 16 aligned bytes at p atomically if they are old.
//
//go:noescape
func cas128(p *[2]uint64, oldLo, oldHi, newLo, newHi uint64) bool
