// Package hostmem is a guest's RAM on the host, and other memory that the garbage
// collector need not know of. It reserves address space outside the Go heap. A page
// costs the host memory only once it is written, and pages can be given back.
//
// What each system does:
//
//	          New                            Zero                     GiveBack
//	Linux     mmap, MAP_NORESERVE, in        frees the pages          frees the pages: they read as zero
//	          huge pages if there are
//	macOS     mmap                           maps new pages           MADV_FREE_REUSABLE: the pages leave the
//	                                                                  footprint, and keep their content or
//	                                                                  read as zero
//	BSD       mmap                           maps new pages           errors.ErrUnsupported
//	Windows   VirtualAlloc: the size counts  commits new pages        errors.ErrUnsupported
//	          against the commit limit
//
// macOS does neither for memory that a guest of the framework has mapped: see
// hv.Withdrawer.
//
// The functions change memory that a running guest may use. The caller makes sure
// that the guest does not use it meanwhile.
package hostmem
