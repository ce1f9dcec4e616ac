package fp

// Max is FPMax: the larger operand. +0 is larger than −0. A NaN is propagated.
func (e *Env) Max(f Format, a, b uint64) uint64 {
	x, y := e.unpack(f, a), e.unpack(f, b)
	if x.isNaN() || y.isNaN() {
		return e.processNaNs(f, x, y, a, b)
	}
	if x.class == zero && y.class == zero {
		return f.Zero(x.neg && y.neg)
	}
	if compare(x, y) > 0 {
		return x.pick(f, a)
	}
	return y.pick(f, b)
}

// Min is FPMin: the smaller operand. −0 is smaller than +0. A NaN is propagated.
func (e *Env) Min(f Format, a, b uint64) uint64 {
	x, y := e.unpack(f, a), e.unpack(f, b)
	if x.isNaN() || y.isNaN() {
		return e.processNaNs(f, x, y, a, b)
	}
	if x.class == zero && y.class == zero {
		return f.Zero(x.neg || y.neg)
	}
	if compare(x, y) < 0 {
		return x.pick(f, a)
	}
	return y.pick(f, b)
}

// pick returns a, from which u was unpacked, as FPRound would: zero if unpack flushed it to zero.
func (u unpacked) pick(f Format, a uint64) uint64 {
	if u.class == zero {
		return f.Zero(u.neg)
	}
	return a
}

// MaxNM is FPMaxNum: like Max, but of a number and a quiet NaN it returns the number.
func (e *Env) MaxNM(f Format, a, b uint64) uint64 {
	a, b = e.replaceNaN(f, a, b, f.layout().infinity(true))
	return e.Max(f, a, b)
}

// MinNM is FPMinNum: like Min, but of a number and a quiet NaN it returns the number.
func (e *Env) MinNM(f Format, a, b uint64) uint64 {
	a, b = e.replaceNaN(f, a, b, f.layout().infinity(false))
	return e.Min(f, a, b)
}

// replaceNaN replaces a quiet NaN, if exactly one operand is a quiet NaN.
func (e *Env) replaceNaN(f Format, a, b, substitute uint64) (uint64, uint64) {
	x, y := e.unpack(f, a).class, e.unpack(f, b).class
	switch {
	case x == quietNaN && y != quietNaN:
		return substitute, b
	case x != quietNaN && y == quietNaN:
		return a, substitute
	}
	return a, b
}
