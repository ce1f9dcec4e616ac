// Package hostmem is a guest's RAM on the host: address space that is reserved
// outside the Go heap, costs the host a page only when it is written, and can
// be given back page by page.
//
// What each system does:
//
//	          New                            Zero                     GiveBack
//	Linux     mmap, MAP_NORESERVE            frees the pages          frees the pages: they read as zero
//	macOS     mmap                           writes zeros             MADV_FREE_REUSABLE: the pages leave the
//	                                                                  footprint, and keep their content or
//	                                                                  read as zero
//	BSD       mmap                           writes zeros             errors.ErrUnsupported
//	Windows   VirtualAlloc: the size counts  writes zeros             errors.ErrUnsupported
//	          against the commit limit
//
// The functions change what a running guest may look at, and leave it to the
// caller that it does not.
package hostmem
