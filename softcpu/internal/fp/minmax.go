package fp

// Max is FPMax: the larger operand; +0 is larger than −0, and any NaN is propagated.
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

// Min is FPMin: the smaller operand; −0 is smaller than +0, and any NaN is propagated.
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

// pick returns a, which u was unpacked from, as FPRound would: flushed to zero if unpack did.
func (u unpacked) pick(f Format, a uint64) uint64 {
	if u.class == zero {
		return f.Zero(u.neg)
	}
	return a
}

// MaxNM is FPMaxNum: as Max, but a number is preferred to a single quiet NaN.
func (e *Env) MaxNM(f Format, a, b uint64) uint64 {
	a, b = e.replaceNaN(f, a, b, f.layout().infinity(true))
	return e.Max(f, a, b)
}

// MinNM is FPMinNum: as Min, but a number is preferred to a single quiet NaN.
func (e *Env) MinNM(f Format, a, b uint64) uint64 {
	a, b = e.replaceNaN(f, a, b, f.layout().infinity(false))
	return e.Min(f, a, b)
}

// replaceNaN replaces a quiet NaN, if just one operand is one.
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
