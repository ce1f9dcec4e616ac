package fp

import "math/bits"

// Mul is FPMul: a × b.
func (e *Env) Mul(f Format, a, b uint64) uint64 {
	if e.hostRounds() {
		if r, ok := hostMul(f, a, b); ok {
			return r
		}
	}
	return e.mul(f, a, b, false)
}

// MulX is FPMulX: a × b, where a product of zero and infinity is ±2.
func (e *Env) MulX(f Format, a, b uint64) uint64 { return e.mul(f, a, b, true) }

func (e *Env) mul(f Format, a, b uint64, extended bool) uint64 {
	l := f.layout()
	x, y := e.unpack(f, a), e.unpack(f, b)
	if x.isNaN() || y.isNaN() {
		return e.processNaNs(f, x, y, a, b)
	}
	neg := x.neg != y.neg
	switch {
	case zeroTimesInfinity(x, y) && extended:
		return l.power(neg, 1)
	case zeroTimesInfinity(x, y):
		return e.invalid(f)
	case x.class == infinite || y.class == infinite:
		return l.infinity(neg)
	case x.class == zero || y.class == zero:
		return l.sign(neg)
	}
	p := x.times(y)
	if p.lo != 0 {
		p.hi |= 1
	}
	return e.round(f, e.Rounding(), neg, p.exp, p.hi)
}

func zeroTimesInfinity(x, y unpacked) bool {
	return x.class == zero && y.class == infinite || x.class == infinite && y.class == zero
}

// times returns the exact product of two values that are finite or zero.
func (x unpacked) times(y unpacked) wide {
	neg := x.neg != y.neg
	if x.sig == 0 || y.sig == 0 {
		return wide{neg: neg}
	}
	hi, lo := bits.Mul64(x.sig, y.sig)
	return wide{neg, x.exp + y.exp + 1, hi, lo}.normalize()
}

// MulAdd is FPMulAdd: addend + a × b with one rounding. Its variants negate operands first, with Format.Neg.
func (e *Env) MulAdd(f Format, addend, a, b uint64) uint64 {
	if e.hostRounds() {
		if r, ok := hostMulAdd(f, addend, a, b); ok {
			return r
		}
	}
	return e.mulAdd(f, addend, a, b)
}

func (e *Env) mulAdd(f Format, addend, a, b uint64) uint64 {
	l := f.layout()
	z, x, y := e.unpack(f, addend), e.unpack(f, a), e.unpack(f, b)
	if z.isNaN() || x.isNaN() || y.isNaN() {
		if z.class == quietNaN && zeroTimesInfinity(x, y) {
			return e.invalid(f)
		}
		return e.processNaNs3(f, z, x, y, addend, a, b)
	}
	neg := x.neg != y.neg
	infP := x.class == infinite || y.class == infinite
	switch {
	case zeroTimesInfinity(x, y), z.class == infinite && infP && z.neg != neg:
		return e.invalid(f)
	case z.class == infinite:
		return l.infinity(z.neg)
	case infP:
		return l.infinity(neg)
	}
	return e.roundSum(f, e.Rounding(), 0, z.widen(), x.times(y))
}
