//go:build amd64 || arm64

package softcpu

// cas128 atomically replaces the 16 aligned bytes at p by new, if they equal old.
//
//go:noescape
func cas128(p *[2]uint64, oldLo, oldHi, newLo, newHi uint64) bool
