package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// lowerRegister translates data processing on registers.
func (t *Translator) lowerRegister(op *a64.Op) {
	if op.Rd == a64.Sink && !op.SetsFlags() {
		return
	}
	if op.Rd == a64.SP {
		defer t.wroteSP()
	}
	w := wide(op)
	switch op.Code {
	case a64.ADDr64, a64.ADDr32:
		t.addRegister(op, w, 0)
	case a64.ADDlsl64:
		t.addRegister(op, w, op.Ra)
	case a64.ADDuxtw64:
		t.addExtended(op)
	case a64.SUBr64, a64.SUBr32:
		t.binary(op, SUB, w)
	case a64.ANDr64, a64.ANDr32:
		t.binary(op, AND, w)
	case a64.ORRr64, a64.ORRr32:
		t.binary(op, OR, w)
	case a64.EORr64, a64.EORr32:
		t.binary(op, XOR, w)
	case a64.ADDSr64, a64.ADDSr32:
		t.flagsRegister(op, ADD, w)
	case a64.SUBSr64, a64.SUBSr32:
		t.flagsRegister(op, SUB, w)
	case a64.ANDSr64, a64.ANDSr32:
		t.flagsRegister(op, AND, w)
	case a64.ADDSUBsh, a64.ADDSUBext:
		t.addSub(op, w)
	case a64.LOGICsh:
		t.logicShifted(op, w)
	case a64.MOVr64, a64.MOVr32:
		t.move(op, w)
	case a64.ADCSBC:
		t.addWithCarry(op, w)
	case a64.CCMP:
		t.conditionalCompare(op, w)
	case a64.CSEL64, a64.CSEL32, a64.CSINC64, a64.CSINC32, a64.CSINV64, a64.CSINV32, a64.CSNEG64, a64.CSNEG32:
		t.conditionalSelect(op, w)
	case a64.LSLV64, a64.LSLV32:
		t.shiftVariable(op, SHL, w)
	case a64.LSRV64, a64.LSRV32:
		t.shiftVariable(op, SHR, w)
	case a64.ASRV64, a64.ASRV32:
		t.shiftVariable(op, SAR, w)
	case a64.RORV64, a64.RORV32:
		t.shiftVariable(op, ROR, w)
	case a64.UDIV64, a64.UDIV32, a64.SDIV64, a64.SDIV32:
		t.divide(op, w)
	case a64.MADD64, a64.MADD32, a64.MSUB64, a64.MSUB32, a64.SMADDL, a64.SMSUBL, a64.UMADDL, a64.UMSUBL:
		t.multiplyAdd(op, w)
	case a64.SMULH, a64.UMULH:
		t.multiplyHigh(op)
	default:
		t.lowerBits(op, w)
	}
}

// inWords are the codes of this group that work in 32 bits and say so by
// themselves; those with Aux say it there.
var inWords = func() (set [a64.EndBase]bool) {
	for _, c := range []a64.Code{
		a64.ADDr32, a64.SUBr32, a64.ADDSr32, a64.SUBSr32, a64.MOVr32, a64.ANDr32, a64.ORRr32, a64.EORr32, a64.ANDSr32,
		a64.CSEL32, a64.CSINC32, a64.CSINV32, a64.CSNEG32, a64.LSLV32, a64.LSRV32, a64.ASRV32, a64.RORV32,
		a64.UDIV32, a64.SDIV32, a64.RBIT32, a64.REV16_32, a64.REVw, a64.CLZ32, a64.CLS32, a64.MADD32, a64.MSUB32,
	} {
		set[c] = true
	}
	return set
}()

// wide says whether an instruction of this group works in 64 bits.
func wide(op *a64.Op) bool {
	switch op.Code {
	case a64.ADDSUBsh, a64.ADDSUBext, a64.LOGICsh, a64.ADCSBC, a64.CCMP:
		return op.Aux&a64.AuxSF != 0
	}
	return !inWords[op.Code]
}

// addRegister is ADD without flags: LEA does it.
func (t *Translator) addRegister(op *a64.Op, w bool, shift uint8) {
	t.writing(op.Rd)
	if shift > 3 {
		t.clobber()
		t.load(w, RCX, op.Rm)
		t.ShiftI(SHL, w, RCX, shift)
		t.sum(op, w, RCX)
		return
	}
	m := t.get(w, op.Rm, RCX)
	n := t.get(w, op.Rn, RAX)
	d := t.dest(op.Rd, RAX)
	t.RM(LEA, w, d, Mem{Base: n, Index: m, Scale: shift})
	t.put(op.Rd, d)
}

// sum computes Rd = Rn + m.
func (t *Translator) sum(op *a64.Op, w bool, m Reg) {
	n := t.get(w, op.Rn, RAX)
	d := t.dest(op.Rd, RAX)
	t.RM(LEA, w, d, Sum(n, m, 0))
	t.put(op.Rd, d)
}

