package fp

import "cmp"

// order compares two operands: −1, 0, 1, or unordered if one is a NaN, which sets IOC if one signals or, with
// signalNaNs, in any case.
func (e *Env) order(f Format, a, b uint64, signalNaNs bool) int {
	if r := e.hostOrder(f, a, b); r != unordered {
		return r
	}
	x, y := e.unpack(f, a), e.unpack(f, b)
	if !x.isNaN() && !y.isNaN() {
		return compare(x, y)
	}
	if signalNaNs || x.class == signallingNaN || y.class == signallingNaN {
		e.FPSR |= IOC
	}
	return unordered
}

// unordered is greater than the results of a comparison.
const unordered = 2

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

// Compare is FPCompare: the flags N, Z, C, V in bits 3 to 0. With signalNaNs a quiet NaN sets IOC as well.
func (e *Env) Compare(f Format, a, b uint64, signalNaNs bool) uint8 {
	switch e.order(f, a, b, signalNaNs) {
	case -1:
		return 0b1000
	case 0:
		return 0b0110
	case 1:
		return 0b0010
	}
	return 0b0011
}

// CompareEQ is FPCompareEQ: a = b; only a signalling NaN sets IOC.
func (e *Env) CompareEQ(f Format, a, b uint64) bool { return e.order(f, a, b, false) == 0 }

// CompareGE is FPCompareGE: a ≥ b; any NaN sets IOC.
func (e *Env) CompareGE(f Format, a, b uint64) bool {
	r := e.order(f, a, b, true)
	return r == 0 || r == 1
}

// CompareGT is FPCompareGT: a > b; any NaN sets IOC.
func (e *Env) CompareGT(f Format, a, b uint64) bool { return e.order(f, a, b, true) == 1 }
