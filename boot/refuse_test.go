package boot

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// otherPE is an EFI program: no sections, for the machine given.
func otherPE(machine uint16, section string) []byte {
	data := make([]byte, 512)
	copy(data, "MZ")
	binary.LittleEndian.PutUint32(data[0x3c:], 0x40)
	copy(data[0x40:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(data[0x44:], machine)
	if section != "" {
		binary.LittleEndian.PutUint16(data[0x46:], 1)
		copy(data[0x58:], section)
	}
	return data
}

// elfWith is a vmlinux with one field of its ELF header changed.
func elfWith(off int, value ...byte) []byte {
	return patched(vmlinux(makeImage(image{})), off, string(value))
}

func TestKernelRefused(t *testing.T) {
	const (
		eiClass, eiData, eType, eMachine = 4, 5, 16, 18
	)
	blank := make([]byte, 0x9000)
	img := makeImage(image{})
	for _, tt := range []struct {
		name string
		file []byte
		want string // the message behind the file's name
	}{
		{"empty", nil, "the file is empty: copy it again"},
		{"Image cut short", makeImage(image{peEnd: 8192}), "arm64 Image cut short: 0x1000 bytes, its PE header says 0x2000: copy the file again"},
		{"header cut short", img[:60], "arm64 Image cut short: 60 bytes, its header alone has 64: copy the file again"},
		{"big-endian Image", makeImage(image{flags: 1}), "a big-endian arm64 Image (flags bit 0): build it with CONFIG_CPU_LITTLE_ENDIAN"},
		{"wild text_offset", makeImage(image{textOffset: 1 << 63}), "arm64 Image with text_offset 0x8000000000000000, want less than 0x200000: its header is damaged"},
		{"text_offset of a whole 2 MiB", makeImage(image{textOffset: 2 << 20}), "arm64 Image with text_offset 0x200000, want less than 0x200000"},
		{"image_size just too large", makeImage(image{imageSize: LowSize + 1}), "arm64 Image with image_size 0x40000001"},
		{"wild image_size", makeImage(image{imageSize: 1 << 63}), "arm64 Image with image_size 0x8000000000000000, the low bank has 0x40000000 bytes: its header is damaged"},
		{"gzip cut short", makeGzip(img)[:100], "gzip stream cut short after 0x64 bytes"},
		{"gzip damaged", patched(makeGzip(img), len(makeGzip(img))-8, "crc"), "gzip stream damaged after 0x1000 unpacked bytes: gzip: invalid checksum: copy the file again"},
		{"gzip of nothing", makeGzip(nil), "unpacked from gzip: there is nothing in it"},
		{"zstd damaged", patched(makeZstd(img), 8, "\xff\xff\xff\xff\xff\xff"), "zstd stream damaged"},
		{"lz4 damaged", patched(makeLZ4(img), 5, "\xff\xff"), "lz4 stream damaged"},
		{"lz4 -l damaged", patched(makeLZ4Legacy(img), 4, "\xff\xff\xff\x7f"), "lz4 (legacy frame) stream damaged after 0x0 unpacked bytes: block of 0x7fffffff bytes"},
		{"ELF cut short", vmlinux(img)[:1000], "ELF file cut short: segment at 0xffff800008000000"},
		{"ELF header cut short", vmlinux(img)[:30], "ELF file damaged or cut short: EOF: copy the file again"},
		{"32-bit ARM ELF", elf32ARM(), "an ELF file for EM_ARM (ELFCLASS32): give an arm64 kernel"},
		{"x86 ELF", elfWith(eMachine, byte(elf.EM_X86_64)), "an ELF file for EM_X86_64 (ELFCLASS64): give an arm64 kernel"},
		{"module", elfWith(eType, byte(elf.ET_REL)), "an arm64 ELF file of type ET_REL (a kernel module?): give vmlinux or Image"},
		{"program", elfWith(64, byte(elf.PT_INTERP)), "an arm64 program for user space (it has an ELF interpreter): give a kernel"},
		{"ELF for address 0", makeELF(0, segment{data: []byte("code")}), "arm64 ELF file without an Image header, for physical address 0x0: link it between 0x200000 and 0x3fffffff"},
		{"ELF for the high bank", makeELF(HighBase, segment{vaddr: HighBase, paddr: HighBase, data: []byte("code")}), "for physical address 0x80000000: link it"},
		{"ELF without segments", makeELF(0), "ELF file without a PT_LOAD segment that has content"},
		{"ELF with a wide span", makeELF(0, segment{data: []byte("a")}, segment{paddr: 1 << 62, data: []byte("b")}), "ELF segments span more than 0x20000000 bytes from 0x0 on: no kernel"},
		{"ELF whose segment is not in the file", makeELF(0, segment{data: []byte("a"), memsz: 1 << 20})[:120], "ELF file cut short: segment at 0x0 is [0x78-0x79) of a file of 0x78 bytes: copy the file again"},
		{"ELF whose segments lie on each other", makeELF(0, segment{data: []byte("a"), memsz: 300 * mib}, segment{data: []byte("b"), memsz: 300 * mib}), "ELF segments of more than 0x20000000 bytes together: the file is damaged"},
		{"ELF with a wild entry", makeELF(1, segment{vaddr: 0x20_0000, paddr: 0x20_0000, data: []byte("code")}), "arm64 ELF file whose entry 0x1 is in none of its segments"},
		{"zImage", patched(blank, 0x24, "\x18\x28\x6f\x01"), "a 32-bit ARM zImage: give an arm64 kernel"},
		{"zImage in gzip", makeGzip(patched(blank, 0x24, "\x18\x28\x6f\x01")), "unpacked from gzip: a 32-bit ARM zImage: give an arm64 kernel"},
		{"bzImage", patched(patched(blank, 0x1fe, "\x55\xaa"), 0x202, "HdrS"), "an x86 bzImage: give an arm64 kernel"},
		{"RISC-V Image", patched(blank, 0x30, "RISCV\x00\x00\x00"), "a RISC-V Image: give an arm64 kernel"},
		{"uImage", patched(blank, 0, "\x27\x05\x19\x56"), "a U-Boot uImage: give the kernel that it was made of (dumpimage takes it out)"},
		{"FIT", patched(blank, 0, "\xd0\x0d\xfe\xed"), "a U-Boot FIT image, or a devicetree blob: give it as the devicetree"},
		{"Android boot image", patched(blank, 0, "ANDROID!"), "an Android boot image: take the kernel out"},
		{"initrd", patched(blank, 0, "070701"), "a cpio archive: give it as an initrd"},
		{"initrd of the old form", patched(blank, 0, "070707"), "a cpio archive of the old form: make a newc one of it: give it as an initrd"},
		{"initrd in gzip", makeGzip(patched(blank, 0, "070701")), "unpacked from gzip: a cpio archive: give it as an initrd"},
		{"xz", patched(blank, 0, "\xfd7zXZ\x00"), "packed with xz: unpack it (xz -d) and give that"},
		{"zboot with xz", makeZboot([]byte("\xfd7zXZ\x00"), "xzkern"), `EFI zboot file packed with "xzkern": build it with CONFIG_KERNEL_GZIP`},
		{"zboot cut short", makeZboot(makeGzip(img), "gzip")[:600], "cut short, copy the file again"},
		{"zboot header cut short", makeZboot(nil, "")[:40], "EFI zboot file cut short: 40 bytes, its header alone has 56"},
		{"zboot with a wild payload", patched(makeZboot(makeGzip(img), "gzip"), 8, "\xff\xff\xff\xff\xff\xff\xff\xff"), "payload at [0xffffffff-0x1fffffffe)"},
		{"qcow2", patched(blank, 0, "QFI\xfb"), "a qcow2 disk image"},
		{"ISO", patched(blank, 0x8001, "CD001"), "an ISO 9660 image"},
		{"disk", patched(blank, 0x1fe, "\x55\xaa"), "a disk image or boot sector"},
		{"x86 EFI program", otherPE(0x8664, ""), "an EFI program for x86 without a kernel in it (a boot loader?): give an arm64 kernel"},
		{"arm64 EFI program", otherPE(0xaa64, ""), "an EFI program for arm64 without a kernel in it (a boot loader?): give an arm64 kernel"},
		{"unified kernel image", otherPE(0xaa64, ".linux"), "a unified kernel image: take the kernel out (objcopy -O binary -j .linux) and give that"},
		{"damaged EFI program", []byte("MZ\x00\x00 and no more"), "an EFI program, damaged or cut short"},
		{"script", []byte("#!/bin/sh\necho hello\n"), `a text file ("#!/bin/sh"): give an arm64 kernel`},
		{"unknown", []byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11"), "not a kernel of a known form, it begins 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10: give an arm64 Image, vmlinuz or vmlinux"},
	} {
		_, err := readKernel(mustFile("my/kernel", tt.file))
		if err == nil {
			t.Errorf("%s: passes as a kernel", tt.name)
			continue
		}
		got, ok := strings.CutPrefix(err.Error(), "boot: kernel my/kernel: ")
		if !ok || !strings.Contains(got, tt.want) || strings.Contains(got, "\n") {
			t.Errorf("%s:\n got %v\nwant boot: kernel my/kernel: %s", tt.name, err, tt.want)
		}
	}
}

// elf32ARM is the header of a 32-bit ARM ELF file.
func elf32ARM() []byte {
	data := make([]byte, 52)
	copy(data, elf.ELFMAG)
	data[elf.EI_CLASS] = byte(elf.ELFCLASS32)
	data[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	data[elf.EI_VERSION] = 1
	data[16] = byte(elf.ET_EXEC)
	data[18] = byte(elf.EM_ARM)
	data[20] = 1
	data[46] = 40 // e_shentsize
	return data
}

// TestBigEndianELF is a test of its own, because every field of the file is in the other order.
func TestBigEndianELF(t *testing.T) {
	data := make([]byte, 64)
	copy(data, elf.ELFMAG)
	data[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	data[elf.EI_DATA] = byte(elf.ELFDATA2MSB)
	data[elf.EI_VERSION] = 1
	data[17] = byte(elf.ET_EXEC)
	data[19] = byte(elf.EM_AARCH64)
	data[23] = 1
	data[59] = 64 // e_shentsize
	_, err := readKernel(mustFile("vmlinux", data))
	if err == nil || !strings.Contains(err.Error(), "a big-endian arm64 ELF file: build the kernel with CONFIG_CPU_LITTLE_ENDIAN") {
		t.Errorf("error %v", err)
	}
}

func TestFilesRefused(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	good := mustFile("Image", makeImage(image{}))
	missing := filepath.Join(dir, "missing")
	for _, tt := range []struct {
		name string
		edit func(*Config)
		want string
	}{
		{"kernel missing", func(c *Config) { c.Kernel = File{Name: missing} }, "boot: kernel " + missing + ": file does not exist: check the path"},
		{"kernel empty", func(c *Config) { c.Kernel = File{Name: empty} }, "boot: kernel " + empty + ": the file is empty: copy it again"},
		{"kernel a directory", func(c *Config) { c.Kernel = File{Name: dir} }, "boot: kernel " + dir + ": is a directory, give a file in it"},
		{"kernel not named", func(c *Config) { c.Kernel = File{} }, "boot: kernel: no file is named: set Name or Data"},
		{"initrd missing", func(c *Config) { c.Initrds = []File{{Name: missing}} }, "boot: initrd " + missing + ": file does not exist: check the path"},
		{"second initrd empty", func(c *Config) { c.Initrds = []File{good0, {Name: empty}} }, "boot: initrd " + empty + ": the file is empty: copy it again"},
		{"initrd a directory", func(c *Config) { c.Initrds = []File{{Name: dir}} }, "boot: initrd " + dir + ": is a directory, give a file in it"},
		{"initrd a kernel", func(c *Config) { c.Initrds = []File{good} }, "boot: initrd Image: an arm64 kernel: give it as the kernel"},
		{"blob too large", func(c *Config) { f := mustFile("a.dtb", make([]byte, 2<<20+1)); c.DTB = &f }, "boot: devicetree a.dtb: it has 0x200001 bytes, and a kernel takes 0x200000: give a devicetree blob"},
		{"blob missing", func(c *Config) { c.DTB = &File{Name: missing} }, "boot: devicetree " + missing + ": file does not exist: check the path"},
		{"blob is source", func(c *Config) { f := mustFile("a.dts", []byte("/dts-v1/;\n/ {};\n")); c.DTB = &f }, "boot: devicetree a.dts: this is devicetree source: compile it (dtc -O dtb) and give that"},
		{"blob is a kernel", func(c *Config) { c.DTB = &good }, "boot: devicetree Image: fdt: magic is 0x00000000, want 0xd00dfeed: not a devicetree blob"},
		{"command line", func(c *Config) { c.CommandLine = strings.Repeat("x", 2048) }, "boot: bad kernel command line: it has 2048 bytes, an arm64 kernel takes 2047: shorten it"},
		{"NUL in the command line", func(c *Config) { c.CommandLine = "a\x00b" }, "has a NUL in it"},
		{"line break in the command line", func(c *Config) { c.CommandLine = "a\nb" }, `boot: bad kernel command line: "a\nb" has a line break in it: take it out`},
		{"no random bytes", func(c *Config) { c.Rand = strings.NewReader("short") }, "boot: random bytes for rng-seed: unexpected EOF"},
		{"machine", func(c *Config) { c.Machine.CPUs = 0 }, "boot: 0 CPUs"},
	} {
		c := Config{Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3}, Kernel: good}
		tt.edit(&c)
		_, err := Prepare(c)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n got %v\nwant %s", tt.name, err, tt.want)
		}
	}
	if _, err := readKernel(File{Name: missing}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v does not wrap fs.ErrNotExist", err)
	}
}

var good0 = mustFile("first.cpio", []byte("070701"))
