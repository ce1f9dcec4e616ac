package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Saturating instructions of bytes and halfwords, and of words where products
// are doubled. FPSR.QC is set when an element saturates: that is seen where the
// result differs from one that does not.

func init() {
	vectorTable{
		a64.VUQADD: saturated([]Inst{PADDUSB, PADDUSW, 0, 0}, padd),
		a64.VSQADD: saturated([]Inst{PADDSB, PADDSW, 0, 0}, padd),
		a64.VUQSUB: saturated([]Inst{PSUBUSB, PSUBUSW, 0, 0}, psub),
		a64.VSQSUB: saturated([]Inst{PSUBSB, PSUBSW, 0, 0}, psub),

		a64.VSQXTN:    narrowSaturated(signedToSigned, wholeShift),
		a64.VSQXTUN:   narrowSaturated(signedToUnsigned, wholeShift),
		a64.VUQXTN:    narrowSaturated(unsignedToUnsigned, wholeShift),
		a64.VSQSHRN:   narrowSaturated(signedToSigned, (*Translator).shiftDown),
		a64.VSQRSHRN:  narrowSaturated(signedToSigned, (*Translator).shiftDownRounded),
		a64.VSQSHRUN:  narrowSaturated(signedToUnsigned, (*Translator).shiftDown),
		a64.VSQRSHRUN: narrowSaturated(signedToUnsigned, (*Translator).shiftDownRounded),
		a64.VUQSHRN:   narrowSaturated(unsignedToUnsigned, (*Translator).shiftDown),
		a64.VUQRSHRN:  narrowSaturated(unsignedToUnsigned, (*Translator).shiftDownRounded),

		a64.VSQDMULH:      doubledProduct(false, false),
		a64.VSQRDMULH:     doubledProduct(true, false),
		a64.VSQDMULHElem:  doubledProduct(false, true),
		a64.VSQRDMULHElem: doubledProduct(true, true),
	}.install()
}

// qc is FPSR.QC.
const qc = 1 << 27

// noteSaturation sets FPSR.QC unless all of X2's lower bytes, 8 or 16, are ones.
// It uses RAX.
func (t *Translator) noteSaturation(bytes uint) {
	t.RR(PMOVMSKB, false, RAX, X2)
	t.RR(UNARY, false, NOT, RAX)
	t.TestImm(false, RAX, 1<<bytes-1)
	none := t.Jcc8(E)
	t.ALUMI(OR, false, t.field(t.l.FPSR), qc)
	t.Land8(none)
}

// saturated is an instruction that the host has with and without saturation.
func saturated(with, without []Inst) func(t *Translator, op *a64.Op) bool {
	return threeBy(func(t *Translator, op *a64.Op) {
		size, bytes := op.Size(), uint(8)
		if op.Q() {
			bytes = 16
		}
		t.RR(MOVAPS, false, X2, X0)
		t.RR(with[size], false, X0, X1)
		t.RR(without[size], false, X2, X1)
		t.RR(PCMPEQB, false, X2, X0)
		t.noteSaturation(bytes)
	}, with...)
}

// narrowing is how wide elements become narrow ones.
type narrowing uint8

const (
	signedToSigned narrowing = iota
	signedToUnsigned
	unsignedToUnsigned
)

// wholeShift is a shift by nothing.
func wholeShift(t *Translator, signed bool, size int, x Reg, by int) {}

// narrowSaturated shifts elements right and halves their width.
func narrowSaturated(how narrowing, shift func(t *Translator, signed bool, size int, x Reg, by int)) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if op.Scalar() || op.Size() == 2 {
			return false
		}
		wide := op.Size() + 1
		trapped := t.enabled()
		t.loadX(X0, op.Rn)
		shift(t, how != unsignedToUnsigned, wide, X0, op.Index())
		t.RR(MOVAPS, false, X1, X0)
		t.pack(how, op.Size())
		t.RR(pcmpeq[wide], false, X2, X1)
		t.noteSaturation(16)
		if op.Q() {
			t.RM(MOVQM, false, X0, t.v(op.Rd, 8))
		} else {
			t.RR(MOVQ, false, X0, X0)
			t.storeX(op.Rd)
		}
		t.slow(trapped)
		return true
	}
}

// pack saturates the elements of X0 to those of 1<<size bytes, with them
// extended again in X2. The host packs signed elements.
func (t *Translator) pack(how narrowing, size int) {
	signed, unsigned := [2]Inst{PACKSSWB, PACKSSDW}[size], [2]Inst{PACKUSWB, PACKUSDW}[size]
	switch how {
	case signedToSigned:
		t.RR(signed, false, X0, X0)
		t.RR(extendSigned[size], false, X2, X0)
		return
	case unsignedToUnsigned:
		t.constant(X2, evenMask(size))
		t.RR(pminu[size+1], false, X0, X2)
	}
	t.RR(unsigned, false, X0, X0)
	t.RR(extendUnsigned[size], false, X2, X0)
}

// doubledProduct is SQDMULH and SQRDMULH. Only the square of the most negative
// number saturates, which as a result says so; that goes the general way.
func doubledProduct(rounded, element bool) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if op.Scalar() {
			return false
		}
		size := op.Size()
		trapped := t.enabled()
		t.loadX(X0, op.Rn)
		if element {
			t.broadcast(X1, op.Rm, size, op.Index())
		} else {
			t.loadX(X1, op.Rm)
		}
		switch {
		case size == 2:
			t.doubledWords(rounded)
		case rounded:
			t.RR(PMULHRSW, false, X0, X1)
		default:
			t.RR(MOVAPS, false, X2, X0)
			t.RR(PMULHW, false, X0, X1)
			t.RR(PMULLW, false, X2, X1)
			t.shiftConstant(PSLL, 1, X0, 1)
			t.shiftConstant(PSRL, 1, X2, 15)
			t.RR(POR, false, X0, X2)
		}
		if !op.Q() {
			t.RR(MOVQ, false, X0, X0)
		}
		t.constant(X2, perElement(size, 1<<(8<<size-1)))
		t.RR(pcmpeq[size], false, X2, X0)
		t.RR(PMOVMSKB, false, RAX, X2)
		t.RR(TEST, false, RAX, RAX)
		most := t.Jcc(NE)
		t.storeX(op.Rd)
		t.slow(trapped, most)
		return true
	}
}

// doubledWords multiplies the even words of X0 and X1 and the odd ones, and
// keeps the upper half of twice each product.
func (t *Translator) doubledWords(rounded bool) {
	t.RR(MOVAPS, false, X2, X0)
	t.RR(MOVAPS, false, X3, X1)
	t.shiftConstant(PSRL, 3, X2, 32)
	t.shiftConstant(PSRL, 3, X3, 32)
	t.RR(PMULDQ, false, X0, X1)
	t.RR(PMULDQ, false, X2, X3)
	t.RR(PADDQ, false, X0, X0)
	t.RR(PADDQ, false, X2, X2)
	if rounded {
		t.constant(X3, 1<<31)
		t.RR(PADDQ, false, X0, X3)
		t.RR(PADDQ, false, X2, X3)
	}
	t.shiftConstant(PSRL, 3, X0, 32)
	t.shiftConstant(PSRL, 3, X2, 32)
	t.shiftConstant(PSLL, 3, X2, 32)
	t.RR(POR, false, X0, X2)
}
