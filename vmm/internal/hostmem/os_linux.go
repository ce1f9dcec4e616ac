package vmm

import "golang.org/x/sys/unix"

const mapNoReserve = unix.MAP_NORESERVE

// discard makes b read as zero and frees its pages.
func discard(b []byte) error { return unix.Madvise(b, unix.MADV_DONTNEED) }
