package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Absolute values, means, counts, and what combines neighbours or all elements.

func init() {
	vectorTable{
		a64.VABS: two(func(t *Translator, op *a64.Op) {
			t.RR(MOVAPS, false, X0, X1)
			t.absolute(X0, op.Size())
		}),
		a64.VUABD: threeBy(difference(pmaxu, pminu)),
		a64.VSABD: threeBy(difference(pmaxs, pmins)),
		a64.VUABA: threeBy(accumulateDifference(pmaxu, pminu)),
		a64.VSABA: threeBy(accumulateDifference(pmaxs, pmins)),

		a64.VUHADD:  threeBy(halved(false, sumHalved)),
		a64.VSHADD:  threeBy(halved(true, sumHalved)),
		a64.VURHADD: threeBy(halved(false, sumHalvedUp)),
		a64.VSRHADD: threeBy(halved(true, sumHalvedUp)),
		a64.VUHSUB:  threeBy(halved(false, differenceHalved)),
		a64.VSHSUB:  threeBy(halved(true, differenceHalved)),

		a64.VADDP:  threeBy(pairwise(padd)),
		a64.VUMAXP: threeBy(pairwise(pmaxu)),
		a64.VUMINP: threeBy(pairwise(pminu)),
		a64.VSMAXP: threeBy(pairwise(pmaxs)),
		a64.VSMINP: threeBy(pairwise(pmins)),
		a64.VADDPScalar: func(t *Translator, op *a64.Op) bool {
			trapped := t.enabled()
			t.RM(MOV, true, RAX, t.v(op.Rn, 0))
			t.ALURM(ADD, true, RAX, t.v(op.Rn, 8))
			t.RR(MOVD, true, X0, RAX)
			return t.end(op, trapped)
		},

		a64.VUADDLP: two(addLongPairs(false)),
		a64.VSADDLP: two(addLongPairs(true)),
		a64.VUADALP: two(accumulateLongPairs(false)),
		a64.VSADALP: two(accumulateLongPairs(true)),

		a64.VADDV:   across(padd),
		a64.VUMAXV:  across(pmaxu),
		a64.VUMINV:  across(pminu),
		a64.VSMAXV:  across(pmaxs),
		a64.VSMINV:  across(pmins),
		a64.VUADDLV: acrossLong(false),
		a64.VSADDLV: acrossLong(true),

		a64.VCNT:  two(countBits),
		a64.VRBIT: two(reverseBits),
	}.install()
}

// absolute makes the elements of x absolute. It uses X5.
func (t *Translator) absolute(x Reg, size int) {
	if size < 3 {
		t.RR([3]Inst{PABSB, PABSW, PABSD}[size], false, x, x)
		return
	}
	t.RR(PXOR, false, X5, X5)
	t.RR(PCMPGTQ, false, X5, x)
	t.RR(PXOR, false, x, X5)
	t.RR(PSUBQ, false, x, X5)
}

// difference is UABD and SABD: the larger less the smaller.
func difference(larger, smaller []Inst) func(t *Translator, op *a64.Op) {
	return func(t *Translator, op *a64.Op) {
		t.RR(MOVAPS, false, X2, X0)
		t.RR(larger[op.Size()], false, X0, X1)
		t.RR(smaller[op.Size()], false, X2, X1)
		t.RR(psub[op.Size()], false, X0, X2)
	}
}

func accumulateDifference(larger, smaller []Inst) func(t *Translator, op *a64.Op) {
	emit := difference(larger, smaller)
	return func(t *Translator, op *a64.Op) {
		emit(t, op)
		t.loadX(X1, op.Rd)
		t.RR(padd[op.Size()], false, X0, X1)
	}
}

// halved is an instruction that halves a sum or difference of one bit more. Half
// of the bits in which the operands differ is X2, to which finish adds or from
// which it subtracts the rest.
func halved(signed bool, finish func(t *Translator, size int)) func(t *Translator, op *a64.Op) {
	return func(t *Translator, op *a64.Op) {
		t.RR(MOVAPS, false, X2, X0)
		t.RR(PXOR, false, X2, X1)
		t.shiftDown(signed, op.Size(), X2, 1)
		finish(t, op.Size())
	}
}

// sumHalved: n + m = 2(n AND m) + (n EOR m).
func sumHalved(t *Translator, size int) {
	t.RR(PAND, false, X0, X1)
	t.RR(padd[size], false, X0, X2)
}

