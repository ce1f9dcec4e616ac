package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// lowerImmediate translates data processing with an immediate. Where LEA or MOV
// can do it the flags are left alone.
func (t *Translator) lowerImmediate(op *a64.Op) {
	if op.Rd == a64.Sink && !op.SetsFlags() {
		return
	}
	if op.Rd == a64.SP {
		if aligned := op.Rn == a64.SP && op.Imm%16 == 0 && op.Code == a64.ADDi64 || op.Code == a64.ANDi && op.Imm%16 == 0; !aligned {
			defer t.wroteSP()
		}
	}
	switch op.Code {
	case a64.ADR:
		t.address(op, t.i*4+op.Imm)
	case a64.ADRP:
		t.address(op, op.Imm)
	case a64.ADDi64:
		t.addImm(op, true)
	case a64.ADDi32:
		t.addImm(op, false)
	case a64.ADDSi64, a64.ADDSi32:
		t.flagsImm(op, ADD, op.Code == a64.ADDSi64)
	case a64.SUBSi64, a64.SUBSi32:
		t.flagsImm(op, SUB, op.Code == a64.SUBSi64)
	case a64.ANDSi64, a64.ANDSi32:
		t.flagsImm(op, AND, op.Code == a64.ANDSi64)
	case a64.ANDi:
		t.logicImm(op, AND, op.Imm>>31 != 0)
	case a64.ORRi64, a64.ORRi32:
		t.logicImm(op, OR, op.Code == a64.ORRi64)
	case a64.EORi64, a64.EORi32:
		t.logicImm(op, XOR, op.Code == a64.EORi64)
	case a64.MOVi:
		t.moveImm(op)
	case a64.MOVK64, a64.MOVK32:
		t.moveKeep(op)
	case a64.UBFX, a64.UBFIZ:
		t.unsignedField(op)
	case a64.SBFM64, a64.SBFM32:
		t.signedField(op)
	case a64.BFXIL64, a64.BFXIL32:
		t.insertField(op, SHR, op.Code == a64.BFXIL64)
	case a64.BFI64, a64.BFI32:
		t.insertField(op, SHL, op.Code == a64.BFI64)
	case a64.EXTR64, a64.EXTR32:
		t.extract(op)
	}
}

// address sets Rd to the page's address + off.
func (t *Translator) address(op *a64.Op, off uint64) {
	t.writing(op.Rd)
	r := t.dest(op.Rd, RAX)
	t.pageVA(r, off)
	t.put(op.Rd, r)
}

func (t *Translator) addImm(op *a64.Op, w bool) {
	t.writing(op.Rd)
	v := op.Imm
	if !w {
		v = uint64(int64(int32(v)))
	}
	if !fits(v) {
		t.MovImm(RDX, v)
		n := t.get(true, op.Rn, RAX)
		d := t.dest(op.Rd, RAX)
		t.RM(LEA, true, d, Sum(n, RDX, 0))
		t.put(op.Rd, d)
		return
	}
	n := t.get(w, op.Rn, RAX)
	d := t.dest(op.Rd, RAX)
	if v == 0 {
		t.Mov(w, d, n)
	} else {
		t.RM(LEA, w, d, At(n, int32(v)))
	}
	t.put(op.Rd, d)
}

// flagsImm is ADDS, SUBS and ANDS with a constant.
func (t *Translator) flagsImm(op *a64.Op, o ALU, w bool) {
	v := op.Imm
	if !w {
		v = uint64(int64(int32(v)))
	}
	t.fl = flags{mem: true} // what was there is overwritten
	if o == SUB && op.Rd == a64.Sink && fits(v) {
		t.compareImm(op.Rn, w, int32(v))
	} else {
		d := t.dest(op.Rd, RCX)
		if d == RCX || op.Rd != op.Rn {
			t.load(w, d, op.Rn)
		}
		t.aluImm(o, w, d, v)
		t.put(op.Rd, d)
	}
	t.setFlags(o, w, op.Rd, op.Rn, producer{byImm: true, imm: int32(v)})
	if !fits(v) && (o != AND || op.Rd == a64.Sink) {
		t.fl.again = false
	}
}

// compareImm is CMP with a constant.
func (t *Translator) compareImm(rn uint8, w bool, v int32) {
	if p, ok := pinned(rn); ok {
		t.ALURI(CMP, w, p, v)
	} else if rn == a64.ZR {
		t.MovImm(RCX, 0)
		t.ALURI(CMP, w, RCX, v)
	} else {
		t.ALUMI(CMP, w, t.x(rn), v)
	}
}

// logicImm is AND, ORR and EOR with a constant.
func (t *Translator) logicImm(op *a64.Op, o ALU, w bool) {
	t.writing(op.Rd)
	t.clobber()
	d := t.dest(op.Rd, RAX)
	if d == RAX || op.Rd != op.Rn {
		t.load(w, d, op.Rn)
	}
	if o == AND {
		t.mask(d, op.Imm)
	} else {
		t.aluImm(o, w, d, op.Imm)
	}
	t.put(op.Rd, d)
}

