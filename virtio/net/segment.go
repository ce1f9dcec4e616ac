package net

import "encoding/binary"

// Flags of TCP that not every frame of a segment has.
const (
	tcpFIN = 0x01
	tcpPSH = 0x08
	tcpCWR = 0x80
)

// segments cuts a large TCP segment into frames, as a network card does.
type segments struct {
	frame  []byte
	l3, l4 int
	size   int // bytes of all headers
	step   int // bytes of payload in a frame
	at     int // bytes of the payload that have been cut
	count  int
	v4     bool
	pseudo uint16 // sum of the pseudo header without the length
}

// cut starts on a checked packet whose GSOType is not GSONone.
func (s *segments) cut(packet []byte) {
	h, frame := ParseHeader(packet), packet[HeaderSize:]
	l3, _ := network(frame)
	*s = segments{
		frame: frame, l3: l3, l4: int(h.CsumStart), size: int(h.HdrLen), step: int(h.GSOSize), v4: h.GSOType == GSOTCPv4,
	}
	addresses := frame[l3+8 : l3+ipv6Size]
	if s.v4 {
		addresses = frame[l3+12 : l3+ipv4MinSize]
	}
	s.pseudo = sum(addresses, protocolTCP)
}

// next writes the next packet with all its checksums. It returns the packet's size in
// bytes, or 0 if there is none.
func (s *segments) next(packet []byte) int {
	payload := s.frame[s.size+s.at:]
	if len(payload) == 0 && s.count > 0 {
		return 0
	}
	first, last := s.at == 0, len(payload) <= s.step
	payload = payload[:min(s.step, len(payload))]
	clear(packet[:HeaderSize])
	f := packet[HeaderSize:]
	n := copy(f, s.frame[:s.size])
	n += copy(f[n:], payload)
	f = f[:n]
	s.fixIP(f)
	s.fixTCP(f[s.l4:], first, last)
	s.at += len(payload)
	s.count++
	return HeaderSize + n
}

func (s *segments) fixIP(f []byte) {
	ip := f[s.l3:]
	if !s.v4 {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6Size))
		return
	}
	header := ip[:s.l4-s.l3]
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[4:], binary.BigEndian.Uint16(ip[4:])+uint16(s.count))
	binary.BigEndian.PutUint16(ip[10:], 0)
	binary.BigEndian.PutUint16(ip[10:], ^sum(header, 0))
}

func (s *segments) fixTCP(tcp []byte, first, last bool) {
	binary.BigEndian.PutUint32(tcp[tcpSeq:], binary.BigEndian.Uint32(tcp[tcpSeq:])+uint32(s.at))
	if !first {
		tcp[tcpFlags] &^= tcpCWR
	}
	if !last {
		tcp[tcpFlags] &^= tcpFIN | tcpPSH
	}
	pseudo := fold(uint64(s.pseudo) + uint64(len(tcp)))
	binary.BigEndian.PutUint16(tcp[tcpChecksum:], pseudo)
	complete(tcp, 0, tcpChecksum)
}
