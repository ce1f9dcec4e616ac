package hostmem

import "golang.org/x/sys/unix"

const mapNoReserve = unix.MAP_NORESERVE

// freePages frees at once; the pages read as zero from then on.
const freePages = unix.MADV_DONTNEED

// hugePage is the size of the larger pages that the host and the guest may have.
// Where both begin at its multiples, one entry of the processor's TLB holds each.
const hugePage = 2 << 20

// useHugePages asks for huge pages: up to 512 times fewer page faults, and fewer
// misses of the processor's TLB. A kernel without them refuses, which does no harm.
func useHugePages(b []byte) { unix.Madvise(b, unix.MADV_HUGEPAGE) }

// zero makes b read as zero and frees its pages.
func zero(b []byte) error { return unix.Madvise(b, unix.MADV_DONTNEED) }
