package net

import (
	"encoding/binary"
	"math/bits"
)

// sum adds the big-endian 16-bit words of b to a one's complement sum (RFC 1071). An odd
// last byte counts as the high byte of a word.
func sum(b []byte, to uint16) uint16 {
	acc, carry := uint64(to), uint64(0)
	for ; len(b) >= 32; b = b[32:] { // 2^16 = 1 modulo 2^16-1, so words of 64 bits have the same sum
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[8:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[16:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[24:]), carry)
	}
	for ; len(b) >= 8; b = b[8:] {
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b), carry)
	}
	var last [8]byte
	copy(last[:], b)
	acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(last[:]), carry)
	acc, carry = bits.Add64(acc, 0, carry)
	return fold(acc + carry)
}

// fold adds up the 16-bit words of a 64-bit sum.
func fold(acc uint64) uint16 {
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>16 + acc&0xffff
	acc = acc>>16 + acc&0xffff
	return uint16(acc>>16 + acc&0xffff)
}

// complete puts the checksum of frame[start:] at offset from start, in place of the sum
// of the pseudo header. Zero becomes 0xffff, as UDP demands (RFC 768).
func complete(frame []byte, start, offset int) {
	c := ^sum(frame[start:], 0)
	if c == 0 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(frame[start+offset:], c)
}

// completePacket computes the checksum that FlagNeedsCsum of a checked packet asks for.
func completePacket(packet []byte) {
	if h := ParseHeader(packet); h.Flags&FlagNeedsCsum != 0 {
		complete(packet[HeaderSize:], int(h.CsumStart), int(h.CsumOffset))
	}
}
