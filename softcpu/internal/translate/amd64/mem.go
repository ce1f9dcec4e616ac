package amd64

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// Every load and store looks into the TLB with the address in RAX:
//
//	RCX = the entry, in bytes from the array's beginning
//	RDX = the page of the access's last byte: where that is another page than
//	      the first byte's, entry and tag do not belong together
//	compare with the entry's tag, or else go the general way
//	RCX = the distance from the guest's address to the host's
//
// after which the bytes are at [RAX+RCX].

// A lookup is what the TLB is asked.
type lookup struct {
	size  int32 // bytes
	write bool
	exact bool // what is not aligned to size misses
	el0   bool // with the rights of EL0
}

// tlb emits the lookup of the address in RAX. It returns the jump that is taken
// at a miss.
func (t *Translator) tlb(l lookup) (miss int) {
	entry, tag := t.tlbEntry(l), int32(translate.TLBRead)
	if l.write {
		tag = translate.TLBWrite
	}
	miss = t.tlbMiss(entry, tag)
	t.tlbDistance(entry)
	return miss
}

// tlbEntry finds the entry for the address in RAX, and what its tag has to be.
func (t *Translator) tlbEntry(l lookup) (entry Mem) {
	t.RORX(true, RCX, RAX, 12-translate.TLBEntryShift)
	t.ALURI(AND, false, RCX, t.tlbMax)
	switch {
	case l.size == 1:
		t.Mov(true, RDX, RAX)
		t.ALURI(AND, true, RDX, ^(pageSize - 1))
	case l.exact || t.Checked:
		t.Mov(true, RDX, RAX)
		t.ALURI(AND, true, RDX, ^((pageSize - 1) &^ (l.size - 1)))
	default:
		t.RM(LEA, true, RDX, At(RAX, l.size-1))
		t.ALURI(AND, true, RDX, ^(pageSize - 1))
	}
	if l.el0 {
		return Sum(state, RCX, t.l.TLBEL0)
	}
	return Sum(tlbReg, RCX, 0)
}

// tlbMiss compares a tag of the entry. It returns the jump that is taken where it
// is another one.
func (t *Translator) tlbMiss(entry Mem, tag int32) (miss int) {
	entry.Disp += tag
	t.ALURM(CMP, true, RDX, entry)
	return t.Jcc(NE)
}

// tlbDistance makes RCX the distance that the entry has.
func (t *Translator) tlbDistance(entry Mem) {
	entry.Disp += translate.TLBAddend
	t.RM(MOV, true, RCX, entry)
}

// hostMem is where the bytes are after a lookup.
func hostMem(off int32) Mem { return Sum(RAX, RCX, off) }

// base computes RAX = Xn + imm.
func (t *Translator) base(rn uint8, imm uint64) {
	switch p, ok := pinned(rn); {
	case ok && imm == 0:
		t.Mov(true, RAX, p)
	case ok && fits(imm):
		t.RM(LEA, true, RAX, At(p, int32(imm)))
	default:
		t.load(true, RAX, rn)
		if imm != 0 {
			t.aluImm(ADD, true, RAX, imm)
		}
	}
}

// loadReg loads a general register from the host's memory as aux says.
func (t *Translator) loadReg(aux uint16, rd uint8, m Mem, scratch Reg) {
	size, wide := aux&a64.MemSize, aux&a64.Mem64 != 0
	r := t.dest(rd, scratch)
	switch {
	case aux&a64.MemSigned == 0:
		t.RM([4]Inst{MOVZX8, MOVZX16, MOV, MOV}[size], size == 3, r, m)
	case size == 2:
		t.RM(MOVSXD, true, r, m)
	default:
		t.RM([2]Inst{MOVSX8, MOVSX16}[size], wide, r, m)
	}
	t.put(rd, r)
}

// storeReg stores a general register into the host's memory.
func (t *Translator) storeReg(size uint16, rd uint8, m Mem, scratch Reg) {
	if rd == a64.ZR && size >= 2 {
		t.MovMemImm(size == 3, m, 0)
		return
	}
	r := t.get(true, rd, scratch)
	t.RM([4]Inst{MOVM8, MOVM16, MOVM, MOVM}[size], size == 3, r, m)
}

// slowAt is slow for jumps of which some may be 0, for none.
func (t *Translator) slowAt(sites ...int) {
	n := 0
	for _, s := range sites {
		if s != 0 {
			sites[n] = s
			n++
		}
	}
	t.slow(sites[:n]...)
}

// transfer is a load or store at the address in RAX. trapped is a jump that is
// taken at a trap, or 0.
func (t *Translator) transfer(op *a64.Op, trapped int) {
	miss := t.tlb(lookupFor(op))
	t.loadOrStore(op, hostMem(0))
	t.writeBack(op)
	t.slowAt(trapped, miss)
	t.writtenBack(op)
}

// writeBack gives the base register its new value, if the form has one.
func (t *Translator) writeBack(op *a64.Op) {
	if !writesBack(op) {
		return
	}
	if p, ok := pinned(op.Rn); ok {
		t.RM(LEA, true, p, At(p, int32(op.Imm)))
	} else {
		t.ALUMI(ADD, true, t.x(op.Rn), int32(op.Imm))
	}
}

