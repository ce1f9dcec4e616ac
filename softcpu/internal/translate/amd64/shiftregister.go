package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Shifts by the signed lowest byte of each element of a register: to the left,
// or to the right when it is negative.

func init() {
	vectorTable{
		a64.VUSHL:  shiftBy(false, false),
		a64.VSSHL:  shiftBy(true, false),
		a64.VURSHL: shiftBy(false, true),
		a64.VSRSHL: shiftBy(true, true),
	}.install()
}

func shiftBy(signed, rounded bool) func(t *Translator, op *a64.Op) bool {
	return threeBy(func(t *Translator, op *a64.Op) {
		switch op.Size() {
		case 0:
			t.shiftBytes(signed, rounded)
		case 1:
			t.shiftHalfwords(signed, rounded)
		default:
			t.shiftVector(signed, rounded, op.Size())
		}
	})
}

// shiftBytes multiplies bytes as halfwords. An amount n from -8 to 7 becomes the
// factor 1<<(n+8) or 1<<n: of the product the upper byte is the result of a shift
// to the right, and the lower that of one to the left. All other amounts have the
// factor 0, as their result is, but to the right for signed numbers that are not
// rounded: there 8 does the same as more. It uses X2 to X8 and RAX.
func (t *Translator) shiftBytes(signed, rounded bool) {
	const factor, right, odd = X3, X4, X5
	down := PSRL
	if signed {
		down = PSRA
	}
	if signed && !rounded {
		t.constant(X2, byteMask(0xf8)) // -8
		t.RR(PMAXSB, false, X1, X2)
	}
	t.RR(PXOR, false, right, right)
	t.RR(PCMPGTB, false, right, X1) // which amounts are negative
	t.constant(X2, byteMask(8))
	t.RR(PADDB, false, X1, X2)
	t.constant(X2, byteMask(0x70))
	t.RR(PADDUSB, false, X1, X2)
	t.constant(factor, 0x80_40_20_10_08_04_02_01)
	t.RR(PSHUFB, false, factor, X1)

	t.RR(MOVAPS, false, odd, X0)
	t.shiftConstant(down, 1, odd, 8)
	t.RR(MOVAPS, false, X6, factor)
	t.shiftConstant(PSRL, 1, X6, 8)
	t.RR(PMULLW, false, odd, X6)
	t.shiftConstant(PSLL, 1, X0, 8)
	t.shiftConstant(down, 1, X0, 8)
	t.shiftConstant(PSLL, 1, factor, 8)
	t.shiftConstant(PSRL, 1, factor, 8)
	t.RR(PMULLW, false, X0, factor)

	t.RR(MOVAPS, false, X7, X0)
	t.RR(MOVAPS, false, X8, odd)
	if rounded {
		t.constant(X2, perElement(1, 0x80))
		t.RR(PADDW, false, X7, X2)
		t.RR(PADDW, false, X8, X2)
	}
	t.shiftConstant(PSRL, 1, X7, 8)
	t.shiftConstant(PSRL, 1, X8, 8)
	t.joinBytes(X7, X8)
	t.joinBytes(X0, odd)
	t.RR(PAND, false, X7, right)
	t.RR(PANDN, false, right, X0)
	t.RR(MOVAPS, false, X0, right)
	t.RR(POR, false, X0, X7)
}

// joinBytes makes bytes of even, of the lower bytes of its halfwords and above
// each that of odd, which it changes.
func (t *Translator) joinBytes(even, odd Reg) {
	t.shiftConstant(PSLL, 1, even, 8)
	t.shiftConstant(PSRL, 1, even, 8)
	t.shiftConstant(PSLL, 1, odd, 8)
	t.RR(POR, false, even, odd)
}

// shiftHalfwords shifts the lower and the upper halves of words as words. It
// uses all of X0 to X10.
func (t *Translator) shiftHalfwords(signed, rounded bool) {
	down := PSRL
	if signed {
		down = PSRA
	}
	t.RR(MOVAPS, false, X8, X0)
	t.RR(MOVAPS, false, X9, X1)
	t.shiftConstant(PSLL, 2, X0, 16)
	t.shiftConstant(down, 2, X0, 16)
	t.shiftVector(signed, rounded, 2)
	t.RR(MOVAPS, false, X10, X0)
	t.RR(MOVAPS, false, X0, X8)
	t.RR(MOVAPS, false, X1, X9)
	t.shiftConstant(down, 2, X0, 16)
	t.shiftConstant(PSRL, 2, X1, 16)
	t.shiftVector(signed, rounded, 2)
	t.shiftConstant(PSLL, 2, X0, 16)
	t.shiftConstant(PSLL, 2, X10, 16)
	t.shiftConstant(PSRL, 2, X10, 16)
	t.RR(POR, false, X0, X10)
}

// shiftVector shifts the elements of X0 by those of X1. It uses X2 to X7 and
// RAX. The host takes amounts as unsigned, and gives 0 for those beyond the
// width: of an amount and its negative, cut to a byte, one is such. Of a signed
// number the bits are inverted if it is negative, before and after.
func (t *Translator) shiftVector(signed, rounded bool, size int) {
	const left, right, amount, sign = X5, X7, X4, X6
	wide, width := size == 3, 8<<size
	t.constant(X2, perElement(size, 0xff))
	t.RR(MOVAPS, false, X3, X1)
	t.RR(PAND, false, X3, X2)
	t.VEX38(VPSLLV, wide, left, X0, X3)
	t.RR(PXOR, false, amount, amount)
	t.RR(psub[size], false, amount, X1)
	t.RR(PAND, false, amount, X2)
	if signed {
		t.RR(PXOR, false, sign, sign)
		t.RR(pcmpgt[size], false, sign, X0)
		t.RR(PXOR, false, X0, sign)
	}
	t.VEX38(VPSRLV, wide, right, X0, amount)
	if signed {
		t.RR(PXOR, false, right, sign)
	}
	if rounded { // the last bit shifted out
		t.ones(X3)
		t.RR(padd[size], false, amount, X3)
		t.RR(PAND, false, amount, X2)
		t.VEX38(VPSRLV, wide, X0, X0, amount)
		if signed {
			t.RR(PXOR, false, X0, sign)
		}
		t.shiftConstant(PSRL, size, X3, width-1)
		t.RR(PAND, false, X0, X3)
		t.RR(padd[size], false, right, X0)
	}
	t.shiftConstant(PSLL, size, X1, width-8)
	t.RR(PXOR, false, X3, X3)
	t.RR(pcmpgt[size], false, X3, X1) // which amounts are negative
	t.RR(PAND, false, right, X3)
	t.RR(MOVAPS, false, X0, left)
	t.RR(POR, false, X0, right)
}
