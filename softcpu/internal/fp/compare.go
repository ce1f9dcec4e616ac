package fp

import "cmp"

// order compares two operands and returns −1, 0, 1, or unordered if one is a NaN. A signalling NaN sets IOC. With
// signalNaNs a quiet one does too.
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

// unordered is greater than every result of a comparison of numbers.
const unordered = 2

// compare orders two operands that are not NaNs. Zeros are equal.
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

// CompareEQ is FPCompareEQ: a = b. Only a signalling NaN sets IOC.
func (e *Env) CompareEQ(f Format, a, b uint64) bool { return e.order(f, a, b, false) == 0 }

// CompareGE is FPCompareGE: a ≥ b. Any NaN sets IOC.
func (e *Env) CompareGE(f Format, a, b uint64) bool {
	r := e.order(f, a, b, true)
	return r == 0 || r == 1
}

// CompareGT is FPCompareGT: a > b. Any NaN sets IOC.
func (e *Env) CompareGT(f Format, a, b uint64) bool { return e.order(f, a, b, true) == 1 }
