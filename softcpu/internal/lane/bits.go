package lane

import "math/bits"

// CLZ counts leading zeros.
func CLZ(a uint64, size int) (r uint64) {
	w := width(size)
	for i := 0; i < 64; i += w {
		x := a >> i & masks[size&3]
		r |= uint64(bits.LeadingZeros64(x)-(64-w)) << i
	}
	return r
}

// CLS counts the bits after the sign bit that equal it.
func CLS(a uint64, size int) uint64 {
	m := signs(a, size)
	return CLZ((a^m)<<1&^ones[size&3]|ones[size&3], size)
}

// CNT counts the bits that are set; size is 0.
func CNT(a uint64, _ int) uint64 {
	a -= a >> 1 & 0x5555_5555_5555_5555
	a = a&0x3333_3333_3333_3333 + a>>2&0x3333_3333_3333_3333
	return (a + a>>4) & 0x0f0f_0f0f_0f0f_0f0f
}

// Not inverts all bits.
func Not(a uint64, _ int) uint64 { return ^a }

// RBIT reverses the bits of each byte.
func RBIT(a uint64, _ int) uint64 { return bits.ReverseBytes64(bits.Reverse64(a)) }

// REV16 reverses the bytes of each 16 bits.
func REV16(a uint64, size int) uint64 { return reverse(a, size, 1) }

// REV32 reverses the elements of each 32 bits.
func REV32(a uint64, size int) uint64 { return reverse(a, size, 2) }

// REV64 reverses the elements.
func REV64(a uint64, size int) uint64 { return reverse(a, size, 3) }

// reverse swaps neighbours, then neighbouring pairs, and so on up to containers
// of the given size.
func reverse(a uint64, size, container int) uint64 {
	for ; size < container; size++ {
		w, even := width(size), evens[size&3]
		a = a>>w&even | (a&even)<<w
	}
	return a
}

// PMUL returns the low half of the product of two polynomials over {0,1}. b has at most
// eight terms.
func PMUL(a, b uint64, size int) (r uint64) {
	one := ones[size&3]
	for i := range 8 {
		r ^= shiftLeft(a, i, size) & ((b >> i & one) * masks[size&3])
	}
	return r
}

// ClMul returns the product of two polynomials over {0,1} of 64 terms each.
func ClMul(a, b uint64) (lo, hi uint64) {
	return clMulLow(a, b), bits.Reverse64(clMulLow(bits.Reverse64(a), bits.Reverse64(b))) >> 1
}

// clMulLow returns the low half. It multiplies integers in which only every fourth bit may be
// set. A sum of up to fifteen ones does not reach the next such bit, and a sixteenth one
// occurs only in the highest place.
func clMulLow(a, b uint64) (r uint64) {
	const fourth = 0x1111_1111_1111_1111
	var x, y [4]uint64
	for i := range 4 {
		x[i], y[i] = a&(fourth<<i), b&(fourth<<i)
	}
	for i := range 4 {
		var z uint64
		for j := range 4 {
			z ^= x[j] * y[(i-j)&3]
		}
		r |= z & (fourth << i)
	}
	return r
}
