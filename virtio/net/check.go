package net

import "encoding/binary"

// Layout of the headers that segmentation depends on, in bytes.
const (
	ethernetSize = 14
	vlanSize     = 4

	ipv4MinSize = 20
	ipv6Size    = 40

	tcpMinSize   = 20
	tcpSeq       = 4
	tcpDataOff   = 12 // high four bits: words of 32 bits in the header
	tcpFlags     = 13
	tcpChecksum  = 16
	protocolTCP  = 6
	etherIPv4    = 0x0800
	etherIPv6    = 0x86dd
	etherVLAN    = 0x8100
	maxSegments  = 2048
	ipv4Fragment = 0x3fff // More Fragments and the offset
)

// check checks the header of a packet against its frame. offloads are the features that
// the packet may use. check writes the header back without anything that has not been
// checked.
func check(packet []byte, offloads uint64) (ok bool) {
	if len(packet) < HeaderSize+ethernetSize {
		return false
	}
	h, frame := ParseHeader(packet), packet[HeaderSize:]
	good := Header{Flags: h.Flags & FlagNeedsCsum, GSOType: h.GSOType}
	if good.Flags != 0 {
		if offloads&FeatureCsum == 0 || h.CsumStart < ethernetSize || int(h.CsumStart)+int(h.CsumOffset)+2 > len(frame) {
			return false
		}
		good.CsumStart, good.CsumOffset = h.CsumStart, h.CsumOffset
	}
	if h.GSOType != GSONone {
		size, ok := checkSegment(h, frame, offloads)
		if !ok {
			return false
		}
		good.GSOSize, good.HdrLen = h.GSOSize, uint16(size)
	}
	good.Put(packet)
	return true
}

// checkSegment checks a large TCP segment. size is the size of all its headers.
func checkSegment(h Header, frame []byte, offloads uint64) (size int, ok bool) {
	l3, etherType := network(frame)
	l4 := int(h.CsumStart)
	if h.Flags&FlagNeedsCsum == 0 || h.CsumOffset != tcpChecksum || h.GSOSize == 0 || l4+tcpMinSize > len(frame) {
		return 0, false
	}
	switch {
	case h.GSOType == GSOTCPv4 && offloads&FeatureHostTSO4 != 0 && etherType == etherIPv4:
		if l4 < l3+ipv4MinSize || !ipv4TCP(frame[l3:l4]) {
			return 0, false
		}
	case h.GSOType == GSOTCPv6 && offloads&FeatureHostTSO6 != 0 && etherType == etherIPv6:
		if l4 < l3+ipv6Size || frame[l3]>>4 != 6 { // extension headers may be in between
			return 0, false
		}
	default:
		return 0, false
	}
	tcp := int(frame[l4+tcpDataOff]>>4) * 4
	size = l4 + tcp
	if tcp < tcpMinSize || size > len(frame) || len(frame)-size > maxSegments*int(h.GSOSize) {
		return 0, false
	}
	return size, true
}

// ipv4TCP reports whether b is the whole IPv4 header of a TCP segment that is not
// fragmented.
func ipv4TCP(b []byte) bool {
	return b[0]>>4 == 4 && int(b[0]&15)*4 == len(b) && b[9] == protocolTCP &&
		binary.BigEndian.Uint16(b[6:])&ipv4Fragment == 0
}

// network returns the offset of the frame's network header, and its EtherType.
func network(frame []byte) (l3 int, etherType uint16) {
	l3, etherType = ethernetSize, binary.BigEndian.Uint16(frame[12:])
	if etherType == etherVLAN && len(frame) >= ethernetSize+vlanSize {
		l3, etherType = l3+vlanSize, binary.BigEndian.Uint16(frame[16:])
	}
	return l3, etherType
}
