package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Moves between registers, constants, shifts by constants and permutations.

func init() {
	vectorTable{
		a64.VMOVI:    vectorConstant,
		a64.VMVNI:    vectorConstant,
		a64.VFMOVImm: vectorConstant,
		a64.VORRImm:  vectorLogicConstant(POR),
		a64.VBICImm:  vectorLogicConstant(PAND),

		a64.VDUPGeneral: dupGeneral,
		a64.VDUPElem:    dupElement,
		a64.VINSGeneral: insertGeneral,
		a64.VINSElem:    insertElement,
		a64.VUMOV:       moveElement(false),
		a64.VSMOV:       moveElement(true),

		a64.VEXT: extractBytes,
		a64.VZIP1: threeBy(func(t *Translator, op *a64.Op) {
			t.RR(unpackl[op.Size()], false, X0, X1)
		}),
		a64.VZIP2: zipHigh,
		a64.VTBL:  lookUpTable,

		a64.VSHL:  shiftLeft,
		a64.VUSHR: shiftRight(PSRL),
		a64.VSSHR: shiftRight(PSRA),
		a64.VSHRN: shiftRightNarrow,
		a64.VXTN: narrow(func(t *Translator, op *a64.Op) {
			t.loadX(X0, op.Rn)
		}),
		a64.VUSHLL: lengthen(false),
		a64.VSSHLL: lengthen(true),

		a64.VUMAXP: pairwiseBytes(PMAXUB),
		a64.VUMINP: pairwiseBytes(PMINUB),
		a64.VADDP:  addPairs,
	}.install()
}

// constant loads 64 bits into both halves of x.
func (t *Translator) constant(x Reg, v uint64) {
	switch v {
	case 0:
		t.RR(PXOR, false, x, x)
	case ^uint64(0):
		t.ones(x)
	default:
		t.MovImm(RAX, v)
		t.RR(MOVD, true, x, RAX)
		t.RR(PUNPCKLQDQ, false, x, x)
	}
}

func vectorConstant(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.constant(X0, op.Imm)
	t.storeQ(op)
	t.slow(trapped)
	return true
}

// vectorLogicConstant is ORR and BIC with a constant, which for BIC is inverted
// already.
func vectorLogicConstant(i Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		trapped := t.enabled()
		t.constant(X1, op.Imm)
		t.loadX(X0, op.Rd)
		t.RR(i, false, X0, X1)
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}

// spread copies the lowest element of X0, of 1<<size bytes, to all.
func (t *Translator) spread(size int) {
	switch size {
	case 0:
		t.RR(PXOR, false, X1, X1)
		t.RR(PSHUFB, false, X0, X1)
	case 1:
		t.RRByte(PSHUFLW, false, X0, X0, 0)
		t.RR(PUNPCKLQDQ, false, X0, X0)
	case 2:
		t.RRByte(PSHUFD, false, X0, X0, 0)
	default:
		t.RR(PUNPCKLQDQ, false, X0, X0)
	}
}

func dupGeneral(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.RR(MOVD, true, X0, t.get(true, op.Rn, RAX))
	t.spread(op.Size())
	t.storeQ(op)
	t.slow(trapped)
	return true
}

// lane is where an element of a register is.
func (t *Translator) lane(v uint8, size, index int) Mem { return t.v(v, int32(index)<<size) }

// loadLane loads an element, zero-extended.
func (t *Translator) loadLane(r Reg, v uint8, size, index int) {
	t.RM([4]Inst{MOVZX8, MOVZX16, MOV, MOV}[size], size == 3, r, t.lane(v, size, index))
}

func dupElement(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.loadLane(RAX, op.Rn, op.Size(), op.Index())
	t.RR(MOVD, true, X0, RAX)
	if op.Scalar() {
		t.storeX(op.Rd)
	} else {
		t.spread(op.Size())
		t.storeQ(op)
	}
	t.slow(trapped)
	return true
}

func (t *Translator) storeLane(v uint8, size, index int, r Reg) {
	t.RM([4]Inst{MOVM8, MOVM16, MOVM, MOVM}[size], size == 3, r, t.lane(v, size, index))
}

func insertGeneral(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.storeLane(op.Rd, op.Size(), op.Index(), t.get(true, op.Rn, RAX))
	t.slow(trapped)
	return true
}

func insertElement(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.loadLane(RAX, op.Rn, op.Size(), op.Index2())
	t.storeLane(op.Rd, op.Size(), op.Index(), RAX)
	t.slow(trapped)
	return true
}

// moveElement is UMOV and SMOV, which leaves its sign extension to 64 bits to Q.
func moveElement(signed bool) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		t.writing(op.Rd)
		trapped := t.enabled()
		r := t.dest(op.Rd, RAX)
		if signed {
			i := [3]Inst{MOVSX8, MOVSX16, MOVSXD}[op.Size()]
			t.RM(i, op.Q(), r, t.lane(op.Rn, op.Size(), op.Index()))
		} else {
			t.loadLane(r, op.Rn, op.Size(), op.Index())
		}
		t.put(op.Rd, r)
		t.slow(trapped)
		return true
	}
}

