package boot

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
)

// part is content in a segment, offset bytes from its beginning.
type part struct {
	content
	offset int64
}

// readInitrds looks at the initrds and joins them in the order given. The kernel
// interprets them, so their bytes do not change. doubts is a line for each file of an
// unknown form.
func readInitrds(files []File) (joined []part, size int64, doubts []string, err error) {
	for _, f := range files {
		c, err := f.open(roleInitrd)
		if err != nil {
			return nil, 0, nil, err
		}
		known, err := checkInitrd(c.head)
		if err != nil {
			return nil, 0, nil, f.failed(roleInitrd, err)
		}
		if !known {
			doubt := fmt.Errorf("no archive of a known form, it begins % x: the kernel may not take it", c.head[:min(len(c.head), 16)])
			doubts = append(doubts, f.failed(roleInitrd, doubt).Error())
		}
		size = nextInitrd(size)
		if size+c.size > maxFile {
			return nil, 0, nil, f.failed(roleInitrd, fmt.Errorf("with this one they have 0x%x bytes, the low bank has 0x%x", size+c.size, maxFile))
		}
		joined = append(joined, part{c, size})
		size += c.size
	}
	return joined, size, doubts, nil
}

// nextInitrd is where an initrd begins behind others of this size. A kernel looks for the
// next archive at a multiple of 4 bytes, and skips zeros
// (Documentation/driver-api/early-userspace/buffer-format.rst). At least 4 of them: a legacy
// frame of lz4 does not say where it ends, and Linux takes what follows for the size of
// another block unless it is 0.
func nextInitrd(size int64) int64 {
	if size == 0 {
		return 0
	}
	return int64(alignUp(uint64(size)+4, 4))
}

// initrdForms are how an initrd begins that Linux takes: an archive (init/initramfs.c), a
// packed one (lib/decompress.c), or a file system for root=/dev/ram0
// (init/do_mounts_rd.c).
var initrdForms = []struct {
	off   uint64
	magic string
	what  string
}{
	{0, "070701", "cpio, newc"},
	{0, "070702", "cpio, crc"},
	{0, "\x1f\x8b", "gzip"},
	{0, "\x1f\x9e", "gzip of old"},
	{0, "BZh", "bzip2"},
	{0, "\xfd7zXZ", "xz"},
	{0, "\x5d\x00\x00", "lzma"},
	{0, "\x89LZO", "lzo"},
	{0, lz4LegacyMagic, "lz4 -l"},
	{0, "\x28\xb5\x2f\xfd", "zstd"},
	{0, "hsqs", "squashfs"},
	{0, "-rom1fs-", "romfs"},
	{0, "\x45\x3d\xcd\x28", "cramfs"},
	{0x200, "\x45\x3d\xcd\x28", "cramfs behind a boot loader"},
	{0x410, "\x7f\x13", "minix"},
	{0x438, "\x53\xef", "ext2, ext4"},
}

// giveArchive is what to do about a file that is no initrd.
const giveArchive = "give a cpio archive"

// checkInitrd refuses what is no initrd, by its first bytes. known is false for what may
// be one.
func checkInitrd(head []byte) (known bool, err error) {
	if isImage(head) || isZboot(head) {
		return false, fmt.Errorf("an arm64 kernel: %w", ErrIsKernel)
	}
	if isELF(head) {
		return false, fmt.Errorf("%s: %s", elfName(head), giveArchive)
	}
	for _, f := range initrdForms {
		if hasAt(head, f.off, f.magic) {
			return true, nil
		}
	}
	f := findForm(head)
	switch line, isText := textLine(head); {
	case f != nil && f.right == ErrIsDTB:
		return false, f.refusal()
	case f != nil && f.right == ErrIsInitrd: // of the old form
		return false, fmt.Errorf("%s: %s", f.what, f.advice)
	case f != nil:
		return false, fmt.Errorf("%s: %s", f.what, giveArchive)
	case hasAt(head, 0, "\x04\x22\x4d\x18"):
		return false, errors.New("packed with lz4 in a frame that no kernel takes: pack it with lz4 -l")
	case hasAt(head, 0, "MZ"):
		return false, fmt.Errorf("an EFI program: %s", giveArchive)
	case isText:
		return false, fmt.Errorf("a text file (%q): %s", line, giveArchive)
	}
	return head[0] == 0, nil // Linux skips zeros
}

// elfName says what kind of ELF file head is the beginning of.
func elfName(head []byte) string {
	const eType, eMachine = 16, 18
	if len(head) < eMachine+2 {
		return "an ELF file cut short"
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		order = binary.BigEndian
	}
	machine := elf.Machine(order.Uint16(head[eMachine:]))
	name := machine.String()
	switch machine {
	case elf.EM_X86_64, elf.EM_386:
		name = "x86"
	case elf.EM_AARCH64:
		name = "arm64"
	}
	if elf.Type(order.Uint16(head[eType:])) == elf.ET_REL {
		return "an " + name + " ELF object (a kernel module?)"
	}
	return "an " + name + " ELF program"
}
