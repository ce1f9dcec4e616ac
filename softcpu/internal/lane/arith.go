package lane

// Add returns a + b.
func Add(a, b uint64, size int) uint64 {
	h := highs[size&3]
	return (a&^h + b&^h) ^ (a^b)&h
}

// Sub returns a - b.
func Sub(a, b uint64, size int) uint64 {
	h := highs[size&3]
	return ((a | h) - b&^h) ^ (a^^b)&h
}

// Neg returns -a.
func Neg(a uint64, size int) uint64 { return Sub(0, a, size) }

// Abs returns the absolute value. For the lowest number that is the number itself.
func Abs(a uint64, size int) uint64 {
	m := signs(a, size)
	return Sub(a^m, m, size)
}

// Mul returns the low half of each product.
func Mul(a, b uint64, size int) uint64 {
	switch size {
	case 0:
		const even = 0x00ff_00ff_00ff_00ff
		return Mul(a&even, b&even, 1)&even | (Mul(a>>8&even, b>>8&even, 1)&even)<<8
	case 1:
		return uint64(uint16(a)*uint16(b)) | uint64(uint16(a>>16)*uint16(b>>16))<<16 |
			uint64(uint16(a>>32)*uint16(b>>32))<<32 | (a>>48)*(b>>48)<<48
	case 2:
		return uint64(uint32(a)*uint32(b)) | (a>>32)*(b>>32)<<32
	}
	return a * b
}

// MLA returns d + a*b.
func MLA(d, a, b uint64, size int) uint64 { return Add(d, Mul(a, b, size), size) }

// MLS returns d - a*b.
func MLS(d, a, b uint64, size int) uint64 { return Sub(d, Mul(a, b, size), size) }

// The halving functions use a + b = 2(a AND b) + (a XOR b) and
// a - b = (a XOR b) - 2(NOT a AND b). Inverting the sign bit makes signed numbers unsigned:
// it adds half the range to both operands.

// UHADD returns half the sum, rounded down.
func UHADD(a, b uint64, size int) uint64 { return a&b + (a^b)>>1&^highs[size&3] }

// SHADD returns half the sum, rounded down.
func SHADD(a, b uint64, size int) uint64 {
	h := highs[size&3]
	return UHADD(a^h, b^h, size) ^ h
}

// URHADD returns half the sum, rounded up.
func URHADD(a, b uint64, size int) uint64 { return (a | b) - (a^b)>>1&^highs[size&3] }

// SRHADD returns half the sum, rounded up.
func SRHADD(a, b uint64, size int) uint64 {
	h := highs[size&3]
	return URHADD(a^h, b^h, size) ^ h
}

// UHSUB returns half the difference, rounded down.
func UHSUB(a, b uint64, size int) uint64 {
	return Sub((a^b)>>1&^highs[size&3], ^a&b, size)
}

// SHSUB returns half the difference, rounded down.
func SHSUB(a, b uint64, size int) uint64 {
	h := highs[size&3]
	return UHSUB(a^h, b^h, size)
}
