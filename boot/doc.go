// Package boot prepares the start of a machine from files. It defines the memory
// map, builds the devicetree, reads kernels, initrds and devicetree blobs, and
// decides which bytes go where in guest memory.
//
// The flow, in the order of the calls:
//
//	boot.RAM        splits -m into the banks of the memory map     (layout.go)
//	boot.Prepare    looks at everything that the user named        (prepare.go)
//	  readKernel      unpacks until an arm64 kernel is left        (kernel.go)
//	    image.go, elf.go, zboot.go   what a kernel can be
//	    compress.go                  what it can be packed in
//	    refuse.go                    what else a file can turn out to be
//	  readInitrds     joins the initrds                            (initrd.go)
//	  Machine.Tree    the machine's devicetree                     (machine.go)
//	    or the user's own blob                                     (dtb.go)
//	  place           finds room in the low bank                   (place.go)
//	Plan.Segments   addresses, and a blob with fresh seeds         (plan.go)
//	Segment.Load    bytes, from their files to memory              (plan.go)
//
// Specifications: Linux Documentation/arch/arm64/booting.rst for the Image
// header, placement and the blob; the devicetree bindings of Linux for the
// nodes; ELF for the Arm 64-bit Architecture; Linux's EFI zboot header; RFC 1952
// (gzip), RFC 8878 (zstd), the LZ4 frame format 1.6.4 with its legacy frame.
//
// Implemented: kernels as raw Image, vmlinux (ELF) and EFI zboot. Each may be packed
// with gzip, zstd, lz4 or bzip2, in up to four layers.
//
// Deliberately missing: xz, lzma and lzo (RATIONALE.md), 32-bit and big-endian
// kernels, and firmware: the kernel is entered directly, at EL1.
//
// Files are not trusted. What a header says is checked before it is used, and
// unpacking stops at a fixed size. Every error is one line that says which file is
// meant, what is wrong, and what would be right.
package boot
