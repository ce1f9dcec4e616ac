package fp

import "math/bits"

// Div is FPDiv: a ÷ b.
func (e *Env) Div(f Format, a, b uint64) uint64 {
	if e.hostRounds() {
		if r, ok := hostDiv(f, a, b); ok {
			return r
		}
	}
	return e.div(f, a, b)
}

func (e *Env) div(f Format, a, b uint64) uint64 {
	l := f.layout()
	x, y := e.unpack(f, a), e.unpack(f, b)
	if x.isNaN() || y.isNaN() {
		return e.processNaNs(f, x, y, a, b)
	}
	neg := x.neg != y.neg
	switch {
	case x.class == y.class && x.class != finite: // 0÷0, ∞÷∞
		return e.invalid(f)
	case x.class == infinite:
		return l.infinity(neg)
	case y.class == zero:
		e.FPSR |= DZC
		return l.infinity(neg)
	case x.class == zero || y.class == infinite:
		return l.sign(neg)
	}
	// The dividend is halved so that the quotient, between 2⁶² and 2⁶⁴, fits into a word.
	q, rem := bits.Div64(x.sig>>1, x.sig<<63, y.sig)
	if rem != 0 {
		q |= 1
	}
	shift := bits.LeadingZeros64(q)
	return e.round(f, e.Rounding(), neg, x.exp-y.exp-shift, q<<shift)
}

// Sqrt is FPSqrt.
func (e *Env) Sqrt(f Format, a uint64) uint64 {
	if e.hostRounds() {
		if r, ok := hostSqrt(f, a); ok {
			return r
		}
	}
	return e.sqrt(f, a)
}

func (e *Env) sqrt(f Format, a uint64) uint64 {
	x := e.unpack(f, a)
	switch {
	case x.isNaN():
		return e.processNaN(f, x.class, a)
	case x.class == zero:
		return f.Zero(x.neg)
	case x.neg:
		return e.invalid(f)
	case x.class == infinite:
		return f.layout().infinity(false)
	}
	n := x.sig // with two integer bits, twice the significand: for an odd exponent
	if x.exp&1 == 0 {
		n >>= 1
	}
	root, exact := sqrt56(n)
	sig := root << 8
	if !exact {
		sig |= 1
	}
	return e.round(f, e.Rounding(), false, x.exp>>1, sig)
}

// sqrt56 computes, digit by digit, the first 56 bits of the root of n, a fixed-point number with two integer bits.
func sqrt56(n uint64) (root uint64, exact bool) {
	var rem uint64
	for range 56 {
		rem = rem<<2 | n>>62
		n <<= 2
		root <<= 1
		if d := root<<1 | 1; d <= rem {
			rem -= d
			root |= 1
		}
	}
	return root, rem == 0
}
