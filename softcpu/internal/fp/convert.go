package fp

// Convert is FPConvert: a converted to format to. Narrowing rounds in the mode of FPCR.
func (e *Env) Convert(to, from Format, a uint64) uint64 { return e.convert(to, from, a, e.Rounding()) }

// ConvertXN converts a double to a single (FCVTXN). It rounds to odd, so that a second rounding to half is correct.
func (e *Env) ConvertXN(a uint64) uint64 { return e.convert(Single, Double, a, Odd) }

func (e *Env) convert(to, from Format, a uint64, rm Rounding) uint64 {
	l := to.layout()
	x := e.unpack(from, a)
	alternative := to == Half && e.FPCR&AHP != 0
	switch {
	case x.isNaN() && alternative:
		e.FPSR |= IOC
		return l.sign(x.neg)
	case x.isNaN():
		return e.processNaN(to, x.class, convertNaN(l, from.layout(), a))
	case x.class == infinite && alternative:
		e.FPSR |= IOC
		return l.ones(x.neg)
	case x.class == infinite:
		return l.infinity(x.neg)
	case x.class == zero:
		return l.sign(x.neg)
	}
	return e.round(to, rm, x.neg, x.exp, x.sig)
}

// convertNaN is FPConvertNaN. It keeps the sign and the upper bits of the payload, and makes the NaN quiet.
func convertNaN(to, from *layout, a uint64) uint64 {
	neg := a>>(from.width-1)&1 != 0
	payload := (a & from.fracMask()) << (52 - from.fracBits) >> (52 - to.fracBits)
	return to.infinity(neg) | to.quiet() | payload
}
