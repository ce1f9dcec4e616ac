package boot

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestKernelFormats(t *testing.T) {
	img := makeImage(image{})
	flatVmlinux := bytes.Clone(img)
	clear(flatVmlinux[1000:1024]) // between the two segments
	for _, tt := range []struct {
		name   string
		file   []byte
		format string
		data   []byte
	}{
		{"Image", img, "arm64 Image", img},
		{"Image with EFI stub", makeImage(image{peEnd: 4096}), "arm64 Image", makeImage(image{peEnd: 4096})},
		{"gzip", makeGzip(img), "arm64 Image in gzip", img},
		{"gzip and padding", append(makeGzip(img), 0, 0, 0), "arm64 Image in gzip", img},
		{"zstd", makeZstd(img), "arm64 Image in zstd", img},
		{"lz4", makeLZ4(img), "arm64 Image in lz4", img},
		{"lz4 -l", makeLZ4Legacy(img), "arm64 Image in lz4 (legacy frame)", img},
		{"lz4 -l and size", append(makeLZ4Legacy(img), 0, 0x10, 0, 0), "arm64 Image in lz4 (legacy frame)", img},
		{"bzip2", bzip2Image, "arm64 Image in bzip2", append(img[:64:64], make([]byte, 192)...)},
		{"zboot, gzip", makeZboot(makeGzip(img), "gzip"), "arm64 Image in gzip in EFI zboot", img},
		{"zboot, payload at the end", makeZboot(makeGzip(img), "gzip")[:512+len(makeGzip(img))], "arm64 Image in gzip in EFI zboot", img},
		{"zboot, zstd", makeZboot(makeZstd(img), "zstd"), "arm64 Image in zstd in EFI zboot", img},
		{"zboot, packed again", makeGzip(makeZboot(makeGzip(img), "gzip")), "arm64 Image in gzip in EFI zboot in gzip", img},
		{"vmlinux", vmlinux(img), "arm64 ELF vmlinux", flatVmlinux},
		{"vmlinux.zst", makeZstd(vmlinux(img)), "arm64 ELF vmlinux in zstd", flatVmlinux},
	} {
		k, err := readKernel(mustFile("vmlinuz", tt.file))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if k.format != tt.format {
			t.Errorf("%s: format %q, want %q", tt.name, k.format, tt.format)
		}
		if k.base != 0x20_0000 || k.entry != 0x20_0000 {
			t.Errorf("%s: at 0x%x, entry 0x%x, want 0x200000 for both", tt.name, k.base, k.entry)
		}
		if k.size != 64<<10 {
			t.Errorf("%s: size 0x%x, want the header's 0x10000", tt.name, k.size)
		}
		if !bytes.Equal(k.content.head, tt.data) {
			t.Errorf("%s: the kernel's bytes differ (%d, want %d)", tt.name, len(k.content.head), len(tt.data))
		}
	}
}

func TestImageHeader(t *testing.T) {
	for _, tt := range []struct {
		name       string
		image      image
		base, size uint64
	}{
		{"today", image{imageSize: 0x12_3456}, 0x20_0000, 0x12_3456},
		{"before 5.8", image{textOffset: 0x8_0000}, 0x28_0000, 64 << 10},
		{"random text_offset", image{textOffset: 0x1f_f000}, 0x3f_f000, 64 << 10},
		{"before 3.17", image{old: true, textOffset: 0x8_0000}, 0x28_0000, 4096},
		{"before 3.17, text_offset of the other byte order", image{old: true, textOffset: 0x800 << 32}, 0x28_0000, 4096},
		{"64K pages, anywhere", image{flags: 3<<1 | 1<<3}, 0x20_0000, 64 << 10},
		{"image_size of the whole low bank", image{imageSize: LowSize}, 0x20_0000, LowSize},
		{"image_size less than the file", image{imageSize: 64}, 0x20_0000, 4096},
	} {
		k, err := parseImage(inMemory(makeImage(tt.image)))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if k.base != tt.base || k.entry != tt.base || k.size != tt.size {
			t.Errorf("%s: base 0x%x, entry 0x%x, size 0x%x, want base and entry 0x%x, size 0x%x", tt.name, k.base, k.entry, k.size, tt.base, tt.size)
		}
	}
}

// TestPlainELF loads an ELF without an Image header by its physical addresses.
func TestPlainELF(t *testing.T) {
	k, err := readKernel(mustFile("test.elf", makeELF(0xffff_0000_0000_0010,
		segment{vaddr: 0x1_0000, paddr: 0x50_2000, data: []byte("data"), memsz: 0x100},
		segment{vaddr: 0xffff_0000_0000_0000, paddr: 0x50_0000, data: []byte("text at the entry")},
	)))
	if err != nil {
		t.Fatal(err)
	}
	if k.base != 0x50_0000 || k.entry != 0x50_0010 || k.size != 0x2100 {
		t.Errorf("base 0x%x, entry 0x%x, size 0x%x, want 0x500000, 0x500010, 0x2100", k.base, k.entry, k.size)
	}
	if len(k.content.head) != 0x2004 || !bytes.HasPrefix(k.content.head, []byte("text at the entry\x00")) || !bytes.HasSuffix(k.content.head, []byte("\x00data")) {
		t.Errorf("%d bytes from %q to %q, want the two segments at 0 and 0x2000", len(k.content.head), k.content.head[:20], k.content.head[len(k.content.head)-5:])
	}
}

