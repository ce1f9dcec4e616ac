package vec

import "hash/crc32"

// crcTables has, for each polynomial, the remainders of a byte followed by 0 to 7 zero
// bytes. So eight bytes take eight independent look-ups.
var crcTables [2][8][256]uint32

func init() {
	for p, poly := range [2]uint32{crc32.IEEE, crc32.Castagnoli} {
		t := &crcTables[p]
		t[0] = *crc32.MakeTable(poly)
		for i := range 256 {
			for n := 1; n < 8; n++ {
				prev := t[n-1][i]
				t[n][i] = prev>>8 ^ t[0][byte(prev)]
			}
		}
	}
}

// CRC32 returns the result of CRC32B, CRC32H, CRC32W or CRC32X (DDI 0487 C6.2, bytes = 1,
// 2, 4, 8) for an accumulator and a value. With castagnoli it returns the result of the
// CRC32C instructions. Unlike package hash/crc32, it inverts neither accumulator nor
// result. It ignores bits of val above its size.
func CRC32(acc uint32, val uint64, bytes int, castagnoli bool) uint32 {
	t := &crcTables[0]
	if castagnoli {
		t = &crcTables[1]
	}
	switch bytes {
	case 1:
		return t[0][byte(acc)^byte(val)] ^ acc>>8
	case 2:
		x := acc ^ uint32(uint16(val))
		return t[1][byte(x)] ^ t[0][byte(x>>8)] ^ acc>>16
	case 4:
		x := acc ^ uint32(val)
		return t[3][byte(x)] ^ t[2][byte(x>>8)] ^ t[1][byte(x>>16)] ^ t[0][x>>24]
	}
	x := val ^ uint64(acc)
	return t[7][byte(x)] ^ t[6][byte(x>>8)] ^ t[5][byte(x>>16)] ^ t[4][byte(x>>24)] ^
		t[3][byte(x>>32)] ^ t[2][byte(x>>40)] ^ t[1][byte(x>>48)] ^ t[0][x>>56]
}
