//go:build unix && !linux

package hostmem

const mapNoReserve = 0

// zero makes b read as zero. There is no portable way here to free private
// pages and be sure of zeros.
func zero(b []byte) error { clear(b); return nil }
