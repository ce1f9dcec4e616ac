package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// multiplyAdd is Rd = Ra ± Rn*Rm, of words or doublewords, and of words into a
// doubleword.
func (t *Translator) multiplyAdd(op *a64.Op, w bool) {
	t.writing(op.Rd)
	t.clobber()
	subtract := false
	switch op.Code {
	case a64.MSUB64, a64.MSUB32, a64.SMSUBL, a64.UMSUBL:
		subtract = true
	}
	switch op.Code {
	case a64.SMADDL, a64.SMSUBL:
		t.extend(RAX, t.get(true, op.Rn, RAX), 6)
		t.extend(RCX, t.get(true, op.Rm, RCX), 6)
		t.RR(IMUL, true, RAX, RCX)
	case a64.UMADDL, a64.UMSUBL:
		t.load(false, RAX, op.Rn)
		t.load(false, RCX, op.Rm)
		t.RR(IMUL, true, RAX, RCX)
	default:
		t.load(w, RAX, op.Rn)
		if op.Rm == a64.ZR {
			t.MovImm(RAX, 0)
		} else {
			t.inst(IMUL, w, RAX, op.Rm)
		}
	}
	switch {
	case op.Ra == a64.ZR && subtract:
		t.RR(UNARY, w, NEG, RAX)
	case op.Ra == a64.ZR:
	case subtract:
		t.load(w, RCX, op.Ra)
		t.ALURR(SUB, w, RCX, RAX)
		t.put(op.Rd, RCX)
		return
	default:
		t.alu(ADD, w, RAX, op.Ra)
	}
	t.put(op.Rd, RAX)
}

// multiplyHigh is SMULH and UMULH.
func (t *Translator) multiplyHigh(op *a64.Op) {
	t.writing(op.Rd)
	t.clobber()
	digit := MUL
	if op.Code == a64.SMULH {
		digit = SMUL
	}
	t.load(true, RAX, op.Rn)
	t.RR(UNARY, true, digit, t.get(true, op.Rm, RCX))
	t.put(op.Rd, RDX)
}

// divide is UDIV and SDIV. What the host would trap on has a result here: a
// division by 0 gives 0, and the most negative number by -1 itself.
func (t *Translator) divide(op *a64.Op, w bool) {
	t.writing(op.Rd)
	t.clobber()
	t.load(w, RCX, op.Rm)
	t.RR(TEST, w, RCX, RCX)
	t.MovImm(RAX, 0)
	zero := t.Jcc8(E)
	t.load(w, RAX, op.Rn)
	var minusOne int
	signed := op.Code == a64.SDIV64 || op.Code == a64.SDIV32
	if signed {
		t.ALURI(CMP, w, RCX, -1)
		over := t.Jcc8(NE)
		t.RR(UNARY, w, NEG, RAX)
		minusOne = t.Jmp8()
		t.Land8(over)
		t.Cdq(w)
		t.RR(UNARY, w, IDIV, RCX)
		t.Land8(minusOne)
	} else {
		t.MovImm(RDX, 0)
		t.RR(UNARY, w, DIV, RCX)
	}
	t.Land8(zero)
	t.put(op.Rd, RAX)
}

// lowerBits translates reversals and counts.
func (t *Translator) lowerBits(op *a64.Op, w bool) {
	switch op.Code {
	case a64.REV64, a64.REVw:
		t.writing(op.Rd)
		t.load(w, RAX, op.Rn)
		t.Bswap(w, RAX)
	case a64.REV32:
		t.writing(op.Rd)
		t.clobber()
		t.load(true, RAX, op.Rn)
		t.Bswap(true, RAX)
		t.ShiftI(ROR, true, RAX, 32)
	case a64.REV16_64, a64.REV16_32:
		t.writing(op.Rd)
		t.clobber()
		t.load(w, RAX, op.Rn)
		t.swapPairs(w, 0x00ff00ff00ff00ff, 8)
	case a64.RBIT64, a64.RBIT32:
		t.writing(op.Rd)
		t.clobber()
		t.load(w, RAX, op.Rn)
		t.Bswap(w, RAX)
		t.swapPairs(w, 0x0f0f0f0f0f0f0f0f, 4)
		t.swapPairs(w, 0x3333333333333333, 2)
		t.swapPairs(w, 0x5555555555555555, 1)
	case a64.CLZ64, a64.CLZ32:
		t.writing(op.Rd)
		t.clobber()
		t.load(w, RCX, op.Rn)
		t.RR(LZCNT, w, RAX, RCX)
	case a64.CLS64, a64.CLS32: // the leading zeros of what differs from its neighbour above
		t.writing(op.Rd)
		t.clobber()
		t.load(w, RCX, op.Rn)
		t.Mov(w, RAX, RCX)
		t.ShiftI(SAR, w, RAX, 1)
		t.ALURR(XOR, w, RCX, RAX)
		t.RR(LZCNT, w, RAX, RCX)
		t.ALURI(SUB, false, RAX, 1)
	default:
		t.lowerCRC(op)
		return
	}
	t.put(op.Rd, RAX)
}

// swapPairs swaps neighbouring fields of RAX, by bits wide, of which m has the
// lower ones. It uses RCX and RDX.
func (t *Translator) swapPairs(w bool, m uint64, by uint8) {
	t.Mov(w, RCX, RAX)
	t.ShiftI(SHR, w, RCX, by)
	t.aluImm(AND, w, RCX, m)
	t.aluImm(AND, w, RAX, m)
	t.ShiftI(SHL, w, RAX, by)
	t.ALURR(OR, w, RAX, RCX)
}
