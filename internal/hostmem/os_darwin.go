package hostmem

import "golang.org/x/sys/unix"

// freePages takes the pages off the process's footprint at once; the kernel
// frees them later, unless they are written before.
const freePages = unix.MADV_FREE_REUSABLE
