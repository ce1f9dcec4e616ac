package lane

// shiftLeft and shiftRight shift zeros in, by an amount from 0 to the width.
func shiftLeft(a uint64, n, size int) uint64 {
	m := masks[size&3]
	return a << n & ((m << n & m) * ones[size&3])
}

func shiftRight(a uint64, n, size int) uint64 {
	return a >> n & ((masks[size&3] >> n) * ones[size&3])
}

// SHL returns a shifted left by n, less than the width.
func SHL(a uint64, n, size int) uint64 { return shiftLeft(a, n, size) }

// USHR returns a shifted right by n, from 1 to the width.
func USHR(a uint64, n, size int) uint64 { return shiftRight(a, n, size) }

// SSHR returns a, signed, shifted right by n, from 1 to the width.
func SSHR(a uint64, n, size int) uint64 {
	n = min(n, width(size)-1)
	h := highs[size&3]
	return Sub(shiftRight(a^h, n, size), h>>n, size)
}

// URSHR returns a shifted right by n, from 1 to the width, and rounded: it adds the last bit
// that was shifted out.
func URSHR(a uint64, n, size int) uint64 {
	return Add(shiftRight(a, n, size), a>>(n-1)&ones[size&3], size)
}

// SRSHR is the signed URSHR.
func SRSHR(a uint64, n, size int) uint64 {
	return Add(SSHR(a, n, size), a>>(n-1)&ones[size&3], size)
}

// SLI returns a shifted left by n, with the low n bits of d.
func SLI(d, a uint64, n, size int) uint64 {
	return choose(shiftLeft(^uint64(0), n, size), a<<n, d)
}

// SRI returns a shifted right by n, with the high n bits of d.
func SRI(d, a uint64, n, size int) uint64 {
	return choose(shiftRight(^uint64(0), n, size), a>>n, d)
}

// SSRA returns d plus SSHR of a.
func SSRA(d, a uint64, n, size int) uint64 { return Add(d, SSHR(a, n, size), size) }

// USRA returns d plus USHR of a.
func USRA(d, a uint64, n, size int) uint64 { return Add(d, USHR(a, n, size), size) }

// SRSRA returns d plus SRSHR of a.
func SRSRA(d, a uint64, n, size int) uint64 { return Add(d, SRSHR(a, n, size), size) }

// URSRA returns d plus URSHR of a.
func URSRA(d, a uint64, n, size int) uint64 { return Add(d, URSHR(a, n, size), size) }
