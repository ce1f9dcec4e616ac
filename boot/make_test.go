package boot

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// image says how a test's Image differs from the default: 4 KiB of file, 64 KiB of
// memory, little-endian, text_offset 0, no PE header.
type image struct {
	textOffset uint64
	imageSize  uint64 // 0: 64 KiB
	old        bool   // image_size 0
	flags      uint64
	peEnd      uint32 // if not 0, there is a PE header that says how long the file is
}

func makeImage(c image) []byte {
	data := make([]byte, 4096)
	for i := imageHeaderSize; i < len(data); i++ {
		data[i] = byte(i * 7 >> 3)
	}
	if c.imageSize == 0 && !c.old {
		c.imageSize = 64 << 10
	}
	binary.LittleEndian.PutUint64(data[8:], c.textOffset)
	binary.LittleEndian.PutUint64(data[16:], c.imageSize)
	binary.LittleEndian.PutUint64(data[24:], c.flags)
	copy(data[56:], "ARMd")
	if c.peEnd != 0 {
		copy(data, "MZ")
		binary.LittleEndian.PutUint32(data[60:], 64)
		pe := data[64:]
		copy(pe, "PE\x00\x00")
		binary.LittleEndian.PutUint16(pe[4:], 0xaa64) // Machine
		binary.LittleEndian.PutUint16(pe[6:], 2)      // NumberOfSections
		binary.LittleEndian.PutUint16(pe[20:], 160)   // SizeOfOptionalHeader
		section := pe[24+160:]
		copy(section, ".text")
		binary.LittleEndian.PutUint32(section[16:], 1024) // SizeOfRawData
		binary.LittleEndian.PutUint32(section[20:], 1024) // PointerToRawData
		section = section[40:]
		copy(section, ".data")
		binary.LittleEndian.PutUint32(section[16:], c.peEnd-2048)
		binary.LittleEndian.PutUint32(section[20:], 2048)
	}
	return data
}

func makeGzip(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func makeZstd(data []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return w.EncodeAll(data, nil)
}

func makeLZ4(data []byte, options ...lz4.Option) []byte {
	var b bytes.Buffer
	w := lz4.NewWriter(&b)
	if err := w.Apply(options...); err != nil {
		panic(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func makeLZ4Legacy(data []byte) []byte { return makeLZ4(data, lz4.LegacyOption(true)) }

// makeZboot puts a payload into an EFI zboot file.
func makeZboot(payload []byte, compression string) []byte {
	data := make([]byte, 512)
	copy(data, "MZ\x00\x00zimg")
	binary.LittleEndian.PutUint32(data[8:], uint32(len(data)))
	binary.LittleEndian.PutUint32(data[12:], uint32(len(payload)))
	copy(data[24:], compression)
	binary.LittleEndian.PutUint32(data[56:], 0x818223cd)
	data = append(data, payload...)
	return append(data, "more sections"...)
}

// segment is a PT_LOAD of makeELF's.
type segment struct {
	vaddr, paddr uint64
	data         []byte
	memsz        uint64 // 0: as long as data
}

// makeELF writes an ELF file for arm64, little-endian, ET_EXEC.
func makeELF(entry uint64, segments ...segment) []byte {
	const headerSize, progSize = 64, 56
	var b bytes.Buffer
	header := elf.Header64{
		Type:      uint16(elf.ET_EXEC),
		Machine:   uint16(elf.EM_AARCH64),
		Version:   1,
		Entry:     entry,
		Phoff:     headerSize,
		Ehsize:    headerSize,
		Phentsize: progSize,
		Phnum:     uint16(len(segments)),
		Shentsize: 64,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	header.Ident[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	header.Ident[elf.EI_VERSION] = 1
	binary.Write(&b, binary.LittleEndian, header)
	off := uint64(headerSize + progSize*len(segments))
	for _, s := range segments {
		binary.Write(&b, binary.LittleEndian, elf.Prog64{
			Type: uint32(elf.PT_LOAD), Off: off, Vaddr: s.vaddr, Paddr: s.paddr,
			Filesz: uint64(len(s.data)), Memsz: max(s.memsz, uint64(len(s.data))),
		})
		off += uint64(len(s.data))
	}
	for _, s := range segments {
		b.Write(s.data)
	}
	return b.Bytes()
}

// vmlinux is an ELF that holds an Image in two segments at kernel addresses.
func vmlinux(img []byte) []byte {
	const text = 0xffff_8000_0800_0000
	return makeELF(text,
		segment{vaddr: text, paddr: text, data: img[:1000]},
		segment{vaddr: text + 1024, paddr: text + 1024, data: img[1024:], memsz: 32 << 10})
}

// patched returns a copy of data with text written at off.
func patched(data []byte, off int, text string) []byte {
	data = bytes.Clone(data)
	copy(data[off:], text)
	return data
}

// mustFile is a File in memory.
func mustFile(name string, data []byte) File {
	if data == nil {
		data = []byte{}
	}
	return File{Name: name, Data: data}
}

func testRAM(t *testing.T, mib uint64) []Range {
	t.Helper()
	ram, err := RAM(mib << 20)
	if err != nil {
		t.Fatal(err)
	}
	return ram
}
