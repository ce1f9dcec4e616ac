package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Permutations.

func init() {
	vectorTable{
		a64.VZIP1: threeBy(func(t *Translator, op *a64.Op) {
			t.RR(unpackl[op.Size()], false, X0, X1)
		}),
		a64.VZIP2: zipHigh,
		a64.VUZP1: threeBy(func(t *Translator, op *a64.Op) { t.evenAndOdd(op) }),
		a64.VUZP2: threeBy(func(t *Translator, op *a64.Op) {
			t.evenAndOdd(op)
			t.RR(MOVAPS, false, X0, X1)
		}),
		a64.VTRN1: threeBy(transposeEven),
		a64.VTRN2: threeBy(transposeOdd),

		a64.VREV64: two(func(t *Translator, op *a64.Op) { t.reverse(op.Size(), 3) }),
		a64.VREV32: two(func(t *Translator, op *a64.Op) { t.reverse(op.Size(), 2) }),
		a64.VREV16: two(func(t *Translator, op *a64.Op) { t.reverse(op.Size(), 1) }),

		a64.VTBL: lookUp,
		a64.VTBX: lookUp,
	}.install()
}

// zipHigh is ZIP2: the upper halves, which are those of 64 bits in that form.
func zipHigh(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.loadX(X0, op.Rn)
	t.loadX(X1, op.Rm)
	if op.Q() {
		t.RR(unpackh[op.Size()], false, X0, X1)
	} else {
		t.RR(unpackl[op.Size()], false, X0, X1)
		t.RRByte(PSHUFD, false, X0, X0, 0xee) // the upper half
	}
	t.storeQ(op)
	t.slow(trapped)
	return true
}

// evenAndOdd puts the elements with even numbers of X0, followed by those of X1,
// into X0, and those with odd numbers into X1. It uses X2 to X4.
func (t *Translator) evenAndOdd(op *a64.Op) {
	size := op.Size()
	if !op.Q() {
		t.RR(PUNPCKLQDQ, false, X0, X1)
		t.RR(MOVAPS, false, X1, X0)
	}
	t.RR(MOVAPS, false, X2, X0)
	switch size {
	case 3:
		t.RR(PUNPCKLQDQ, false, X0, X1)
		t.RR(PUNPCKHQDQ, false, X2, X1)
	case 2:
		t.RRByte(SHUFPS, false, X0, X1, 0x88)
		t.RRByte(SHUFPS, false, X2, X1, 0xdd)
	default:
		pack, width := [2]Inst{PACKUSWB, PACKUSDW}[size], 8<<size
		t.RR(MOVAPS, false, X3, X1)
		t.shiftConstant(PSRL, size+1, X2, width)
		t.shiftConstant(PSRL, size+1, X3, width)
		t.RR(pack, false, X2, X3)
		t.constant(X4, evenMask(size))
		t.RR(PAND, false, X0, X4)
		t.RR(PAND, false, X1, X4)
		t.RR(pack, false, X0, X1)
	}
	t.RR(MOVAPS, false, X1, X2)
}

// evenMask has all bits of the even bytes or halfwords.
func evenMask(size int) uint64 { return [2]uint64{0x00ff00ff00ff00ff, 0x0000ffff0000ffff}[size] }

// transposeEven is TRN1: even elements of X0 with those of X1 above each.
func transposeEven(t *Translator, op *a64.Op) {
	size, width := op.Size(), 8<<op.Size()
	if size == 3 {
		t.RR(PUNPCKLQDQ, false, X0, X1)
		return
	}
	t.shiftConstant(PSLL, size+1, X0, width)
	t.shiftConstant(PSRL, size+1, X0, width)
	t.shiftConstant(PSLL, size+1, X1, width)
	t.RR(POR, false, X0, X1)
}

// transposeOdd is TRN2: odd elements.
func transposeOdd(t *Translator, op *a64.Op) {
	size, width := op.Size(), 8<<op.Size()
	if size == 3 {
		t.RR(PUNPCKHQDQ, false, X0, X1)
		return
	}
	t.shiftConstant(PSRL, size+1, X0, width)
	t.shiftConstant(PSRL, size+1, X1, width)
	t.shiftConstant(PSLL, size+1, X1, width)
	t.RR(POR, false, X0, X1)
}

// reverse puts X1 into X0 with the elements of 1<<size bytes of each 1<<container
// in reverse order. Bytes are halfwords whose bytes are swapped.
func (t *Translator) reverse(size, container int) {
	if size == 2 {
		t.RRByte(PSHUFD, false, X0, X1, 0b10_11_00_01)
		return
	}
	t.RR(MOVAPS, false, X0, X1)
	if container > 1 {
		order := [4]uint8{2: 0b10_11_00_01, 3: 0b00_01_10_11}[container]
		t.RRByte(PSHUFLW, false, X0, X0, order)
		t.RRByte(PSHUFHW, false, X0, X0, order)
	}
	if size == 0 {
		t.RR(MOVAPS, false, X1, X0)
		t.shiftConstant(PSLL, 1, X0, 8)
		t.shiftConstant(PSRL, 1, X1, 8)
		t.RR(POR, false, X0, X1)
	}
}

// lookUp is TBL and TBX. PSHUFB takes four bits of an index and clears where bit
// 7 is set: adding 0x70, saturated, sets it from 16 on. For each further register
// of the table the indices move down by 16, those passed below zero to the top.
func lookUp(t *Translator, op *a64.Op) bool {
	registers := op.Index()&3 + 1
	trapped := t.enabled()
	t.loadX(X1, op.Rm)
	t.constant(X3, byteMask(0x70))
	if op.Code == a64.VTBX {
		t.beyondTable(op, registers)
	}
	t.RR(PXOR, false, X0, X0)
	for k := range registers {
		if k > 0 {
			t.constant(X2, byteMask(16))
			t.RR(PSUBB, false, X1, X2)
		}
		t.RR(MOVAPS, false, X2, X1)
		t.RR(PADDUSB, false, X2, X3)
		t.loadX(X4, op.Rn+uint8(k))
		t.RR(PSHUFB, false, X4, X2)
		t.RR(POR, false, X0, X4)
	}
	if op.Code == a64.VTBX {
		t.RR(POR, false, X0, X5)
	}
	t.storeQ(op)
	t.slow(trapped)
	return true
}

// beyondTable computes X5 = the bytes of Rd whose indices in X1 are outside a
// table of that many registers.
func (t *Translator) beyondTable(op *a64.Op, registers int) {
	t.RR(MOVAPS, false, X5, X1)
	t.constant(X2, byteMask(uint8(16*registers-1)))
	t.RR(PSUBUSB, false, X5, X2)
	t.RR(PXOR, false, X2, X2)
	t.RR(PCMPEQB, false, X5, X2)
	t.loadX(X4, op.Rd)
	t.RR(PANDN, false, X5, X4)
}
