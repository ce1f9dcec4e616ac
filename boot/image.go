package boot

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The header of an arm64 Image (booting.rst, "Call the kernel image"). All
// fields are little-endian.
const (
	imageHeaderSize = 64

	imageTextOffset = 8
	imageSize       = 16
	imageFlags      = 24
	imageMagic      = 56
	imagePEOffset   = 60 // res5

	imageFlagBigEndian = 1 << 0

	// An Image older than Linux 3.17 has image_size 0, and text_offset in an
	// unknown byte order. booting.rst says to assume this value.
	oldTextOffset = 0x8_0000
)

func isImage(data []byte) bool { return hasAt(data, imageMagic, "ARMd") }

// parseImage reads a raw Image, to which most other forms lead.
func parseImage(c content) (*kernel, error) {
	data := c.head
	if len(data) < imageHeaderSize {
		return nil, fmt.Errorf("arm64 Image cut short: %d bytes, its header alone has %d: copy the file again", len(data), imageHeaderSize)
	}
	textOffset := binary.LittleEndian.Uint64(data[imageTextOffset:])
	size := binary.LittleEndian.Uint64(data[imageSize:])
	flags := binary.LittleEndian.Uint64(data[imageFlags:])
	if size == 0 {
		textOffset = oldTextOffset
	} else if flags&imageFlagBigEndian != 0 {
		return nil, errors.New("a big-endian arm64 Image (flags bit 0): build it with CONFIG_CPU_LITTLE_ENDIAN")
	}
	if textOffset >= alignKernel {
		return nil, fmt.Errorf("arm64 Image with text_offset 0x%x, want less than 0x%x: its header is damaged", textOffset, alignKernel)
	}
	if size > LowSize {
		return nil, fmt.Errorf("arm64 Image with image_size 0x%x, the low bank has 0x%x bytes: its header is damaged", size, LowSize)
	}
	if want := imageFileSize(data); uint64(c.size) < want {
		return nil, fmt.Errorf("arm64 Image cut short: 0x%x bytes, its PE header says 0x%x: copy the file again", c.size, want)
	}
	base := kernelBase + textOffset
	return &kernel{
		format:  "arm64 Image",
		base:    base,
		content: c,
		size:    max(size, uint64(c.size)),
		entry:   base,
	}, nil
}

// imageFileSize returns how long the file that begins with data must be. Only the PE
// header of an Image with an EFI stub says so (PE Format, "Section Table"); without one
// the result is 0. If data ends before the header does, the result is the header's end.
func imageFileSize(data []byte) uint64 {
	const (
		numberOfSections     = 6
		sizeOfOptionalHeader = 20
		headerSize           = 24
		sectionSize          = 40
		sizeOfRawData        = 16
		pointerToRawData     = 20
	)
	if !hasAt(data, 0, "MZ") {
		return 0
	}
	pe := uint64(binary.LittleEndian.Uint32(data[imagePEOffset:]))
	if uint64(len(data)) < pe+headerSize {
		return pe + headerSize
	}
	if !hasAt(data, pe, "PE\x00\x00") {
		return 0
	}
	sections := uint64(binary.LittleEndian.Uint16(data[pe+numberOfSections:]))
	at := pe + headerSize + uint64(binary.LittleEndian.Uint16(data[pe+sizeOfOptionalHeader:]))
	var end uint64
	for ; sections > 0; sections-- {
		if uint64(len(data)) < at+sectionSize {
			return at + sections*sectionSize
		}
		section := data[at : at+sectionSize]
		end = max(end, uint64(binary.LittleEndian.Uint32(section[pointerToRawData:]))+
			uint64(binary.LittleEndian.Uint32(section[sizeOfRawData:])))
		at += sectionSize
	}
	return end
}

// hasAt reports whether data holds text at off.
func hasAt(data []byte, off uint64, text string) bool {
	end := off + uint64(len(text))
	return end <= uint64(len(data)) && string(data[off:end]) == text
}
