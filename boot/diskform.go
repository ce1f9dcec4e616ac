package boot

import "fmt"

// giveKernelInside is what to do about a disk that is given as a kernel.
const giveKernelInside = "give the kernel inside it"

// diskForms are the kinds of disk images.
var diskForms = []form{
	{0, "QFI\xfb\x00\x00\x00\x01", "a qcow disk image", giveKernelInside, nil},
	{0, "QFI\xfb", "a qcow2 disk image", giveKernelInside, nil},
	{0, "KDMV", "a VMDK disk image", giveKernelInside, nil},
	{0, "COWD", "a VMDK disk image of ESX", giveKernelInside, nil},
	{0, "# Disk DescriptorFile", "the descriptor of a VMDK disk image", giveKernelInside, nil},
	{0x40, "\x7f\x10\xda\xbe", "a VDI disk image", giveKernelInside, nil},
	{0, "vhdxfile", "a VHDX disk image", giveKernelInside, nil},
	{0, "conectix", "a VHD disk image", giveKernelInside, nil},
	{0, "QED\x00", "a QED disk image", giveKernelInside, nil},
	{0, "WithoutFreeSpace", "a Parallels disk image", giveKernelInside, nil},
	{0, "WithouFreSpacExt", "a Parallels disk image", giveKernelInside, nil},
	{0, "shdw", "a sparse disk image of macOS", giveKernelInside, nil},
}

// bootSector says least of all forms: many others begin with one, and so does a raw disk.
var bootSector = []form{{0x1fe, "\x55\xaa", "a disk image or boot sector", giveKernelInside, nil}}

// NotRaw says what a file is that is hardly a raw disk: an image in another format, or a file
// that belongs elsewhere, in which case right wraps ErrIsKernel, ErrIsInitrd or ErrIsDTB. head
// is how the file begins, and what is "" for everything else.
func NotRaw(head []byte) (what string, right error) {
	switch {
	case isImage(head), isZboot(head):
		return "an arm64 kernel", ErrIsKernel
	case isELF(head):
		return elfName(head), fmt.Errorf("if it is a kernel, %w", ErrIsKernel)
	}
	for _, f := range diskForms {
		if hasAt(head, f.off, f.magic) {
			return f.what, nil
		}
	}
	if f := findForm(head); f != nil && f.right != nil {
		return f.what, f.right
	}
	return "", nil
}