func (t *Translator) moveImm(op *a64.Op) {
	t.writing(op.Rd)
	if p, ok := pinned(op.Rd); ok {
		t.MovImm(p, op.Imm)
	} else if fits(op.Imm) {
		t.MovMemImm(true, t.x(op.Rd), int32(op.Imm))
	} else {
		t.MovImm(RAX, op.Imm)
		t.put(op.Rd, RAX)
	}
}

func (t *Translator) moveKeep(op *a64.Op) {
	t.writing(op.Rd)
	t.clobber()
	d := t.dest(op.Rd, RAX)
	if d == RAX || op.Rd != op.Rn {
		t.load(true, d, op.Rn)
	}
	w := op.Code == a64.MOVK64
	t.aluImm(AND, w, d, ^(uint64(0xffff) << op.Aux))
	if op.Imm != 0 {
		t.aluImm(OR, w, d, op.Imm)
	}
	t.put(op.Rd, d)
}

// mask computes r = r & v.
func (t *Translator) mask(r Reg, v uint64) {
	switch {
	case v == ^uint64(0):
	case v == 0xff:
		t.RR(MOVZX8, false, r, r)
	case v == 0xffff:
		t.RR(MOVZX16, false, r, r)
	case v == 0xffffffff:
		t.Mov(false, r, r)
	case v>>32 == 0:
		t.ALURI(AND, false, r, int32(v))
	default:
		t.aluImm(AND, true, r, v)
	}
}

// unsignedField is UBFX and UBFIZ, LSR and LSL among them.
func (t *Translator) unsignedField(op *a64.Op) {
	t.writing(op.Rd)
	t.clobber()
	d := t.dest(op.Rd, RAX)
	if d == RAX || op.Rd != op.Rn {
		t.load(true, d, op.Rn)
	}
	if op.Code == a64.UBFX {
		t.ShiftI(SHR, true, d, op.Ra)
		if op.Imm != ^uint64(0)>>op.Ra {
			t.mask(d, op.Imm)
		}
	} else {
		if op.Imm != ^uint64(0)>>op.Ra {
			t.mask(d, op.Imm)
		}
		t.ShiftI(SHL, true, d, op.Ra)
	}
	t.put(op.Rd, d)
}

// signedField is SBFM: SBFX, SBFIZ, ASR, SXTB, SXTH, SXTW.
func (t *Translator) signedField(op *a64.Op) {
	t.writing(op.Rd)
	w := op.Code == a64.SBFM64
	d := t.dest(op.Rd, RAX)
	if extend := signExtend(op); extend != 0 {
		t.RR(extend, true, d, t.get(true, op.Rn, RAX))
	} else {
		t.clobber()
		if d == RAX || op.Rd != op.Rn {
			t.load(true, d, op.Rn)
		}
		t.ShiftI(SHL, true, d, op.Ra)
		t.ShiftI(SAR, true, d, op.Rm)
	}
	if !w {
		t.Mov(false, d, d)
	}
	t.put(op.Rd, d)
}

// signExtend is the instruction that does what an SBFM without a shift does, or
// 0: SXTB, SXTH, SXTW.
func signExtend(op *a64.Op) Inst {
	switch {
	case op.Ra != op.Rm:
	case op.Ra == 32:
		return MOVSXD
	case op.Ra == 48:
		return MOVSX16
	case op.Ra == 56:
		return MOVSX8
	}
	return 0
}

// insertField is BFI and BFXIL: Imm are the bits of Rd that change.
func (t *Translator) insertField(op *a64.Op, s Shift, w bool) {
	t.writing(op.Rd)
	t.clobber()
	t.load(w, RCX, op.Rn)
	t.ShiftI(s, w, RCX, op.Ra)
	t.aluImm(AND, w, RCX, op.Imm)
	d := t.dest(op.Rd, RAX)
	if d == RAX {
		t.load(w, d, op.Rd)
	}
	t.aluImm(AND, w, d, ^op.Imm)
	t.ALURR(OR, w, d, RCX)
	t.put(op.Rd, d)
}

// extract is EXTR, ROR among it.
func (t *Translator) extract(op *a64.Op) {
	t.writing(op.Rd)
	w := op.Code == a64.EXTR64
	if op.Rn == op.Rm {
		d := t.dest(op.Rd, RAX)
		t.RORX(w, d, t.get(w, op.Rm, RAX), op.Ra)
		t.put(op.Rd, d)
		return
	}
	t.clobber()
	t.load(w, RAX, op.Rm)
	t.DoubleShift(SHRD, w, RAX, t.get(w, op.Rn, RCX), op.Ra)
	t.put(op.Rd, RAX)
}
