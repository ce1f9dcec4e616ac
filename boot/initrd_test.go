package boot

import (
	"debug/elf"
	"strings"
	"testing"
)

// TestInitrdForms: what Linux takes passes, what is certainly something else is refused,
// and of the rest there is a warning.
func TestInitrdForms(t *testing.T) {
	const eiData, eType, eMachine = 5, 16, 18
	blank := make([]byte, 0x9000)
	unknown := patched(blank, 0, "\x01\x02\x03")
	img := makeImage(image{})
	for _, tt := range []struct {
		name    string
		file    []byte
		warning string // behind the file's name
		err     string // the same
	}{
		{"newc", patched(blank, 0, "070701"), "", ""},
		{"newc with a checksum", patched(blank, 0, "070702"), "", ""},
		{"zeros", blank, "", ""},
		{"gzip", makeGzip([]byte("070701")), "", ""},
		{"bzip2", patched(unknown, 0, "BZh9"), "", ""},
		{"xz", patched(unknown, 0, "\xfd7zXZ\x00"), "", ""},
		{"lzma", patched(unknown, 0, "\x5d\x00\x00"), "", ""},
		{"lzo", patched(unknown, 0, "\x89LZO\x00"), "", ""},
		{"lz4 -l", makeLZ4Legacy([]byte("070701")), "", ""},
		{"zstd", makeZstd([]byte("070701")), "", ""},
		{"ext4", patched(blank, 0x438, "\x53\xef"), "", ""},
		{"ext4 behind a boot sector", patched(patched(blank, 0x1fe, "\x55\xaa"), 0x438, "\x53\xef"), "", ""},
		{"squashfs", patched(unknown, 0, "hsqs"), "", ""},
		{"romfs", patched(unknown, 0, "-rom1fs-"), "", ""},
		{"cramfs", patched(unknown, 0, "\x45\x3d\xcd\x28"), "", ""},

		{"unknown", unknown, "no archive of a known form, it begins 01 02 03 00 00 00 00 00 00 00 00 00 00 00 00 00: the kernel may not take it", ""},
		{"unknown and short", []byte{1}, "no archive of a known form, it begins 01: the kernel may not take it", ""},

		{"Image", img, "", "an arm64 kernel: give it as the kernel"},
		{"zboot", makeZboot(makeGzip(img), "gzip"), "", "an arm64 kernel: give it as the kernel"},
		{"Image with bytes of ext4", patched(img, 0x438, "\x53\xef"), "", "an arm64 kernel: give it as the kernel"},
		{"x86 program", elfWith(eMachine, byte(elf.EM_X86_64)), "", "an x86 ELF program: give a cpio archive"},
		{"arm64 program", elfWith(eMachine, byte(elf.EM_AARCH64)), "", "an arm64 ELF program: give a cpio archive"},
		{"big-endian program", patched(elfWith(eiData, byte(elf.ELFDATA2MSB)), eMachine, "\x00\x15"), "", "an EM_PPC64 ELF program: give a cpio archive"},
		{"module", elfWith(eType, byte(elf.ET_REL)), "", "an arm64 ELF object (a kernel module?): give a cpio archive"},
		{"ELF cut short", []byte(elf.ELFMAG), "", "an ELF file cut short: give a cpio archive"},
		{"EFI program", otherPE(0x8664, ""), "", "an EFI program: give a cpio archive"},
		{"script", []byte("#!/bin/sh\necho hello\n"), "", `a text file ("#!/bin/sh"): give a cpio archive`},
		{"old cpio", patched(unknown, 0, "070707"), "", "a cpio archive of the old form: make a newc one of it"},
		{"zip", patched(unknown, 0, "PK\x03\x04"), "", "a zip archive: give a cpio archive"},
		{"tar", patched(unknown, 0x101, "ustar"), "", "a tar archive: give a cpio archive"},
		{"Debian package", patched(unknown, 0, "!<arch>\n"), "", "a Debian package or ar archive: give a cpio archive"},
		{"qcow2", patched(unknown, 0, "QFI\xfb"), "", "a qcow2 disk image: give a cpio archive"},
		{"blob", patched(unknown, 0, "\xd0\x0d\xfe\xed"), "", "a U-Boot FIT image, or a devicetree blob: give it as the devicetree"},
		{"lz4 in a modern frame", makeLZ4([]byte("070701")), "", "packed with lz4 in a frame that no kernel takes: pack it with lz4 -l"},
	} {
		const name = "my/initrd"
		_, _, doubts, err := readInitrds([]File{mustFile(name, tt.file)})
		var warning, message string
		if len(doubts) > 0 {
			warning = strings.TrimPrefix(doubts[0], "boot: initrd "+name+": ")
		}
		if err != nil {
			message = strings.TrimPrefix(err.Error(), "boot: initrd "+name+": ")
		}
		if warning != tt.warning || message != tt.err {
			t.Errorf("%s:\n got warning %q, error %q\nwant         %q,       %q", tt.name, warning, message, tt.warning, tt.err)
		}
	}
}

// The plan has the warnings.
func TestInitrdWarning(t *testing.T) {
	plan, err := Prepare(Config{
		Machine: Machine{CPUs: 1, RAM: testRAM(t, 64), GIC: 3}, Kernel: mustFile("Image", makeImage(image{})),
		Initrds: []File{mustFile("a", []byte("070701")), mustFile("b", []byte{1})},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "boot: initrd b: no archive"; len(plan.Warnings) != 1 || !strings.HasPrefix(plan.Warnings[0], want) {
		t.Errorf("warnings %q, want one: %s", plan.Warnings, want)
	}
}
