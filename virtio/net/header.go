package net

import "encoding/binary"

// Sizes in bytes.
const (
	// HeaderSize is the size of struct virtio_net_hdr (5.1.6).
	HeaderSize = 12

	// MaxFrame is the largest frame: an Ethernet header and 64 KiB.
	MaxFrame = 14 + 1<<16

	// MaxPacket is the largest packet: a header and a frame.
	MaxPacket = HeaderSize + MaxFrame
)

// Flags of a header.
const (
	FlagNeedsCsum uint8 = 1 // the checksum at CsumStart + CsumOffset is that of the pseudo header only
	FlagDataValid uint8 = 2 // checksums have been checked
)

// Values of GSOType.
const (
	GSONone  uint8 = 0
	GSOTCPv4 uint8 = 1
	GSOTCPv6 uint8 = 4
)

// Header is struct virtio_net_hdr, which precedes each frame.
type Header struct {
	Flags      uint8
	GSOType    uint8
	HdrLen     uint16 // bytes of all headers: a hint
	GSOSize    uint16 // bytes of payload in a segment
	CsumStart  uint16 // where the checksum's data starts in the frame
	CsumOffset uint16 // where the checksum is, from there
	NumBuffers uint16 // chains that the packet is in
}

// ParseHeader parses the HeaderSize bytes at the start of a packet.
func ParseHeader(packet []byte) Header {
	b := packet[:HeaderSize]
	return Header{
		Flags: b[0], GSOType: b[1],
		HdrLen:     binary.LittleEndian.Uint16(b[2:]),
		GSOSize:    binary.LittleEndian.Uint16(b[4:]),
		CsumStart:  binary.LittleEndian.Uint16(b[6:]),
		CsumOffset: binary.LittleEndian.Uint16(b[8:]),
		NumBuffers: binary.LittleEndian.Uint16(b[10:]),
	}
}

// Put writes the header to the start of a packet.
func (h *Header) Put(packet []byte) {
	b := packet[:HeaderSize]
	b[0], b[1] = h.Flags, h.GSOType
	binary.LittleEndian.PutUint16(b[2:], h.HdrLen)
	binary.LittleEndian.PutUint16(b[4:], h.GSOSize)
	binary.LittleEndian.PutUint16(b[6:], h.CsumStart)
	binary.LittleEndian.PutUint16(b[8:], h.CsumOffset)
	binary.LittleEndian.PutUint16(b[10:], h.NumBuffers)
}
