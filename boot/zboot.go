package boot

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The header that Linux's EFI zboot puts at the start of its PE file
// (drivers/firmware/efi/libstub/zboot-header.S). Fields are little-endian.
const (
	zbootMagic         = 4
	zbootPayloadOffset = 8
	zbootPayloadSize   = 12
	zbootCompression   = 24 // name, NUL-terminated
	zbootHeaderSize    = 56
)

func isZboot(data []byte) bool { return hasAt(data, 0, "MZ") && hasAt(data, zbootMagic, "zimg") }

// zbootPayload returns the packed kernel in a zboot file. The payload itself shows
// how it is packed; the header's name for the format is only used in messages.
func zbootPayload(data []byte) ([]byte, error) {
	if len(data) < zbootHeaderSize {
		return nil, fmt.Errorf("EFI zboot file cut short: %d bytes, its header alone has %d: copy the file again", len(data), zbootHeaderSize)
	}
	off := uint64(binary.LittleEndian.Uint32(data[zbootPayloadOffset:]))
	size := uint64(binary.LittleEndian.Uint32(data[zbootPayloadSize:]))
	if off < zbootHeaderSize || off+size > uint64(len(data)) {
		return nil, fmt.Errorf("EFI zboot file of 0x%x bytes with its payload at [0x%x-0x%x): cut short, copy the file again", len(data), off, off+size)
	}
	payload := data[off : off+size]
	if findPacker(payload) == nil && !isImage(payload) {
		name, _, _ := bytes.Cut(data[zbootCompression:zbootHeaderSize], []byte{0})
		return nil, fmt.Errorf("EFI zboot file packed with %q: build it with CONFIG_KERNEL_GZIP or CONFIG_KERNEL_ZSTD, or give its Image", name)
	}
	return payload, nil
}
