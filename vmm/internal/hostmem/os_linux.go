package hostmem

import "golang.org/x/sys/unix"

const mapNoReserve = unix.MAP_NORESERVE

// freePages frees at once; the pages read as zero from then on.
const freePages = unix.MADV_DONTNEED

// zero makes b read as zero and frees its pages.
func zero(b []byte) error { return unix.Madvise(b, unix.MADV_DONTNEED) }
