package lane

// The amount of a register shift is the signed number in the low byte of each lane of b. A
// negative amount shifts to the right.

// SSHL shifts signed numbers.
func SSHL(a, b uint64, size int) uint64 { r, _ := shiftSigned(a, b, size, 0); return r }

// USHL shifts unsigned numbers.
func USHL(a, b uint64, size int) uint64 { r, _ := shiftUnsigned(a, b, size, 0); return r }

// SRSHL shifts signed numbers, rounding.
func SRSHL(a, b uint64, size int) uint64 { r, _ := shiftSigned(a, b, size, rounding); return r }

// URSHL shifts unsigned numbers, rounding.
func URSHL(a, b uint64, size int) uint64 { r, _ := shiftUnsigned(a, b, size, rounding); return r }

// SQSHL shifts signed numbers, saturating.
func SQSHL(a, b uint64, size int) (r, q uint64) { return shiftSigned(a, b, size, saturating) }

// UQSHL shifts unsigned numbers, saturating.
func UQSHL(a, b uint64, size int) (r, q uint64) { return shiftUnsigned(a, b, size, saturating) }

// SQRSHL shifts signed numbers, rounding and saturating.
func SQRSHL(a, b uint64, size int) (r, q uint64) {
	return shiftSigned(a, b, size, saturating|rounding)
}

// UQRSHL shifts unsigned numbers, rounding and saturating.
func UQRSHL(a, b uint64, size int) (r, q uint64) {
	return shiftUnsigned(a, b, size, saturating|rounding)
}

// SQSHLU shifts signed numbers to the left and saturates to unsigned ones.
func SQSHLU(a, b uint64, size int) (r, q uint64) {
	m := signs(a, size)
	r, q = UQSHL(a&^m, b, size)
	return r, q | m
}

// shiftMode says how the register shifts differ.
type shiftMode uint8

const (
	rounding   shiftMode = 1 << iota // add the last bit shifted out
	saturating                       // to the left
)

// shiftUnsigned relies on Go's shifts by 64 and more: they give zero, as in the manual.
func shiftUnsigned(a, b uint64, size int, mode shiftMode) (r, q uint64) {
	w, mask := width(size), masks[size&3]
	for i := 0; i < 64; i += w {
		x, n := a>>i&mask, int(int8(b>>i))
		var y uint64
		switch {
		case n >= 0:
			y = x << n & mask
			if mode&saturating != 0 && y>>n != x {
				y, q = mask, 1
			}
		case mode&rounding != 0:
			y = x>>-n + x>>(-n-1)&1
		default:
			y = x >> -n
		}
		r |= y << i
	}
	return r, q
}

func shiftSigned(a, b uint64, size int, mode shiftMode) (r, q uint64) {
	w, mask := width(size), masks[size&3]
	for i := 0; i < 64; i += w {
		x, n := signExtend(a>>i, w), int(int8(b>>i))
		var y int64
		switch {
		case n >= 0:
			y = signExtend(uint64(x<<n), w)
			if mode&saturating != 0 && y>>n != x {
				y, q = x>>63^(1<<(w-1)-1), 1
			}
		case mode&rounding != 0:
			y = x>>-n + x>>(-n-1)&1
		default:
			y = x >> -n
		}
		r |= (uint64(y) & mask) << i
	}
	return r, q
}
