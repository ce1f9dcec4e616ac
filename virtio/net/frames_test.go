package net

import (
	"encoding/binary"
	"slices"
)

// A shape is a frame that tests build: TCP over IPv4 or IPv6.
type shape struct {
	v6, vlan   bool
	ipOptions  int // bytes of IPv4 options, or of an IPv6 extension header
	tcpOptions int
	payload    int
}

func (s shape) l3() int {
	if s.vlan {
		return 18
	}
	return 14
}

func (s shape) l4() int {
	if s.v6 {
		return s.l3() + 40 + s.ipOptions
	}
	return s.l3() + 20 + s.ipOptions
}

func (s shape) size() int { return s.l4() + 20 + s.tcpOptions }

// frame builds the frame, with the checksum of the pseudo header in the TCP
// header, as a driver that leaves the rest to the device.
func (s shape) frame() []byte {
	f := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}
	if s.vlan {
		f = append(f, 0x81, 0, 0, 7)
	}
	length := 20 + s.tcpOptions + s.payload
	if s.v6 {
		f = append(f, 0x86, 0xdd, 0x60, 0, 0, 0)
		f = binary.BigEndian.AppendUint16(f, uint16(length+s.ipOptions))
		next := byte(6)
		if s.ipOptions > 0 {
			next = 60 // destination options
		}
		f = append(f, next, 64)
		f = append(f, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
		f = append(f, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)
		if s.ipOptions > 0 {
			f = append(f, 6, byte(s.ipOptions/8-1), 1, byte(s.ipOptions-4))
			f = append(f, make([]byte, s.ipOptions-4)...)
		}
	} else {
		f = append(f, 0x08, 0x00, 0x45+byte(s.ipOptions/4), 0)
		f = binary.BigEndian.AppendUint16(f, uint16(20+s.ipOptions+length))
		f = append(f, 0xff, 0xfe, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2) // identification 0xfffe: it wraps
		f = append(f, slices.Repeat([]byte{1}, s.ipOptions)...)
		binary.BigEndian.PutUint16(f[s.l3()+10:], ^naiveSum(f[s.l3():]))
	}
	f = append(f, 0x30, 0x39, 0, 80, 0xff, 0xff, 0xff, 0, 0, 0, 0, 9) // sequence number 0xffffff00: it wraps
	f = append(f, byte(20+s.tcpOptions)/4<<4, 0x99, 1, 0, 0, 0, 0, 0) // CWR, ACK, PSH, FIN
	f = append(f, slices.Repeat([]byte{1}, s.tcpOptions)...)
	for i := range s.payload {
		f = append(f, byte(i)^byte(i>>8))
	}
	binary.BigEndian.PutUint16(f[s.l4()+16:], s.pseudo(f, length))
	return f
}

// pseudo is the sum of the pseudo header of RFC 9293, 3.1, and RFC 8200, 8.1.
func (s shape) pseudo(f []byte, length int) uint16 {
	var b []byte
	if s.v6 {
		b = slices.Clone(f[s.l3()+8 : s.l3()+40])
	} else {
		b = slices.Clone(f[s.l3()+12 : s.l3()+20])
	}
	b = binary.BigEndian.AppendUint32(b, uint32(length))
	b = binary.BigEndian.AppendUint32(b, 6)
	return naiveSum(b)
}

// packet is the frame behind a header that asks for a checksum, and for
// segments of size bytes unless that is 0.
func (s shape) packet(size uint16) []byte {
	h := Header{Flags: FlagNeedsCsum, CsumStart: uint16(s.l4()), CsumOffset: 16}
	if size != 0 {
		h.GSOSize, h.GSOType = size, GSOTCPv4
		if s.v6 {
			h.GSOType = GSOTCPv6
		}
	}
	p := make([]byte, HeaderSize)
	h.Put(p)
	return append(p, s.frame()...)
}

// naiveSum is RFC 1071 as it is written.
func naiveSum(b []byte) uint16 {
	acc := uint32(0)
	for i := 0; i < len(b); i += 2 {
		acc += uint32(b[i]) << 8
		if i+1 < len(b) {
			acc += uint32(b[i+1])
		}
		acc = acc&0xffff + acc>>16
	}
	return uint16(acc)
}
