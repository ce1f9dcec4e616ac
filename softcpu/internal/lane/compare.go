package lane

// nonzero returns the highest bit of each lane that is not zero.
func nonzero(a uint64, size int) uint64 {
	h := highs[size&3]
	return (a&^h + ^h | a) & h
}

// CMEQ returns all ones where a = b.
func CMEQ(a, b uint64, size int) uint64 { return ^fill(nonzero(a^b, size), size) }

// CMTST returns all ones where a AND b is not zero.
func CMTST(a, b uint64, size int) uint64 { return fill(nonzero(a&b, size), size) }

// CMHS returns all ones where a >= b, unsigned. That is where only a has the highest bit, or
// where the highest bits are equal and the other bits of a are not less.
func CMHS(a, b uint64, size int) uint64 {
	h := highs[size&3]
	rest := (a | h) - b&^h
	return fill((a&^b|^(a^b)&rest)&h, size)
}

// CMHI returns all ones where a > b, unsigned.
func CMHI(a, b uint64, size int) uint64 { return ^CMHS(b, a, size) }

// CMGE returns all ones where a >= b, signed.
func CMGE(a, b uint64, size int) uint64 {
	h := highs[size&3]
	return CMHS(a^h, b^h, size)
}

// CMGT returns all ones where a > b, signed.
func CMGT(a, b uint64, size int) uint64 { return ^CMGE(b, a, size) }

// choose returns a where m is ones, b where it is zeros.
func choose(m, a, b uint64) uint64 { return b ^ (a^b)&m }

// UMAX returns the greater of a and b.
func UMAX(a, b uint64, size int) uint64 { return choose(CMHS(a, b, size), a, b) }

// UMIN returns the lesser of a and b.
func UMIN(a, b uint64, size int) uint64 { return choose(CMHS(a, b, size), b, a) }

// SMAX returns the greater of a and b.
func SMAX(a, b uint64, size int) uint64 { return choose(CMGE(a, b, size), a, b) }

// SMIN returns the lesser of a and b.
func SMIN(a, b uint64, size int) uint64 { return choose(CMGE(a, b, size), b, a) }

// UABD returns the absolute difference.
func UABD(a, b uint64, size int) uint64 {
	m := CMHS(a, b, size)
	return Sub(choose(m, a, b), choose(m, b, a), size)
}

// SABD returns the absolute difference of signed numbers, which is unsigned.
func SABD(a, b uint64, size int) uint64 {
	h := highs[size&3]
	return UABD(a^h, b^h, size)
}

// UABA returns d plus the absolute difference.
func UABA(d, a, b uint64, size int) uint64 { return Add(d, UABD(a, b, size), size) }

// SABA returns d plus the absolute difference of signed numbers.
func SABA(d, a, b uint64, size int) uint64 { return Add(d, SABD(a, b, size), size) }
