package fp

import "math/bits"

// RoundInt is FPRoundInt: a rounded to an integral value in the same format. With exact (FRINTX), it sets IXC if the
// result differs from a.
func (e *Env) RoundInt(f Format, a uint64, rm Rounding, exact bool) uint64 {
	x := e.unpack(f, a)
	drop := 63 - x.exp
	switch {
	case x.isNaN():
		return e.processNaN(f, x.class, a)
	case x.class == zero:
		return f.Zero(x.neg)
	case drop <= 63-int(f.layout().fracBits): // an infinity, or no fraction bits
		return a
	}
	n, err := split(x.sig, drop)
	if rm.up(x.neg, n, err) {
		n++
	}
	if err != 0 && exact {
		e.FPSR |= IXC
	}
	if n == 0 {
		return f.Zero(x.neg)
	}
	shift := bits.LeadingZeros64(n)
	return e.round(f, Zero, x.neg, 63-shift, n<<shift)
}
