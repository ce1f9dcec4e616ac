package fp

import "math/bits"

// Add is FPAdd: a + b.
func (e *Env) Add(f Format, a, b uint64) uint64 {
	if e.hostRounds() {
		if r, ok := hostAdd(f, a, b); ok {
			return r
		}
	}
	return e.add(f, a, b, false)
}

// Sub is FPSub: a − b.
func (e *Env) Sub(f Format, a, b uint64) uint64 {
	if e.hostRounds() {
		if r, ok := hostSub(f, a, b); ok {
			return r
		}
	}
	return e.add(f, a, b, true)
}

// add computes a + b or, if sub is set, a − b. If b is a NaN it keeps its sign in either case.
func (e *Env) add(f Format, a, b uint64, sub bool) uint64 {
	l := f.layout()
	x, y := e.unpack(f, a), e.unpack(f, b)
	if x.isNaN() || y.isNaN() {
		return e.processNaNs(f, x, y, a, b)
	}
	y.neg = y.neg != sub
	switch {
	case x.class == infinite && y.class == infinite && x.neg != y.neg:
		return e.invalid(f)
	case x.class == infinite:
		return l.infinity(x.neg)
	case y.class == infinite:
		return l.infinity(y.neg)
	}
	return e.roundSum(f, e.Rounding(), 0, x.widen(), y.widen())
}

// wide is a value with a significand of two words, ±(hi:lo)×2^(exp−127). It is one operand, or the exact product of
// two. Either bit 63 of hi is set, or both words are zero and the value is zero.
type wide struct {
	neg    bool
	exp    int
	hi, lo uint64
}

func (u unpacked) widen() wide { return wide{u.neg, u.exp, u.sig, 0} }

// roundSum rounds (x + y)×2^scale. If the sum is exactly zero, its sign is the common sign of two equal zeros, or
// else the sign for the rounding mode.
func (e *Env) roundSum(f Format, rm Rounding, scale int, x, y wide) uint64 {
	if x.hi|y.hi == 0 && x.neg == y.neg {
		return f.Zero(x.neg)
	}
	s := x.plus(y)
	if s.hi == 0 {
		return f.Zero(rm == NegInf)
	}
	if s.lo != 0 {
		s.hi |= 1
	}
	return e.round(f, rm, s.neg, s.exp+scale, s.hi)
}

// plus adds. The result is exact except for its last bit, which may be sticky. Significands end in at least 22 zero
// bits, so bits are lost only in an alignment by more than that. After such an alignment at most one leading bit
// cancels.
func (x wide) plus(y wide) wide {
	if x.hi == 0 {
		return y
	}
	if y.hi == 0 {
		return x
	}
	if y.exp > x.exp || y.exp == x.exp && (y.hi > x.hi || y.hi == x.hi && y.lo > x.lo) {
		x, y = y, x
	}
	y = y.shiftRight(x.exp - y.exp)
	if x.neg != y.neg {
		var borrow uint64
		x.lo, borrow = bits.Sub64(x.lo, y.lo, 0)
		x.hi, _ = bits.Sub64(x.hi, y.hi, borrow)
		return x.normalize()
	}
	var carry uint64
	x.lo, carry = bits.Add64(x.lo, y.lo, 0)
	x.hi, carry = bits.Add64(x.hi, y.hi, carry)
	if carry != 0 {
		x = x.shiftRight(1)
		x.hi |= 1 << 63
	}
	return x
}

// shiftRight shifts the significand right and adjusts the exponent. It ORs the bits that are lost into the last bit.
func (x wide) shiftRight(n int) wide {
	if n == 0 {
		return x
	}
	x.exp += n
	var lost uint64
	if n >= 64 {
		x.hi, x.lo, lost = 0, x.hi, x.lo
		n = min(n-64, 64)
	}
	s := uint(n)
	lost |= x.lo << (64 - s)
	x.hi, x.lo = x.hi>>s, x.lo>>s|x.hi<<(64-s)
	if lost != 0 {
		x.lo |= 1
	}
	return x
}

// normalize shifts the significand left until its top bit is set, and adjusts the exponent.
func (x wide) normalize() wide {
	if x.hi == 0 {
		x.hi, x.lo = x.lo, 0
		x.exp -= 64
	}
	s := uint(bits.LeadingZeros64(x.hi))
	x.hi, x.lo = x.hi<<s|x.lo>>(64-s), x.lo<<s
	x.exp -= int(s)
	return x
}