// addExtended is ADD with the low word of Rm, shifted.
func (t *Translator) addExtended(op *a64.Op) {
	t.writing(op.Rd)
	t.load(false, RCX, op.Rm)
	if op.Ra > 3 {
		t.clobber()
		t.ShiftI(SHL, true, RCX, op.Ra)
		t.sum(op, true, RCX)
		return
	}
	n := t.get(true, op.Rn, RAX)
	d := t.dest(op.Rd, RAX)
	t.RM(LEA, true, d, Mem{Base: n, Index: RCX, Scale: op.Ra})
	t.put(op.Rd, d)
}

// binary is Rd = Rn o Rm without flags.
func (t *Translator) binary(op *a64.Op, o ALU, w bool) {
	t.writing(op.Rd)
	t.clobber()
	d := t.binaryDest(op)
	if d == RAX || op.Rd != op.Rn {
		t.load(w, d, op.Rn)
	}
	t.alu(o, w, d, op.Rm)
	if d == RAX {
		t.put(op.Rd, RAX)
	}
}

// binaryDest is where Rn is loaded to, to be combined with Rm: not where that
// is.
func (t *Translator) binaryDest(op *a64.Op) Reg {
	if op.Rd == op.Rm && op.Rd != op.Rn {
		return RAX
	}
	return t.dest(op.Rd, RAX)
}

// flagsRegister is ADDS, SUBS and ANDS.
func (t *Translator) flagsRegister(op *a64.Op, o ALU, w bool) {
	t.fl = flags{mem: true}
	t.flagsResult(op, o, w)
	t.setFlags(o, w, op.Rd, op.Rn, producer{b: op.Rm})
}

// flagsResult computes Rd = Rn o Rm and the host's flags.
func (t *Translator) flagsResult(op *a64.Op, o ALU, w bool) {
	if op.Rd == a64.Sink && o != ADD {
		i := CMP.toReg()
		if o == AND {
			i = TEST
		}
		n := t.get(w, op.Rn, RCX)
		if op.Rm == a64.ZR {
			t.MovImm(RAX, 0)
			t.RR(i, w, n, RAX)
		} else {
			t.inst(i, w, n, op.Rm)
		}
		return
	}
	d := t.dest(op.Rd, RCX)
	if op.Rd == op.Rm && op.Rd != op.Rn {
		d = RCX
	}
	if d == RCX || op.Rd != op.Rn {
		t.load(w, d, op.Rn)
	}
	t.alu(o, w, d, op.Rm)
	if d == RCX {
		t.put(op.Rd, RCX)
	}
}

// shifted computes RCX = Rm, shifted as A64 says: LSL, LSR, ASR or ROR.
func (t *Translator) shifted(op *a64.Op, w bool) {
	if op.Aux>>a64.AuxShiftBit&3 == 3 {
		t.RORX(w, RCX, t.get(w, op.Rm, RCX), op.Ra)
		return
	}
	t.load(w, RCX, op.Rm)
	t.ShiftI([4]Shift{SHL, SHR, SAR, ROR}[op.Aux>>a64.AuxShiftBit&3], w, RCX, op.Ra)
}

// addSub is ADD, ADDS, SUB and SUBS with a shifted or extended register.
func (t *Translator) addSub(op *a64.Op, w bool) {
	o := ADD
	if op.Aux&a64.AuxSub != 0 {
		o = SUB
	}
	if op.Aux&a64.AuxS == 0 {
		t.writing(op.Rd)
		t.clobber()
	} else {
		t.fl = flags{mem: true}
	}
	if op.Code == a64.ADDSUBsh {
		t.shifted(op, w)
	} else {
		t.extend(RCX, t.get(true, op.Rm, RCX), op.Aux>>a64.AuxShiftBit)
		t.ShiftI(SHL, true, RCX, op.Ra)
	}
	t.load(w, RDX, op.Rn)
	t.ALURR(o, w, RDX, RCX)
	t.put(op.Rd, RDX)
	if op.Aux&a64.AuxS != 0 {
		t.fl = flags{host: true, carry: carryOf(o)}
	}
}

// logicShifted is AND, ORR, EOR and ANDS with a shifted register, and those with
// its complement.
func (t *Translator) logicShifted(op *a64.Op, w bool) {
	opc := op.Aux >> a64.AuxOpcBit & 3
	if opc == 3 {
		t.fl = flags{mem: true}
	} else {
		t.writing(op.Rd)
		t.clobber()
	}
	t.shifted(op, w)
	if op.Aux&a64.AuxN != 0 {
		t.RR(UNARY, w, NOT, RCX)
	}
	if opc != 1 || op.Rn != a64.ZR { // else MVN, or a shift
		t.alu([4]ALU{AND, OR, XOR, AND}[opc], w, RCX, op.Rn)
	}
	t.put(op.Rd, RCX)
	if opc == 3 {
		t.setFlags(AND, w, op.Rd, op.Rd, producer{})
		t.fl.again = op.Rd != a64.Sink
	}
}

