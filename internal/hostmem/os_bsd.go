//go:build unix && !linux

package hostmem

const (
	mapNoReserve = 0
	hugePage     = 0 // nothing to ask for
)

func useHugePages([]byte) {}

// zero makes b read as zero and frees its pages. No portable advice does both.
func zero(b []byte) error { return fresh(b) }
