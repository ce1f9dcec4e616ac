package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Shifts by constants, and conversions to elements of twice or half the width.

func init() {
	vectorTable{
		a64.VSHL:   shifted(shiftLeft),
		a64.VSLI:   shifted(insertLeft),
		a64.VSRI:   shifted(insertRight),
		a64.VUSHR:  shifted(shiftRight(false, false)),
		a64.VSSHR:  shifted(shiftRight(true, false)),
		a64.VURSHR: shifted(shiftRight(false, true)),
		a64.VSRSHR: shifted(shiftRight(true, true)),
		a64.VUSRA:  shifted(accumulateShift(false, false)),
		a64.VSSRA:  shifted(accumulateShift(true, false)),
		a64.VURSRA: shifted(accumulateShift(false, true)),
		a64.VSRSRA: shifted(accumulateShift(true, true)),

		a64.VSHRN:  narrow(shiftNarrow(false)),
		a64.VRSHRN: narrow(shiftNarrow(true)),
		a64.VXTN: narrow(func(t *Translator, op *a64.Op) {
			t.loadX(X0, op.Rn)
		}),
		a64.VADDHN:  narrow(highHalf(padd, false)),
		a64.VRADDHN: narrow(highHalf(padd, true)),
		a64.VSUBHN:  narrow(highHalf(psub, false)),
		a64.VRSUBHN: narrow(highHalf(psub, true)),

		a64.VUSHLL: lengthen(extendUnsigned, (*a64.Op).Index),
		a64.VSSHLL: lengthen(extendSigned, (*a64.Op).Index),
		a64.VSHLL:  lengthen(extendUnsigned, func(op *a64.Op) int { return 8 << op.Size() }),
	}.install()
}

// shiftConstant emits a shift of all elements of x, of 2, 4 or 8 bytes.
func (t *Translator) shiftConstant(digit Reg, size int, x Reg, by int) {
	t.RRByte([4]Inst{0, PSHIFTW, PSHIFTD, PSHIFTQ}[size], false, digit, x, uint8(by))
}

func byteMask(b uint8) uint64 { return uint64(b) * 0x0101010101010101 }

// perElement is v in each element of 1<<size bytes.
func perElement(size int, v uint64) uint64 {
	switch size {
	case 0:
		return byteMask(uint8(v))
	case 1:
		return v & 0xffff * 0x0001_0001_0001_0001
	case 2:
		return v & 0xffffffff * 0x0000_0001_0000_0001
	}
	return v
}

// shifted is an instruction that computes X0 from itself and the shift amount.
func shifted(emit func(t *Translator, op *a64.Op)) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if narrowScalar(op) {
			return false
		}
		trapped := t.enabled()
		t.loadX(X0, op.Rn)
		emit(t, op)
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}

// shiftLeft shifts X0. It uses X1 and RAX.
func shiftLeft(t *Translator, op *a64.Op) {
	if op.Size() != 0 {
		t.shiftConstant(PSLL, op.Size(), X0, op.Index())
		return
	}
	t.shiftConstant(PSLL, 1, X0, op.Index())
	t.constant(X1, byteMask(0xff<<op.Index()))
	t.RR(PAND, false, X0, X1)
}

// shiftDown shifts the elements of x, of 1<<size bytes, right by 1 to their
// width. It uses X5 and RAX. What the host does not have is made from the
// logical shift: with the bit that was the sign inverted, and subtracted, the
// bits above it become like it.
func (t *Translator) shiftDown(signed bool, size int, x Reg, by int) {
	width := 8 << size
	if signed {
		by = min(by, width-1)
	}
	switch {
	case signed && (size == 1 || size == 2):
		t.shiftConstant(PSRA, size, x, by)
		return
	case size == 0:
		t.shiftConstant(PSRL, 1, x, by)
		t.constant(X5, byteMask(uint8(0xff>>by)))
		t.RR(PAND, false, x, X5)
	default:
		t.shiftConstant(PSRL, size, x, by)
	}
	if signed {
		t.constant(X5, perElement(size, 1<<(width-1)>>by))
		t.RR(PXOR, false, x, X5)
		t.RR(psub[size], false, x, X5)
	}
}

// shiftDownRounded is shiftDown with the last bit shifted out added. It uses X4,
// too.
func (t *Translator) shiftDownRounded(signed bool, size int, x Reg, by int) {
	width := 8 << size
	t.RR(MOVAPS, false, X4, x)
	t.shiftDown(signed, size, x, by)
	if size == 0 {
		t.shiftConstant(PSRL, 1, X4, by-1)
		t.constant(X5, byteMask(1))
		t.RR(PAND, false, X4, X5)
	} else {
		t.shiftConstant(PSLL, size, X4, width-by)
		t.shiftConstant(PSRL, size, X4, width-1)
	}
	t.RR(padd[size], false, x, X4)
}