// TestELFZerosPastData is fuzz case 0001: the last segment is all zeros (.bss)
// and begins past the end of what the file holds.
func TestELFZerosPastData(t *testing.T) {
	k, err := readKernel(mustFile("test.elf", makeELF(0x20_0000,
		segment{vaddr: 0x20_0000, paddr: 0x20_0000, data: []byte("code")},
		segment{vaddr: 0x20_1000, paddr: 0x20_1000, memsz: 0x1000})))
	if err != nil {
		t.Fatal(err)
	}
	if string(k.content.head) != "code" || k.size != 0x2000 {
		t.Errorf("data %q of size 0x%x, want \"code\" and 0x2000", k.content.head, k.size)
	}
}

func TestPlainELFAtTheKernelBase(t *testing.T) {
	k, err := readKernel(mustFile("test.elf", makeELF(0x20_0000, segment{vaddr: 0x20_0000, paddr: 0x20_0000, data: []byte("code")})))
	if err != nil || k.base != 0x20_0000 || k.entry != 0x20_0000 {
		t.Errorf("%+v, error %v, want it at 0x200000", k, err)
	}
}

// TestCutShort cuts every form at many lengths: each has to be refused.
func TestCutShort(t *testing.T) {
	img := makeImage(image{peEnd: 4096})
	for name, whole := range map[string][]byte{
		"Image":  img,
		"gzip":   makeGzip(img),
		"zstd":   makeZstd(img),
		"lz4":    makeLZ4(img)[:len(makeLZ4(img))-8], // without end mark and checksum
		"lz4 -l": makeLZ4Legacy(img),
		"zboot":  makeZboot(makeGzip(img), "gzip")[:512+len(makeGzip(img))],
		"ELF":    vmlinux(img),
	} {
		for n := 0; n < len(whole); n += 1 + len(whole)/61 {
			_, err := readKernel(mustFile("vmlinuz", whole[:n]))
			if err == nil {
				t.Errorf("%s: the first %d of %d bytes pass as a kernel", name, n, len(whole))
				break
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%s cut to %d bytes: error of more than one line: %v", name, n, err)
			}
		}
	}
}

// TestBomb reads small files that unpack to more than is allowed.
func TestBomb(t *testing.T) {
	const limit = 1 << 20
	for _, tt := range []struct {
		name string
		make func([]byte) []byte
	}{
		{"gzip", makeGzip},
		{"zstd", makeZstd},
		{"lz4", func(data []byte) []byte { return makeLZ4(data) }},
		{"lz4 -l", makeLZ4Legacy},
	} {
		for _, over := range []int{0, 1} {
			bomb := tt.make(make([]byte, limit+over))
			out, err := findPacker(bomb).unpack(bomb, limit)
			if refused := errors.Is(err, errTooLong); refused != (over > 0) {
				t.Errorf("%s: %d bytes that unpack to 0x%x: got 0x%x, error %v, the limit is 0x%x", tt.name, len(bomb), limit+over, len(out), err, limit)
			}
		}
	}
}

// bzip2Image is 256 bytes of Image in bzip2, which Go does not write.
var bzip2Image = []byte{
	0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x9c, 0x5e, 0xff, 0xa6, 0x00, 0x00,
	0x00, 0x57, 0x04, 0x60, 0x01, 0x20, 0x00, 0x20, 0x02, 0x10, 0x00, 0x04, 0x00, 0x40, 0x00, 0x20,
	0x00, 0x31, 0x06, 0x4c, 0x40, 0xd0, 0x68, 0x7a, 0x85, 0x17, 0x09, 0x39, 0x58, 0x70, 0xfc, 0x5d,
	0xc9, 0x14, 0xe1, 0x42, 0x42, 0x71, 0x7b, 0xfe, 0x98,
}

func TestTooManyLayers(t *testing.T) {
	data := makeImage(image{})
	for range maxLayers {
		data = makeGzip(data)
	}
	if _, err := readKernel(mustFile("vmlinuz", data)); err != nil {
		t.Errorf("%d layers: %v", maxLayers, err)
	}
	if _, err := readKernel(mustFile("vmlinuz", makeGzip(data))); err == nil || !strings.Contains(err.Error(), "too many layers") {
		t.Errorf("%d layers: error %v, want a refusal", maxLayers+1, err)
	}
}
