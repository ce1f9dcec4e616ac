package vmm

import "golang.org/x/sys/unix"

// freePages frees at once; the pages read as zero from then on.
const freePages = unix.MADV_DONTNEED
