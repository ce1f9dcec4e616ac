package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Moves between registers, and constants.

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

// constants loads two times 64 bits into x. It uses RAX.
func (t *Translator) constants(x Reg, low, high uint64) {
	t.MovImm(RAX, low)
	t.RR(MOVD, true, x, RAX)
	t.MovImm(RAX, high)
	t.RRByte(PINSRQ, true, x, RAX, 1)
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
