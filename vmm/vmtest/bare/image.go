package bare

import "encoding/binary"

const headerSize = 64

// Header returns the header of an arm64 Image (Linux's Documentation/arch/arm64/booting.rst). Its code begins entry bytes
// behind its beginning, and it takes size bytes of memory.
func Header(entry, size uint64) []byte {
	b := make([]byte, headerSize)
	binary.LittleEndian.PutUint32(b[0:], 0x1400_0000|uint32(entry/4)) // b .+entry
	binary.LittleEndian.PutUint64(b[16:], size)                       // image_size
	binary.LittleEndian.PutUint64(b[24:], 0xa)                        // flags: 4 KiB pages, anywhere
	copy(b[56:], "ARM\x64")
	return b
}

// Image returns an Image of 64 KiB with these instructions. They begin behind the header.
func Image(words ...uint32) []byte { return appendWords(Header(headerSize, 64<<10), words) }

// PowerOff are instructions that power the machine off.
var PowerOff = []uint32{
	0x52800100, // mov w0, #0x8: SYSTEM_OFF
	0x72b08000, // movk w0, #0x8400, lsl #16
	0xd4000002, // hvc #0x0
}

func appendWords(b []byte, words []uint32) []byte {
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}
