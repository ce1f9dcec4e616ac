package boot

import (
	"bytes"
	"debug/pe"
	"errors"
	"fmt"
	"strings"
)

// form is a kind of file, by bytes that it has at a place.
type form struct {
	off    uint64
	magic  string
	what   string
	advice string // to whoever gives it as a kernel; may be empty if right is not nil
	right  error  // where to give it instead; nil if nowhere
}

// otherForms are the kinds of files that users give as a kernel or an initrd by mistake.
// More specific marks come first.
var otherForms = []form{
	{0x24, "\x18\x28\x6f\x01", "a 32-bit ARM zImage", "give an arm64 kernel", nil},
	{0x24, "\x01\x6f\x28\x18", "a big-endian 32-bit ARM zImage", "give an arm64 kernel", nil},
	{0x202, "HdrS", "an x86 bzImage", "give an arm64 kernel", nil},
	{0x30, "RISCV\x00\x00\x00", "a RISC-V Image", "give an arm64 kernel", nil},
	{0, "\x27\x05\x19\x56", "a U-Boot uImage", "give the kernel that it was made of (dumpimage takes it out)", nil},
	{0, "\xd0\x0d\xfe\xed", "a U-Boot FIT image, or a devicetree blob", "", ErrIsDTB},
	{0, "ANDROID!", "an Android boot image", "take the kernel out (unpack_bootimg) and give that", nil},
	{0, "070701", "a cpio archive", "", ErrIsInitrd},
	{0, "070702", "a cpio archive", "", ErrIsInitrd},
	{0, "070707", "a cpio archive of the old form", "make a newc one of it", ErrIsInitrd},
	{0, "\xfd7zXZ\x00", "packed with xz", "unpack it (xz -d) and give that", nil},
	{0, "\x5d\x00\x00", "packed with lzma", "unpack it (xz -d --format=lzma) and give that", nil},
	{0, "\x89LZO\x00", "packed with lzo", "unpack it (lzop -d) and give that", nil},
	{0, "hsqs", "a squashfs image", "give the kernel inside it", nil},
	{0x8001, "CD001", "an ISO 9660 image", "give the kernel inside it", nil},
	{0x101, "ustar", "a tar archive", "give the kernel inside it", nil},
	{0, "!<arch>\n", "a Debian package or ar archive", "give the kernel inside it (dpkg-deb -x)", nil},
	{0, "PK\x03\x04", "a zip archive", "give the kernel inside it", nil},
	{0, "\xcf\xfa\xed\xfe", "a macOS program", "give an arm64 Linux kernel", nil},
}

// findForm returns the kind of a file, or nil.
func findForm(data []byte) *form {
	for _, forms := range [][]form{otherForms, diskForms, bootSector} {
		for i, f := range forms {
			if hasAt(data, f.off, f.magic) {
				return &forms[i]
			}
		}
	}
	return nil
}

// refusal is the error for a file of this form.
func (f *form) refusal() error {
	switch {
	case f.right == nil:
		return fmt.Errorf("%s: %s", f.what, f.advice)
	case f.advice == "":
		return fmt.Errorf("%s: %w", f.what, f.right)
	}
	return fmt.Errorf("%s: %s: %w", f.what, f.advice, f.right)
}

// refuse returns the error for data that is no arm64 kernel: what it is, and what
// would be right.
func refuse(data []byte) error {
	if len(data) == 0 {
		return errors.New("there is nothing in it")
	}
	if f := findForm(data); f != nil {
		return f.refusal()
	}
	if hasAt(data, 0, "MZ") {
		return refusePE(data)
	}
	if line, ok := textLine(data); ok {
		return fmt.Errorf("a text file (%q): give an arm64 kernel", line)
	}
	return fmt.Errorf("not a kernel of a known form, it begins % x: give an arm64 Image, vmlinuz or vmlinux", data[:min(len(data), 16)])
}

// refusePE returns the error for an EFI program that is no kernel itself.
func refusePE(data []byte) error {
	f, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("an EFI program, damaged or cut short (%s): give an arm64 kernel", oneLine(err))
	}
	defer f.Close()
	if f.Section(".linux") != nil {
		return errors.New("a unified kernel image: take the kernel out (objcopy -O binary -j .linux) and give that")
	}
	machine := fmt.Sprintf("machine 0x%x", f.Machine)
	switch f.Machine {
	case pe.IMAGE_FILE_MACHINE_AMD64, pe.IMAGE_FILE_MACHINE_I386:
		machine = "x86"
	case pe.IMAGE_FILE_MACHINE_ARM, pe.IMAGE_FILE_MACHINE_ARMNT:
		machine = "32-bit ARM"
	case pe.IMAGE_FILE_MACHINE_ARM64:
		machine = "arm64"
	}
	return fmt.Errorf("an EFI program for %s without a kernel in it (a boot loader?): give an arm64 kernel", machine)
}

// textLine returns the start of a text file's first line.
func textLine(data []byte) (string, bool) {
	head := data[:min(len(data), 512)]
	for _, c := range head {
		if c > '~' || c < ' ' && !strings.ContainsRune("\t\n\r\f\x1b", rune(c)) {
			return "", false
		}
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(head), []byte("\n"))
	return string(line[:min(len(line), 40)]), true
}

// oneLine returns the text of another package's error without line breaks, for use
// inside a message.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " ") }
