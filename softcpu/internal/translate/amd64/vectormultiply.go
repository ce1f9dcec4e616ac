package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Integer products, and sums of elements of twice the width.

func init() {
	vectorTable{
		a64.VMUL:     threeBy(multiply, multiplies...),
		a64.VMLA:     threeBy(accumulateProduct(padd), multiplies...),
		a64.VMLS:     threeBy(accumulateProduct(psub), multiplies...),
		a64.VMULElem: byElement(multiply),
		a64.VMLAElem: byElement(accumulateProduct(padd)),
		a64.VMLSElem: byElement(accumulateProduct(psub)),

		a64.VSMULL: long{extend: extendSigned, emit: multiplyLong}.vectors,
		a64.VUMULL: long{extend: extendUnsigned, emit: multiplyLong}.vectors,
		a64.VSMLAL: long{extend: extendSigned, emit: multiplyLong, accumulate: padd}.vectors,
		a64.VUMLAL: long{extend: extendUnsigned, emit: multiplyLong, accumulate: padd}.vectors,
		a64.VSMLSL: long{extend: extendSigned, emit: multiplyLong, accumulate: psub}.vectors,
		a64.VUMLSL: long{extend: extendUnsigned, emit: multiplyLong, accumulate: psub}.vectors,

		a64.VSMULLElem: long{extend: extendSigned, emit: multiplyLong}.byElement,
		a64.VUMULLElem: long{extend: extendUnsigned, emit: multiplyLong}.byElement,
		a64.VSMLALElem: long{extend: extendSigned, emit: multiplyLong, accumulate: padd}.byElement,
		a64.VUMLALElem: long{extend: extendUnsigned, emit: multiplyLong, accumulate: padd}.byElement,
		a64.VSMLSLElem: long{extend: extendSigned, emit: multiplyLong, accumulate: psub}.byElement,
		a64.VUMLSLElem: long{extend: extendUnsigned, emit: multiplyLong, accumulate: psub}.byElement,

		a64.VSADDL: long{extend: extendSigned, emit: wideSum(padd)}.vectors,
		a64.VUADDL: long{extend: extendUnsigned, emit: wideSum(padd)}.vectors,
		a64.VSSUBL: long{extend: extendSigned, emit: wideSum(psub)}.vectors,
		a64.VUSUBL: long{extend: extendUnsigned, emit: wideSum(psub)}.vectors,
		a64.VSADDW: long{extend: extendSigned, emit: wideSum(padd), wide: true}.vectors,
		a64.VUADDW: long{extend: extendUnsigned, emit: wideSum(padd), wide: true}.vectors,
		a64.VSSUBW: long{extend: extendSigned, emit: wideSum(psub), wide: true}.vectors,
		a64.VUSUBW: long{extend: extendUnsigned, emit: wideSum(psub), wide: true}.vectors,

		a64.VSABDL: long{extend: extendSigned, emit: wideDifference}.vectors,
		a64.VUABDL: long{extend: extendUnsigned, emit: wideDifference}.vectors,
		a64.VSABAL: long{extend: extendSigned, emit: wideDifference, accumulate: padd}.vectors,
		a64.VUABAL: long{extend: extendUnsigned, emit: wideDifference, accumulate: padd}.vectors,
	}.install()
}

// multiplies says for which element sizes multiply works.
var multiplies = []Inst{PMULLW, PMULLW, PMULLD, 0}

// multiply is X0 = X0 * X1. Bytes are multiplied as the lower and the upper ones
// of halfwords. It uses X2 and X3.
func multiply(t *Translator, op *a64.Op) {
	if op.Size() != 0 {
		t.RR(multiplies[op.Size()], false, X0, X1)
		return
	}
	t.RR(MOVAPS, false, X2, X0)
	t.RR(MOVAPS, false, X3, X1)
	t.RR(PMULLW, false, X0, X1)
	t.shiftConstant(PSRL, 1, X2, 8)
	t.shiftConstant(PSRL, 1, X3, 8)
	t.RR(PMULLW, false, X2, X3)
	t.shiftConstant(PSLL, 1, X2, 8)
	t.shiftConstant(PSLL, 1, X0, 8)
	t.shiftConstant(PSRL, 1, X0, 8)
	t.RR(POR, false, X0, X2)
}

// accumulateProduct is MLA and MLS.
func accumulateProduct(sum []Inst) func(t *Translator, op *a64.Op) {
	return func(t *Translator, op *a64.Op) {
		multiply(t, op)
		t.RR(MOVAPS, false, X1, X0)
		t.loadX(X0, op.Rd)
		t.RR(sum[op.Size()], false, X0, X1)
	}
}

// byElement is threeBy with one element of Rm in all lanes of X1.
func byElement(emit func(t *Translator, op *a64.Op)) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if op.Scalar() {
			return false
		}
		trapped := t.enabled()
		t.loadX(X0, op.Rn)
		t.broadcast(X1, op.Rm, op.Size(), op.Index())
		emit(t, op)
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}

// long is an instruction on elements that are extended to twice their width:
// emit computes X0 from X0 and X1, which are added to or subtracted from Rd.
type long struct {
	extend     [3]Inst
	emit       func(t *Translator, op *a64.Op, l *long)
	accumulate []Inst
	wide       bool // the first operand is wide already
}

func (l long) signed() bool { return l.extend == extendSigned }

func (l long) vectors(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	if l.wide {
		t.loadX(X0, op.Rn)
	} else {
		t.loadHalf(X0, op.Rn, op, &l.extend)
	}
	t.loadHalf(X1, op.Rm, op, &l.extend)
	return l.finish(t, op, trapped)
}

// byElement has one element of Rm as the second operand.
func (l long) byElement(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.loadHalf(X0, op.Rn, op, &l.extend)
	m := t.lane(op.Rm, op.Size(), op.Index())
	switch {
	case op.Size() == 1 && l.signed():
		t.RM(MOVSX16, false, RAX, m)
	case op.Size() == 1:
		t.RM(MOVZX16, false, RAX, m)
	default: // only the lower half of a doubleword is multiplied
		t.RM(MOV, false, RAX, m)
	}
	t.RR(MOVD, false, X1, RAX)
	t.RRByte(PSHUFD, false, X1, X1, 0)
	return l.finish(t, op, trapped)
}

func (l long) finish(t *Translator, op *a64.Op, trapped int) bool {
	l.emit(t, op, &l)
	if l.accumulate != nil {
		t.RR(MOVAPS, false, X1, X0)
		t.loadX(X0, op.Rd)
		t.RR(l.accumulate[op.Size()+1], false, X0, X1)
	}
	t.storeX(op.Rd)
	t.slow(trapped)
	return true
}

func multiplyLong(t *Translator, op *a64.Op, l *long) {
	i := [3]Inst{PMULLW, PMULLD, PMULUDQ}[op.Size()]
	if op.Size() == 2 && l.signed() {
		i = PMULDQ
	}
	t.RR(i, false, X0, X1)
}

func wideSum(sum []Inst) func(t *Translator, op *a64.Op, l *long) {
	return func(t *Translator, op *a64.Op, _ *long) { t.RR(sum[op.Size()+1], false, X0, X1) }
}

func wideDifference(t *Translator, op *a64.Op, _ *long) {
	wide := op.Size() + 1
	t.RR(psub[wide], false, X0, X1)
	t.absolute(X0, wide)
}
