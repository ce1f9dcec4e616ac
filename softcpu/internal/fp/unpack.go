package fp

import "math/bits"

type class uint8

const (
	zero   class = iota
	finite       // and not zero
	infinite
	quietNaN
	signallingNaN
)

// unpacked is an operand taken apart. A finite one is ±sig×2^(exp−63) with bit 63 of sig set, so 1 ≤ |value|
// < 2 scaled by 2^exp. The exponents of zeros and infinities order them below and above every finite one.
type unpacked struct {
	class class
	neg   bool
	exp   int
	sig   uint64
}

const (
	zeroExp     = -1 << 16
	infiniteExp = 1 << 16
)

func (u unpacked) isNaN() bool { return u.class >= quietNaN }

// unpack is FPUnpack. With FPCR.FZ a denormal single or double becomes a zero and sets IDC. A half never does
// (FPUnpackCV). With FPCR.AHP a half has neither infinities nor NaNs.
func (e *Env) unpack(f Format, a uint64) unpacked {
	l := f.layout()
	neg := a>>(l.width-1)&1 != 0
	frac := a & l.fracMask()
	field := int(a >> l.fracBits & uint64(l.maxField))
	switch {
	case field == 0:
		if frac != 0 && f != Half && e.FPCR&FZ != 0 {
			e.FPSR |= IDC
			frac = 0
		}
		if frac == 0 {
			return unpacked{class: zero, neg: neg, exp: zeroExp}
		}
		shift := bits.LeadingZeros64(frac)
		return unpacked{finite, neg, l.minExp + 63 - int(l.fracBits) - shift, frac << shift}
	case field == l.maxField && !(f == Half && e.FPCR&AHP != 0):
		switch {
		case frac == 0:
			return unpacked{class: infinite, neg: neg, exp: infiniteExp}
		case frac&l.quiet() != 0:
			return unpacked{class: quietNaN, neg: neg}
		}
		return unpacked{class: signallingNaN, neg: neg}
	}
	return unpacked{finite, neg, field - 1 + l.minExp, 1<<63 | frac<<(63-l.fracBits)}
}
