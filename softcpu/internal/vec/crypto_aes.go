package vec

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

func init() {
	table{
		a64.AESE:   aese,
		a64.AESD:   aesd,
		a64.AESMC:  aesmc,
		a64.AESIMC: aesimc,
	}.install()
	makeSBox()
}

// The substitution boxes of FIPS 197, section 5.1.1, and their inverse.
var sBox, inverseSBox [256]byte

// makeSBox walks through the field. p runs through the powers of the generator 3, and q
// through the powers of its inverse.
func makeSBox() {
	p, q := byte(1), byte(1)
	for {
		p ^= p<<1 ^ (p>>7)*0x1b // times 3
		q ^= q << 1             // divided by 3
		q ^= q << 2
		q ^= q << 4
		q ^= (q >> 7) * 0x09
		setSBox(p, q)
		if p == 1 {
			break
		}
	}
	setSBox(0, 0)
}

// setSBox sets the entries for x, whose multiplicative inverse is inverse, after the affine
// transformation.
func setSBox(x, inverse byte) {
	r := bits.RotateLeft8
	y := inverse ^ r(inverse, 1) ^ r(inverse, 2) ^ r(inverse, 3) ^ r(inverse, 4) ^ 0x63
	sBox[x], inverseSBox[y] = y, x
}

// aese is AddRoundKey, ShiftRows and SubBytes. ShiftRows takes each byte from another
// column, as many places to the right as the number of its row. A byte is at 4*column+row.
func aese(s *a64.State, op *a64.Op) {
	d, n := &s.V[op.Rd&31], &s.V[op.Rn&31]
	a, b := d[0]^n[0], d[1]^n[1]
	*d = [2]uint64{substitute(&sBox, a, a>>40, b>>16, b>>56, a>>32, b>>8, b>>48, a>>24),
		substitute(&sBox, b, b>>40, a>>16, a>>56, b>>32, a>>8, a>>48, b>>24)}
}

// aesd is AddRoundKey, InvShiftRows and InvSubBytes.
func aesd(s *a64.State, op *a64.Op) {
	d, n := &s.V[op.Rd&31], &s.V[op.Rn&31]
	a, b := d[0]^n[0], d[1]^n[1]
	*d = [2]uint64{substitute(&inverseSBox, a, b>>40, b>>16, a>>56, a>>32, a>>8, b>>48, b>>24),
		substitute(&inverseSBox, b, a>>40, a>>16, b>>56, b>>32, b>>8, a>>48, a>>24)}
}

// substitute looks up the low bytes of eight numbers and joins the results. The first one is
// the lowest byte.
func substitute(box *[256]byte, b0, b1, b2, b3, b4, b5, b6, b7 uint64) uint64 {
	return uint64(box[byte(b0)]) | uint64(box[byte(b1)])<<8 | uint64(box[byte(b2)])<<16 | uint64(box[byte(b3)])<<24 |
		uint64(box[byte(b4)])<<32 | uint64(box[byte(b5)])<<40 | uint64(box[byte(b6)])<<48 | uint64(box[byte(b7)])<<56
}

func aesmc(s *a64.State, op *a64.Op) {
	n := read(s, op.Rn)
	write(s, op, mixColumns(n.lo), mixColumns(n.hi))
}

func aesimc(s *a64.State, op *a64.Op) {
	n := read(s, op.Rn)
	write(s, op, inverseMixColumns(n.lo), inverseMixColumns(n.hi))
}

// mixColumns transforms the two columns of four bytes in x. Each byte x0 becomes
// 2x0 + 3x1 + x2 + x3, where x1 to x3 are the bytes that follow it in the column.
func mixColumns(x uint64) uint64 {
	next := rotateColumns(x, 8)
	return times2(x^next) ^ next ^ rotateColumns(x^next, 16)
}

// inverseMixColumns multiplies by the matrix of mixColumns and by the one with 5, 0, 4, 0:
// their product is its own matrix.
func inverseMixColumns(x uint64) uint64 {
	return mixColumns(x ^ times2(times2(x^rotateColumns(x, 16))))
}

// rotateColumns rotates each 32 bits right.
func rotateColumns(x uint64, n int) uint64 {
	return uint64(bits.RotateLeft32(uint32(x), -n)) | uint64(bits.RotateLeft32(uint32(x>>32), -n))<<32
}

// times2 doubles eight elements of the field modulo x^8 + x^4 + x^3 + x + 1.
func times2(x uint64) uint64 {
	const low7, one = 0x7f7f_7f7f_7f7f_7f7f, 0x0101_0101_0101_0101
	return (x&low7)<<1 ^ (x>>7&one)*0x1b
}
