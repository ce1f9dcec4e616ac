package fp

// split divides sig, a 64-bit integer, at a binary point above its low drop bits. It returns the integer part and the
// fraction in units of 2⁻⁶⁴. A value too small to matter keeps a non-zero fraction.
func split(sig uint64, drop int) (integer, err uint64) {
	if drop > 64 {
		return 0, 1
	}
	return sig >> uint(drop), sig << uint(64-drop)
}

// round is FPRound: it rounds ±sig×2^(exp−63), bit 63 of sig set, to the format in the given direction. Bit 0
// of sig may stand for any non-zero remainder ("sticky"): every format drops at least eleven bits.
func (e *Env) round(f Format, rm Rounding, neg bool, exp int, sig uint64) uint64 {
	l := f.layout()
	above := exp - l.minExp // exponent field minus one, when not negative
	drop := 63 - int(l.fracBits)
	tiny := above < 0
	if tiny {
		if f != Half && e.FPCR&FZ != 0 {
			e.FPSR |= UFC
			return l.sign(neg)
		}
		drop -= above
		above = 0
	}
	mant, err := split(sig, drop)
	if tiny && err != 0 {
		e.FPSR |= UFC
	}
	if rm.up(neg, mant, err) {
		mant++
	} else if rm == Odd && err != 0 {
		mant |= 1
	}
	// A normal mantissa's top bit adds one to the exponent field, and so does a carry out of it.
	field := above + int(mant>>l.fracBits)
	if field >= l.maxField && (f != Half || e.FPCR&AHP == 0) {
		e.FPSR |= OFC | IXC
		if rm.toInfinity(neg) {
			return l.infinity(neg)
		}
		return l.maxNormal(neg)
	}
	if field > l.maxField { // alternative half precision
		e.FPSR |= IOC
		return l.ones(neg)
	}
	if err != 0 {
		e.FPSR |= IXC
	}
	return l.sign(neg) | uint64(field)<<l.fracBits | mant&l.fracMask()
}