// shiftRight is USHR, SSHR, URSHR and SRSHR.
func shiftRight(signed, rounded bool) func(t *Translator, op *a64.Op) {
	shift := (*Translator).shiftDown
	if rounded {
		shift = (*Translator).shiftDownRounded
	}
	return func(t *Translator, op *a64.Op) { shift(t, signed, op.Size(), X0, op.Index()) }
}

// accumulateShift is USRA and its kin.
func accumulateShift(signed, rounded bool) func(t *Translator, op *a64.Op) {
	shift := shiftRight(signed, rounded)
	return func(t *Translator, op *a64.Op) {
		shift(t, op)
		t.loadX(X1, op.Rd)
		t.RR(padd[op.Size()], false, X0, X1)
	}
}

// insertLeft is SLI: the lower bits stay.
func insertLeft(t *Translator, op *a64.Op) {
	shiftLeft(t, op)
	t.keep(op, 1<<op.Index()-1)
}

// insertRight is SRI: the upper bits stay.
func insertRight(t *Translator, op *a64.Op) {
	t.shiftDown(false, op.Size(), X0, op.Index())
	width := 8 << op.Size()
	t.keep(op, ^(^uint64(0) >> (64 - width) >> op.Index()))
}

// keep adds to X0 the bits of Rd's elements that mask has.
func (t *Translator) keep(op *a64.Op, mask uint64) {
	t.constant(X2, perElement(op.Size(), mask))
	t.loadX(X1, op.Rd)
	t.RR(PAND, false, X1, X2)
	t.RR(POR, false, X0, X1)
}

// shiftNarrow is SHRN and RSHRN.
func shiftNarrow(rounded bool) func(t *Translator, op *a64.Op) {
	shift := (*Translator).shiftDown
	if rounded {
		shift = (*Translator).shiftDownRounded
	}
	return func(t *Translator, op *a64.Op) {
		t.loadX(X0, op.Rn)
		shift(t, false, op.Size()+1, X0, op.Index())
	}
}

// highHalf is ADDHN, SUBHN and their rounding forms.
func highHalf(sum []Inst, rounded bool) func(t *Translator, op *a64.Op) {
	return func(t *Translator, op *a64.Op) {
		wide, width := op.Size()+1, 8<<op.Size()
		t.loadX(X0, op.Rn)
		t.loadX(X1, op.Rm)
		t.RR(sum[wide], false, X0, X1)
		if rounded {
			t.constant(X1, perElement(wide, 1<<(width-1)))
			t.RR(padd[wide], false, X0, X1)
		}
		t.shiftConstant(PSRL, wide, X0, width)
	}
}

// narrow keeps the lower half of each element of X0, which emit computes, and
// puts them into the half of Rd that Q says. Size is that of the result's
// elements.
func narrow(emit func(t *Translator, op *a64.Op)) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if op.Scalar() {
			return false
		}
		trapped := t.enabled()
		emit(t, op)
		switch op.Size() {
		case 0: // PACKUSWB keeps what has nothing above
			t.constant(X1, 0x00ff00ff00ff00ff)
			t.RR(PAND, false, X0, X1)
			t.RR(PACKUSWB, false, X0, X0)
		case 1:
			t.constant(X1, 0x0000ffff0000ffff)
			t.RR(PAND, false, X0, X1)
			t.RR(PACKUSDW, false, X0, X0)
		default:
			t.RRByte(PSHUFD, false, X0, X0, 0x88) // words 0 and 2
		}
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

var (
	extendUnsigned = [3]Inst{PMOVZXBW, PMOVZXWD, PMOVZXDQ}
	extendSigned   = [3]Inst{PMOVSXBW, PMOVSXWD, PMOVSXDQ}
)

// loadHalf loads the narrow elements of v, extended. Q says in which half of the
// register they are.
func (t *Translator) loadHalf(x Reg, v uint8, op *a64.Op, extend *[3]Inst) {
	half := int32(0)
	if op.Q() {
		half = 8
	}
	t.RM(extend[op.Size()], false, x, t.v(v, half))
}

// lengthen is USHLL and SSHLL, UXTL and SXTL among them, and SHLL.
func lengthen(extend [3]Inst, by func(op *a64.Op) int) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		trapped := t.enabled()
		t.loadHalf(X0, op.Rn, op, &extend)
		if n := by(op); n != 0 {
			t.shiftConstant(PSLL, op.Size()+1, X0, n)
		}
		t.storeX(op.Rd)
		t.slow(trapped)
		return true
	}
}
