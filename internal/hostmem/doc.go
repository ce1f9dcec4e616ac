// Package hostmem is a guest's RAM on the host, and other memory that the garbage
// collector need not know of. It reserves address space outside the Go heap. A page
// costs the host memory only once it is written, and pages can be given back.
//
// What each system does:
//
//	          New                            Zero                     GiveBack
//	Linux     mmap, MAP_NORESERVE, in        frees the pages          frees the pages: they read as zero
//	          huge pages if there are
//	macOS     mmap                           writes zeros             MADV_FREE_REUSABLE: the pages leave the
//	                                                                  footprint, and keep their content or
//	                                                                  read as zero
//	BSD       mmap                           writes zeros             errors.ErrUnsupported
//	Windows   VirtualAlloc: the size counts  writes zeros             errors.ErrUnsupported
//	          against the commit limit
//
// The functions change memory that a running guest may use. The caller makes sure
// that the guest does not use it meanwhile.
package hostmem