func (t *Translator) move(op *a64.Op, w bool) {
	t.writing(op.Rd)
	if op.Rm == a64.ZR {
		t.moveImm(&a64.Op{Rd: op.Rd})
		return
	}
	if d, ok := pinned(op.Rd); ok {
		t.load(w, d, op.Rm)
		return
	}
	m := t.get(w, op.Rm, RAX)
	if !w {
		t.Mov(false, RAX, m)
		m = RAX
	}
	t.put(op.Rd, m)
}

// addWithCarry is ADC, ADCS, SBC and SBCS. The host's borrow is NOT C.
func (t *Translator) addWithCarry(op *a64.Op, w bool) {
	t.saveFlags()
	o := ADC
	if op.Aux&a64.AuxSub != 0 {
		o = SBB
	}
	t.clobber()
	t.load(w, RCX, op.Rn)
	t.BTMem(t.field(t.l.Flags), 8) // NOT C
	if o == ADC {
		t.Cmc()
	}
	if op.Rm == a64.ZR {
		t.ALURI(o, w, RCX, 0)
	} else {
		t.alu(o, w, RCX, op.Rm)
	}
	if op.Aux&a64.AuxS == 0 {
		t.writing(op.Rd)
		t.put(op.Rd, RCX)
		return
	}
	t.put(op.Rd, RCX)
	t.fl = flags{host: true, carry: inverted}
	if o == ADC {
		t.fl.carry = direct
	}
}

// conditionalCompare is CCMP and CCMN: a comparison, or the flags that the
// instruction gives.
func (t *Translator) conditionalCompare(op *a64.Op, w bool) {
	cond := uint8(op.Aux >> a64.AuxCondBit & 15)
	nzcv := uint16(op.Aux >> a64.AuxNZCVBit & 15)
	o := ADD
	if op.Aux&a64.AuxSub != 0 {
		o = CMP
	}
	var end int
	if cond < 14 {
		c := t.useFlags(cond)
		compare := t.Jcc8(c)
		t.MovImm(RAX, uint64(packed(nzcv)))
		t.unpackAX()
		end = t.Jmp8()
		t.Land8(compare)
	}
	n := t.get(w, op.Rn, RCX)
	if o == ADD && n != RCX {
		t.Mov(w, RCX, n)
		n = RCX
	}
	if op.Aux&a64.AuxN != 0 {
		t.ALURI(o, w, n, int32(op.Imm))
	} else {
		t.alu(o, w, n, op.Rm)
	}
	if o == ADD {
		t.Cmc()
	}
	if cond < 14 {
		t.Land8(end)
	}
	t.fl = flags{host: true, carry: inverted}
}

// packed is NZCV in the form that the flags have in memory.
func packed(nzcv uint16) uint16 {
	return nzcv>>3&1<<15 | nzcv>>2&1<<14 | (nzcv>>1&1^1)<<8 | nzcv&1
}

// conditionalSelect is CSEL, CSINC, CSINV and CSNEG.
func (t *Translator) conditionalSelect(op *a64.Op, w bool) {
	cond := uint8(op.Aux)
	always := cond >= 14
	var c Cond
	if !always {
		c = t.useFlags(cond) // before RAX and RDX are in use
	}
	t.writing(op.Rd)
	if always {
		t.move(&a64.Op{Rd: op.Rd, Rm: op.Rn}, w)
		return
	}
	t.load(w, RCX, op.Rm)
	switch op.Code {
	case a64.CSINC64, a64.CSINC32:
		t.RM(LEA, w, RCX, At(RCX, 1))
	case a64.CSINV64, a64.CSINV32:
		t.RR(UNARY, w, NOT, RCX)
	case a64.CSNEG64, a64.CSNEG32:
		t.RR(UNARY, w, NOT, RCX)
		t.RM(LEA, w, RCX, At(RCX, 1))
	}
	if op.Rn == a64.ZR {
		t.MovImm(RDX, 0)
		t.RR(CMOV(c), w, RCX, RDX)
	} else {
		t.inst(CMOV(c), w, RCX, op.Rn)
	}
	t.put(op.Rd, RCX)
}

// shiftVariable shifts by the low bits of Rm, as the host does.
func (t *Translator) shiftVariable(op *a64.Op, s Shift, w bool) {
	t.writing(op.Rd)
	t.clobber()
	t.load(w, RCX, op.Rm)
	t.load(w, RAX, op.Rn)
	t.ShiftCL(s, w, RAX)
	t.put(op.Rd, RAX)
}
