package fp

// recipEstimate is RecipEstimate. a in 256..511 stands for a÷512. The result r in 256..511 stands for r÷256.
func recipEstimate(a uint64) uint64 {
	a = a*2 + 1 // to the middle of the step
	return ((1<<19)/a + 1) / 2
}

// recipSqrtEstimates has reciprocal square roots, indexed by a in 128..511, which stands for a÷512. An entry r in
// 256..511 stands for r÷256.
var recipSqrtEstimates = func() (t [512]uint16) {
	for a := 128; a < 512; a++ {
		t[a] = recipSqrtEstimate(a)
	}
	return t
}()

// recipSqrtEstimate is RecipSqrtEstimate, by the manual's search.
func recipSqrtEstimate(a int) uint16 {
	if a < 256 {
		a = a*2 + 1
	} else {
		a = (a>>1<<1 + 1) * 2
	}
	b := 512
	for a*(b+1)*(b+1) < 1<<28 {
		b++
	}
	return uint16((b + 1) / 2)
}

// RecipEstimate is FPRecipEstimate (FRECPE): 1 ÷ a to eight bits. It sets IXC only on overflow.
func (e *Env) RecipEstimate(f Format, a uint64) uint64 {
	l := f.layout()
	x := e.unpack(f, a)
	switch {
	case x.isNaN():
		return e.processNaN(f, x.class, a)
	case x.class == infinite:
		return l.sign(x.neg)
	case x.class == zero:
		e.FPSR |= DZC
		return l.infinity(x.neg)
	case x.exp < l.minExp-2: // 1 ÷ a ≥ 2^128 or 2^1024
		e.FPSR |= OFC | IXC
		if e.Rounding().toInfinity(x.neg) {
			return l.infinity(x.neg)
		}
		return l.maxNormal(x.neg)
	case e.FPCR&FZ != 0 && x.exp >= -l.minExp: // 1 ÷ a would be denormal
		e.FPSR |= UFC
		return l.sign(x.neg)
	}
	estimate := recipEstimate(x.sig >> 55) // 1.xxxxxxxx, scaled by 2^(−1−exp)
	field := -1 - x.exp - l.minExp + 1
	frac := (estimate << (l.fracBits - 8)) & l.fracMask()
	if field <= 0 { // denormal: the implicit bit moves into the fraction
		frac = (frac | 1<<l.fracBits) >> (1 - field)
		field = 0
	}
	return l.sign(x.neg) | uint64(field)<<l.fracBits | frac
}

// RSqrtEstimate is FPRSqrtEstimate (FRSQRTE): 1 ÷ √a to eight bits. It never sets IXC.
func (e *Env) RSqrtEstimate(f Format, a uint64) uint64 {
	l := f.layout()
	x := e.unpack(f, a)
	switch {
	case x.isNaN():
		return e.processNaN(f, x.class, a)
	case x.class == zero:
		e.FPSR |= DZC
		return l.infinity(x.neg)
	case x.neg:
		return e.invalid(f)
	case x.class == infinite:
		return l.sign(false)
	}
	scaled := x.sig >> 55 // in 0.5..1, for an odd exponent
	if x.exp&1 == 0 {
		scaled >>= 1
	}
	estimate := uint64(recipSqrtEstimates[scaled])
	exp := (-1 - x.exp) >> 1
	return l.power(false, exp) | estimate<<(l.fracBits-8)&l.fracMask()
}

// UnsignedRecipEstimate is the 32-bit integer estimate of URECPE. The binary point of a is above bit 31, and the
// binary point of the result below bit 31.
func UnsignedRecipEstimate(a uint32) uint32 {
	if a>>31 == 0 {
		return ^uint32(0)
	}
	return uint32(recipEstimate(uint64(a>>23))) << 23
}

// UnsignedRSqrtEstimate is the 32-bit integer estimate of URSQRTE.
func UnsignedRSqrtEstimate(a uint32) uint32 {
	if a>>30 == 0 {
		return ^uint32(0)
	}
	return uint32(recipSqrtEstimates[a>>23]) << 23
}

// RecpX is FPRecpX (FRECPX): the power of two with the inverted exponent field, a factor for scaling.
func (e *Env) RecpX(f Format, a uint64) uint64 {
	l := f.layout()
	x := e.unpack(f, a)
	if x.isNaN() {
		return e.processNaN(f, x.class, a)
	}
	field := a >> l.fracBits & uint64(l.maxField)
	if field == 0 {
		field = 1 // zeros and denormals give the largest power
	}
	return l.sign(x.neg) | (uint64(l.maxField)-field)<<l.fracBits
}

// RecipStep is FPRecipStepFused (FRECPS): 2 − a×b with one rounding.
func (e *Env) RecipStep(f Format, a, b uint64) uint64 {
	return e.step(f, a, b, unpacked{class: finite, exp: 1, sig: 1 << 63}, 0)
}

// RSqrtStep is FPRSqrtStepFused (FRSQRTS): (3 − a×b) ÷ 2 with one rounding.
func (e *Env) RSqrtStep(f Format, a, b uint64) uint64 {
	return e.step(f, a, b, unpacked{class: finite, exp: 1, sig: 3 << 62}, -1)
}

// step computes (c − a×b)×2^scale, where zero times infinity counts as zero.
func (e *Env) step(f Format, a, b uint64, c unpacked, scale int) uint64 {
	a = f.Neg(a)
	x, y := e.unpack(f, a), e.unpack(f, b)
	switch {
	case x.isNaN() || y.isNaN():
		return e.processNaNs(f, x, y, a, b)
	case zeroTimesInfinity(x, y):
		return e.round(f, Zero, false, c.exp+scale, c.sig)
	case x.class == infinite || y.class == infinite:
		return f.layout().infinity(x.neg != y.neg)
	}
	return e.roundSum(f, e.Rounding(), scale, c.widen(), x.times(y))
}
