package lane

// UQADD returns a + b.
func UQADD(a, b uint64, size int) (r, q uint64) {
	sum := Add(a, b, size)
	q = (a&b | (a|b)&^sum) & highs[size&3] // carries out
	return sum | fill(q, size), q
}

// UQSUB returns a - b.
func UQSUB(a, b uint64, size int) (r, q uint64) {
	diff := Sub(a, b, size)
	q = (^a&b | ^(a^b)&diff) & highs[size&3] // borrows
	return diff &^ fill(q, size), q
}

// SQADD returns a + b.
func SQADD(a, b uint64, size int) (r, q uint64) {
	sum := Add(a, b, size)
	q = ^(a ^ b) & (a ^ sum) & highs[size&3]
	return choose(fill(q, size), limit(a, size), sum), q
}

// SQSUB returns a - b.
func SQSUB(a, b uint64, size int) (r, q uint64) {
	diff := Sub(a, b, size)
	q = (a ^ b) & (a ^ diff) & highs[size&3]
	return choose(fill(q, size), limit(a, size), diff), q
}

// limit returns the lowest number where a is negative, else the greatest.
func limit(a uint64, size int) uint64 { return signs(a, size) ^ ^highs[size&3] }

// SUQADD returns signed d plus unsigned a.
func SUQADD(d, a uint64, size int) (r, q uint64) {
	h := highs[size&3]
	r, q = UQADD(d^h, a, size)
	return r ^ h, q
}

// USQADD returns unsigned d plus signed a.
func USQADD(d, a uint64, size int) (r, q uint64) {
	m := signs(a, size)
	r, q1 := UQADD(d, a&^m, size)
	r, q2 := UQSUB(r, Neg(a&m, size), size)
	return r, q1 | q2
}

// SQNEG returns -a.
func SQNEG(a uint64, size int) (r, q uint64) { return SQSUB(0, a, size) }

// SQABS returns the absolute value.
func SQABS(a uint64, size int) (r, q uint64) {
	m := signs(a, size)
	r, q = SQSUB(0, a&m, size)
	return r | a&^m, q
}

// SQDMULH returns the high half of 2ab; size is 1 or 2.
func SQDMULH(a, b uint64, size int) (r, q uint64) { return doublingHigh(a, b, size, 0) }

// SQRDMULH returns the high half of 2ab, rounded; size is 1 or 2.
func SQRDMULH(a, b uint64, size int) (r, q uint64) {
	return doublingHigh(a, b, size, 1<<(width(size)-2))
}

// doublingHigh does not double the product, so that it fits into 64 bits, and adds half of
// the rounding constant. Only the square of the lowest number saturates.
func doublingHigh(a, b uint64, size int, round int64) (r, q uint64) {
	w := width(size)
	lowest := int64(-1) << (w - 1)
	for i := 0; i < 64; i += w {
		x, y := signExtend(a>>i, w), signExtend(b>>i, w)
		high := (x*y + round) >> (w - 1)
		if x == lowest && y == lowest {
			high, q = ^lowest, 1
		}
		r |= (uint64(high) & masks[size&3]) << i
	}
	return r, q
}

// SQDMULL returns 2ab. a and b have half the width of their lanes.
func SQDMULL(a, b uint64, size int) (r, q uint64) {
	p := Mul(a, b, size)
	return SQADD(p, p, size)
}

// SQDMLAL returns d + 2ab. a and b have half the width of their lanes.
func SQDMLAL(d, a, b uint64, size int) (r, q uint64) {
	p, q1 := SQDMULL(a, b, size)
	r, q2 := SQADD(d, p, size)
	return r, q1 | q2
}

// SQDMLSL returns d - 2ab. a and b have half the width of their lanes.
func SQDMLSL(d, a, b uint64, size int) (r, q uint64) {
	p, q1 := SQDMULL(a, b, size)
	r, q2 := SQSUB(d, p, size)
	return r, q1 | q2
}
