package fp

import "cmp"

// compare orders two operands that are not NaNs; zeros are equal.
func compare(x, y unpacked) int {
	switch {
	case x.class == zero && y.class == zero:
		return 0
	case x.neg != y.neg:
		if x.neg {
			return -1
		}
		return 1
	}
	order := cmp.Or(cmp.Compare(x.exp, y.exp), cmp.Compare(x.sig, y.sig))
	if x.neg {
		return -order
	}
	return order
}

// unordered reports whether an operand is a NaN, setting IOC if one signals or any must.
func (e *Env) unordered(x, y unpacked, signalNaNs bool) bool {
	if !x.isNaN() && !y.isNaN() {
		return false
	}
	if signalNaNs || x.class == signallingNaN || y.class == signallingNaN {
		e.FPSR |= IOC
	}
	return true
}

// Compare is FPCompare: the flags N, Z, C, V in bits 3 to 0. With signalNaNs a quiet NaN sets IOC as well.
func (e *Env) Compare(f Format, a, b uint64, signalNaNs bool) uint8 {
	x, y := e.unpack(f, a), e.unpack(f, b)
	if e.unordered(x, y, signalNaNs) {
		return 0b0011
	}
	switch compare(x, y) {
	case 0:
		return 0b0110
	case -1:
		return 0b1000
	}
	return 0b0010
}

// CompareEQ is FPCompareEQ: a = b; only a signalling NaN sets IOC.
func (e *Env) CompareEQ(f Format, a, b uint64) bool {
	x, y := e.unpack(f, a), e.unpack(f, b)
	return !e.unordered(x, y, false) && compare(x, y) == 0
}

// CompareGE is FPCompareGE: a ≥ b; any NaN sets IOC.
func (e *Env) CompareGE(f Format, a, b uint64) bool {
	x, y := e.unpack(f, a), e.unpack(f, b)
	return !e.unordered(x, y, true) && compare(x, y) >= 0
}

// CompareGT is FPCompareGT: a > b; any NaN sets IOC.
func (e *Env) CompareGT(f Format, a, b uint64) bool {
	x, y := e.unpack(f, a), e.unpack(f, b)
	return !e.unordered(x, y, true) && compare(x, y) > 0
}
