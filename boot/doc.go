// Package boot turns files into a machine ready to start: it knows the memory
// map, builds the devicetree, reads kernels, initrds and devicetree blobs, and
// says which bytes go where in guest memory.
//
// The flow, in the order of the calls:
//
//	boot.RAM        -m, split into the banks of the memory map     (layout.go)
//	boot.Prepare    reads everything that the user named           (prepare.go)
//	  readKernel      unpacks until an arm64 kernel is left        (kernel.go)
//	    image.go, elf.go, zboot.go   what a kernel can be
//	    compress.go                  what it can be packed in
//	    refuse.go                    what it turned out to be instead
//	  readInitrds     joins the initrds                            (initrd.go)
//	  Machine.Tree    the machine's devicetree                     (machine.go)
//	    or the user's own blob                                     (dtb.go)
//	  place           finds room in the low bank                   (place.go)
//	Plan.Segments   bytes and addresses, with fresh seeds          (plan.go)
//
// Specifications: Linux Documentation/arch/arm64/booting.rst for the Image
// header, placement and the blob; the devicetree bindings of Linux for the
// nodes; ELF for the Arm 64-bit Architecture; Linux's EFI zboot header; RFC 1952
// (gzip), RFC 8878 (zstd), the LZ4 frame format 1.6.4 with its legacy frame.
//
// Kernels taken: raw Image, vmlinux (ELF), EFI zboot, each of them also packed
// by gzip, zstd, lz4 or bzip2, one in the other up to four layers deep.
//
// Deliberately missing: xz, lzma and lzo (RATIONALE.md), 32-bit and big-endian
// kernels, and firmware: the kernel is entered directly, at EL1.
//
// Files come from strangers. What a header says is checked before it is used,
// and unpacking stops at a fixed size. Every error is one line: which file,
// what is wrong, what would be right.
package boot
