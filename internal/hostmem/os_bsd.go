//go:build unix && !linux

package hostmem

const (
	mapNoReserve = 0
	hugePage     = 0 // nothing to ask for
)

func useHugePages([]byte) {}

// zero makes b read as zero. No portable call frees private pages and guarantees
// zeros.
func zero(b []byte) error { clear(b); return nil }