// writtenBack looks at a stack pointer that was the base.
func (t *Translator) writtenBack(op *a64.Op) {
	if op.Rn == a64.SP && writesBack(op) && op.Imm%16 != 0 {
		t.wroteSP()
	}
}

// written notes the registers that a load or store changes.
func (t *Translator) written(op *a64.Op, pair bool) {
	if op.Aux&a64.MemLoad != 0 {
		t.writing(op.Rd)
		if pair {
			t.writing(op.Ra)
		}
	}
	if writesBack(op) {
		t.writing(op.Rn)
	}
}

// offset is what is added to the base register for the access.
func offset(op *a64.Op) uint64 {
	if op.Aux&a64.MemPost != 0 {
		return 0
	}
	return op.Imm
}

// lowerBased translates loads and stores with a constant offset from the base
// register.
func (t *Translator) lowerBased(op *a64.Op) {
	vector, pair := registersOf(op)
	switch {
	case vector && writesBack(op):
		t.writing(op.Rn)
	case vector:
	case writesBack(op) && (op.Rd == op.Rn || pair && op.Ra == op.Rn):
		t.interpret()
		return
	default:
		t.written(op, pair)
	}
	if t.inGroup(op) {
		t.lowerMember(op, vector)
		return
	}
	t.clobber()
	trapped := 0
	if vector {
		trapped = t.fpEnabled()
	}
	if based(op) && t.i >= t.group.end && t.lead(op) {
		t.lowerLeader(op, trapped)
		return
	}
	t.base(op.Rn, offset(op))
	t.transfer(op, trapped)
}

// lookupFor is what op asks the TLB. Where alignment is checked, that of a pair
// or of a structure is less than its size: then the general way finds out.
func lookupFor(op *a64.Op) lookup {
	return lookup{size: accessSize(op), write: op.Aux&a64.MemLoad == 0, el0: op.Aux&a64.MemUnpriv != 0}
}

// loadOrStore loads or stores the registers of op.
func (t *Translator) loadOrStore(op *a64.Op, m Mem) {
	size := op.Aux & a64.MemSize
	next := m
	next.Disp += 1 << size
	vector, pair := registersOf(op)
	load := op.Aux&a64.MemLoad != 0
	switch {
	case vector && load:
		t.loadV(size, op.Rd, m)
		if pair {
			t.loadV(size, op.Ra, next)
		}
	case vector:
		t.storeV(size, op.Rd, m)
		if pair {
			t.storeV(size, op.Ra, next)
		}
	case pair && load:
		t.loadReg(op.Aux, op.Rd, m, RDX)
		t.loadReg(op.Aux, op.Ra, next, RAX)
	case load:
		t.loadReg(op.Aux, op.Rd, m, RAX)
	default:
		t.storeReg(size, op.Rd, m, RDX)
		if pair {
			t.storeReg(size, op.Ra, next, RDX)
		}
	}
}

// lowerRegisterOffset is Xn + Xm, shifted and possibly extended.
func (t *Translator) lowerRegisterOffset(op *a64.Op) {
	t.written(op, false)
	t.clobber()
	option := uint16(3)
	if op.Code == a64.LDSText || op.Code == a64.LDSTVext {
		option = uint16(op.Imm)
	}
	t.registerOffset(op, option)
	t.transfer(op, 0)
}

// registerOffset computes RAX = Xn + Xm, extended and shifted.
func (t *Translator) registerOffset(op *a64.Op, option uint16) {
	index := t.get(true, op.Rm, RCX)
	scale := op.Ra
	if option != 3 && option != 7 || scale > 3 {
		t.extend(RCX, index, option)
		index = RCX
	}
	if scale > 3 {
		t.ShiftI(SHL, true, RCX, scale)
		scale = 0
	}
	if b, ok := pinned(op.Rn); ok {
		t.RM(LEA, true, RAX, Mem{Base: b, Index: index, Scale: scale})
		return
	}
	t.load(true, RAX, op.Rn)
	t.RM(LEA, true, RAX, Mem{Base: RAX, Index: index, Scale: scale})
}

// extend computes dst = src, extended as an option of A64 says (UXTB to SXTX).
func (t *Translator) extend(dst, src Reg, option uint16) {
	switch option & 7 {
	case 0:
		t.RR(MOVZX8, false, dst, src)
	case 1:
		t.RR(MOVZX16, false, dst, src)
	case 2:
		t.Mov(false, dst, src)
	case 4:
		t.RR(MOVSX8, true, dst, src)
	case 5:
		t.RR(MOVSX16, true, dst, src)
	case 6:
		t.RR(MOVSXD, true, dst, src)
	default:
		t.Mov(true, dst, src)
	}
}

func (t *Translator) lowerLiteral(op *a64.Op) {
	t.writing(op.Rd)
	t.clobber()
	t.pageVA(RAX, t.i*4+op.Imm)
	t.transfer(op, 0)
}