// sumHalvedUp: n + m = 2(n OR m) - (n EOR m).
func sumHalvedUp(t *Translator, size int) {
	t.RR(POR, false, X0, X1)
	t.RR(psub[size], false, X0, X2)
}

// differenceHalved: n - m = (n EOR m) - 2(NOT n AND m).
func differenceHalved(t *Translator, size int) {
	t.RR(PANDN, false, X0, X1)
	t.RR(psub[size], false, X2, X0)
	t.RR(MOVAPS, false, X0, X2)
}

// pairwise combines each two neighbours of Rn, then of Rm.
func pairwise(bySize []Inst) func(t *Translator, op *a64.Op) {
	return func(t *Translator, op *a64.Op) {
		t.evenAndOdd(op)
		t.RR(bySize[op.Size()], false, X0, X1)
	}
}

// addLongPairs adds the neighbours in X1 as elements of twice the width, in X0.
func addLongPairs(signed bool) func(t *Translator, op *a64.Op) {
	return func(t *Translator, op *a64.Op) {
		wide, width := op.Size()+1, 8<<op.Size()
		t.RR(MOVAPS, false, X0, X1)
		t.shiftConstant(PSLL, wide, X0, width)
		t.shiftDown(signed, wide, X0, width)
		t.shiftDown(signed, wide, X1, width)
		t.RR(padd[wide], false, X0, X1)
	}
}

func accumulateLongPairs(signed bool) func(t *Translator, op *a64.Op) {
	emit := addLongPairs(signed)
	return func(t *Translator, op *a64.Op) {
		emit(t, op)
		t.loadX(X1, op.Rd)
		t.RR(padd[op.Size()+1], false, X0, X1)
	}
}

// across combines all elements into one.
func across(bySize []Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		trapped := t.enabled()
		t.loadX(X0, op.Rn)
		t.fold(op.Q(), op.Size(), bySize[op.Size()])
		return t.end(op, trapped)
	}
}

// acrossLong is UADDLV and SADDLV.
func acrossLong(signed bool) func(t *Translator, op *a64.Op) bool {
	emit := addLongPairs(signed)
	return func(t *Translator, op *a64.Op) bool {
		trapped := t.enabled()
		t.loadX(X1, op.Rn)
		emit(t, op)
		t.fold(op.Q(), op.Size()+1, padd[op.Size()+1])
		return t.end(op, trapped)
	}
}

// fold combines the elements of X0, of 1<<size bytes, halves with halves, until
// there is one, and clears the rest. It uses X1 and RAX.
func (t *Translator) fold(q bool, size int, i Inst) {
	if q {
		t.RRByte(PSHUFD, false, X1, X0, 0b11_10)
		t.RR(i, false, X0, X1)
	}
	for half := 2; half >= size; half-- {
		t.RR(MOVAPS, false, X1, X0)
		t.shiftConstant(PSRL, half+1, X1, 8<<half)
		t.RR(i, false, X0, X1)
	}
	t.RR(MOVDM, size == 3, X0, RAX)
	switch size {
	case 0:
		t.RR(MOVZX8, false, RAX, RAX)
	case 1:
		t.RR(MOVZX16, false, RAX, RAX)
	}
	t.RR(MOVD, true, X0, RAX)
}

// nibbles looks up the lower halves of X1's bytes in the table in X0, with the
// result there, and the upper halves in X2, which has a table, too.
func (t *Translator) nibbles() {
	t.constant(X3, byteMask(0x0f))
	t.RR(MOVAPS, false, X4, X1)
	t.RR(PAND, false, X1, X3)
	t.shiftConstant(PSRL, 1, X4, 4)
	t.RR(PAND, false, X4, X3)
	t.RR(PSHUFB, false, X0, X1)
	t.RR(PSHUFB, false, X2, X4)
}

func countBits(t *Translator, op *a64.Op) {
	t.constants(X0, 0x03_02_02_01_02_01_01_00, 0x04_03_03_02_03_02_02_01)
	t.RR(MOVAPS, false, X2, X0)
	t.nibbles()
	t.RR(PADDB, false, X0, X2)
}

// reverseBits is RBIT of bytes.
func reverseBits(t *Translator, op *a64.Op) {
	t.constants(X0, 0x0e_06_0a_02_0c_04_08_00, 0x0f_07_0b_03_0d_05_09_01)
	t.RR(MOVAPS, false, X2, X0)
	t.nibbles()
	t.shiftConstant(PSLL, 1, X0, 4)
	t.RR(POR, false, X0, X2)
}
