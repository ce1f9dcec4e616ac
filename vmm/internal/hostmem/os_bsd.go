//go:build unix && !linux

package vmm

const mapNoReserve = 0

// discard makes b read as zero. There is no portable way here to free private
// pages and be sure of zeros.
func discard(b []byte) error { clear(b); return nil }