// extractBytes is EXT: bytes from position Index of Rm:Rn.
func extractBytes(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	if op.Q() {
		t.loadX(X1, op.Rn)
		t.loadX(X0, op.Rm)
		t.RRByte(PALIGNR, false, X0, X1, uint8(op.Index()))
	} else {
		t.RM(MOVQ, false, X0, t.v(op.Rn, 0))
		t.RM(MOVQ, false, X1, t.v(op.Rm, 0))
		t.RR(PUNPCKLQDQ, false, X0, X1)
		t.RR(PSHIFTQ, false, 3, X0) // PSRLDQ
		t.byte(uint8(op.Index()))
	}
	t.storeQ(op)
	t.slow(trapped)
	return true
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

// lookUpTable is TBL with a table of one register. PSHUFB takes four bits of an
// index and clears where bit 7 is set: adding 0x70, saturated, sets it from 16
// on.
func lookUpTable(t *Translator, op *a64.Op) bool {
	if op.Index() != 0 {
		return false
	}
	trapped := t.enabled()
	t.loadX(X0, op.Rn)
	t.loadX(X1, op.Rm)
	t.constant(X2, 0x7070707070707070)
	t.RR(PADDUSB, false, X1, X2)
	t.RR(PSHUFB, false, X0, X1)
	t.storeQ(op)
	t.slow(trapped)
	return true
}

// shiftConstant emits a shift of all elements of x, of 2, 4 or 8 bytes.
func (t *Translator) shiftConstant(digit Reg, size int, x Reg, by int) {
	t.RRByte([4]Inst{0, PSHIFTW, PSHIFTD, PSHIFTQ}[size], false, digit, x, uint8(by))
}

func byteMask(b uint8) uint64 { return uint64(b) * 0x0101010101010101 }

func shiftLeft(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.loadX(X0, op.Rn)
	if op.Size() == 0 {
		t.shiftConstant(PSLL, 1, X0, op.Index())
		t.constant(X1, byteMask(0xff<<op.Index()))
		t.RR(PAND, false, X0, X1)
	} else {
		t.shiftConstant(PSLL, op.Size(), X0, op.Index())
	}
	t.storeQ(op)
	t.slow(trapped)
	return true
}

// shiftRight is USHR, and SSHR of words and doublewords.
func shiftRight(digit Reg) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if digit == PSRA && (op.Size() == 0 || op.Size() == 3) {
			return false
		}
		trapped := t.enabled()
		t.loadX(X0, op.Rn)
		if op.Size() == 0 {
			t.shiftConstant(digit, 1, X0, op.Index())
			t.constant(X1, byteMask(0xff>>op.Index()))
			t.RR(PAND, false, X0, X1)
		} else {
			t.shiftConstant(digit, op.Size(), X0, op.Index())
		}
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}

// shiftRightNarrow is SHRN.
var shiftRightNarrow = narrow(func(t *Translator, op *a64.Op) {
	t.loadX(X0, op.Rn)
	t.shiftConstant(PSRL, op.Size()+1, X0, op.Index())
})

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

// lengthen is USHLL and SSHLL, UXTL and SXTL among them.
func lengthen(signed bool) func(t *Translator, op *a64.Op) bool {
	extend := [3]Inst{PMOVZXBW, PMOVZXWD, PMOVZXDQ}
	if signed {
		extend = [3]Inst{PMOVSXBW, PMOVSXWD, PMOVSXDQ}
	}
	return func(t *Translator, op *a64.Op) bool {
		trapped := t.enabled()
		half := int32(0)
		if op.Q() {
			half = 8
		}
		t.RM(extend[op.Size()], false, X0, t.v(op.Rn, half))
		if op.Index() != 0 {
			t.shiftConstant(PSLL, op.Size()+1, X0, op.Index())
		}
		t.storeX(op.Rd)
		t.slow(trapped)
		return true
	}
}

// pairwiseBytes is UMAXP and UMINP of 16 bytes: each operand is combined with
// itself a byte to the right, and every second byte kept.
func pairwiseBytes(i Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if op.Size() != 0 || !op.Q() {
			return false
		}
		trapped := t.enabled()
		t.constant(X3, 0x00ff00ff00ff00ff)
		for x, v := range [2]uint8{op.Rn, op.Rm} {
			x := Reg(x)
			t.loadX(x, v)
			t.RR(MOVAPS, false, X2, x)
			t.shiftConstant(PSRL, 1, X2, 8)
			t.RR(i, false, x, X2)
			t.RR(PAND, false, x, X3)
		}
		t.RR(PACKUSWB, false, X0, X1)
		t.storeX(op.Rd)
		t.slow(trapped)
		return true
	}
}

// addPairs is ADDP of words and doublewords.
func addPairs(t *Translator, op *a64.Op) bool {
	if !op.Q() || op.Size() < 2 {
		return false
	}
	trapped := t.enabled()
	t.loadX(X0, op.Rn)
	t.loadX(X1, op.Rm)
	if op.Size() == 2 {
		t.RR(PHADDD, false, X0, X1)
	} else {
		t.RR(MOVAPS, false, X2, X0)
		t.RR(PUNPCKLQDQ, false, X0, X1)
		t.RR(PUNPCKHQDQ, false, X2, X1)
		t.RR(PADDQ, false, X0, X2)
	}
	t.storeX(op.Rd)
	t.slow(trapped)
	return true
}
