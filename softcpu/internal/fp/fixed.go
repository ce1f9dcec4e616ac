package fp

import "math/bits"

// Fixed describes a fixed-point or integer operand: its size in bits (32 or 64), the number of fraction bits among
// them, and whether it is unsigned.
type Fixed struct {
	Bits     uint
	Fraction uint
	Unsigned bool
}

// limit returns the largest magnitude a value of the given sign may have.
func (t Fixed) limit(neg bool) uint64 {
	switch {
	case t.Unsigned && neg:
		return 0
	case t.Unsigned:
		return 1<<t.Bits - 1
	case neg:
		return 1 << (t.Bits - 1)
	}
	return 1<<(t.Bits-1) - 1
}

// ToFixed is FPToFixed: a rounded to fixed point and saturated, in the low t.Bits bits. A NaN gives zero. NaN and
// saturation set IOC and do not set IXC.
func (e *Env) ToFixed(f Format, a uint64, t Fixed, rm Rounding) uint64 {
	x := e.unpack(f, a)
	if x.isNaN() {
		e.FPSR |= IOC
		return 0
	}
	if x.class == zero {
		return 0
	}
	limit := t.limit(x.neg)
	n, saturated := limit, true
	if drop := 63 - x.exp - int(t.Fraction); drop >= 0 {
		var err uint64
		n, err = split(x.sig, drop)
		if rm.up(x.neg, n, err) {
			n++
		}
		if saturated = n > limit; !saturated && err != 0 {
			e.FPSR |= IXC
		}
	}
	if saturated {
		e.FPSR |= IOC
		n = limit
	}
	if x.neg {
		n = -n
	}
	return n & (1<<t.Bits - 1)
}

// FromFixed is FixedToFP: the low t.Bits bits of a, converted to the format and rounded.
func (e *Env) FromFixed(f Format, a uint64, t Fixed, rm Rounding) uint64 {
	n := a & (1<<t.Bits - 1)
	neg := !t.Unsigned && n>>(t.Bits-1) != 0
	if neg {
		n = -n & (1<<t.Bits - 1)
	}
	if n == 0 {
		return f.Zero(false)
	}
	shift := bits.LeadingZeros64(n)
	return e.round(f, rm, neg, 63-shift-int(t.Fraction), n<<shift)
}
