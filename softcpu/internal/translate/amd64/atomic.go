package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Exclusives, acquire and release, and LSE. All need their natural alignment,
// and what does not have it goes the general way. A load of the host acquires;
// a store releases, and the fence behind it keeps later loads from passing it,
// as STLR and LDAR do not pass each other. Locked instructions do all of that.

func (t *Translator) lowerAtomic(op *a64.Op) {
	switch op.Code {
	case a64.LDAR:
		t.loadAcquire(op)
	case a64.STLR:
		t.storeRelease(op)
	case a64.LDSTX:
		if op.Aux&a64.MemLoad != 0 {
			t.loadExclusive(op)
		} else {
			t.storeExclusive(op)
		}
	case a64.CAS:
		t.compareAndSwap(op)
	case a64.SWP:
		t.swap(op)
	case a64.LDOP:
		t.loadAndOperate(op)
	case a64.LDSTXP:
		t.lowerExclusivePair(op)
	case a64.CASP:
		t.compareAndSwapPair(op)
	default:
		t.interpret()
	}
}

// atomic emits the lookup for an aligned access of one register, after which RCX
// is the host's address if it is one that writes.
func (t *Translator) atomic(op *a64.Op, write bool) (miss int) {
	t.base(op.Rn, 0)
	miss = t.tlb(lookup{size: 1 << (op.Aux & a64.MemSize), write: write, exact: true})
	if write {
		t.ALURR(ADD, true, RCX, RAX)
	}
	return miss
}

func (t *Translator) loadAcquire(op *a64.Op) {
	t.written(op, false)
	t.clobber()
	miss := t.atomic(op, false)
	t.loadReg(op.Aux, op.Rd, hostMem(0), RAX)
	t.slow(miss)
}

func (t *Translator) storeRelease(op *a64.Op) {
	t.clobber()
	miss := t.atomic(op, true)
	t.storeReg(op.Aux&a64.MemSize, op.Rd, At(RCX, 0), RDX)
	t.fence()
	t.slow(miss)
}

func (t *Translator) loadExclusive(op *a64.Op) {
	t.written(op, false)
	t.clobber()
	t.base(op.Rn, 0)
	size := op.Aux & a64.MemSize
	miss := t.tlb(lookup{size: 1 << size, exact: true})
	t.ALURR(ADD, true, RCX, RAX)
	t.RM([4]Inst{MOVZX8, MOVZX16, MOV, MOV}[size], size == 3, RAX, At(RCX, 0))
	t.RM(MOVM, true, RCX, t.field(t.l.ExclusiveHost))
	t.MovMemImm(true, t.field(t.l.ExclusiveSize), 1<<size)
	t.RM(MOVM, true, RAX, t.field(t.l.ExclusiveValue))
	t.put(op.Rd, RAX)
	t.slow(miss)
}

// storeExclusive swaps if the monitor has this place and its memory still holds
// what was read there.
func (t *Translator) storeExclusive(op *a64.Op) {
	t.writing(op.Rm)
	t.clobber()
	size := op.Aux & a64.MemSize
	miss := t.atomic(op, true)
	t.load(true, RDX, op.Rd) // before the status, which may be the same register
	t.RM(MOV, true, RAX, t.field(t.l.ExclusiveHost))
	t.MovMemImm(true, t.field(t.l.ExclusiveHost), 0)
	t.ALURR(CMP, true, RAX, RCX)
	elsewhere := t.Jcc8(NE)
	t.ALUMI(CMP, true, t.field(t.l.ExclusiveSize), 1<<size)
	other := t.Jcc8(NE)
	t.RM(MOV, true, RAX, t.field(t.l.ExclusiveValue))
	t.Lock()
	t.RM(cmpxchg(size), size == 3, RDX, At(RCX, 0))
	t.Land8(elsewhere)
	t.Land8(other)
	t.RR(SET(NE), false, 0, RAX)
	t.RR(MOVZX8, false, RAX, RAX)
	t.put(op.Rm, RAX)
	t.slow(miss)
}

// cmpxchg, xadd and xchg are the instructions for a size.
func cmpxchg(size uint16) Inst {
	return [4]Inst{0xb0 | map0F | byteR, CMPXCHG | pfx66, CMPXCHG, CMPXCHG}[size]
}

func xadd(size uint16) Inst {
	return [4]Inst{0xc0 | map0F | byteR, XADD | pfx66, XADD, XADD}[size]
}

func xchg(size uint16) Inst {
	return [4]Inst{0x86 | byteR, XCHG | pfx66, XCHG, XCHG}[size]
}

// source loads an operand of which the decoder may have made a destination.
func (t *Translator) source(r Reg, x uint8) {
	if x == a64.Sink {
		x = a64.ZR
	}
	t.load(true, r, x)
}

// result makes the low bytes of r a register's value.
func (t *Translator) result(size uint16, rd uint8, r Reg) {
	switch size {
	case 0:
		t.RR(MOVZX8, false, r, r)
	case 1:
		t.RR(MOVZX16, false, r, r)
	case 2:
		t.Mov(false, r, r)
	}
	t.put(rd, r)
}

func (t *Translator) compareAndSwap(op *a64.Op) {
	t.writing(op.Rm)
	t.clobber()
	size := op.Aux & a64.MemSize
	miss := t.atomic(op, true)
	unreadable := t.alsoReadable(op)
	t.source(RAX, op.Rm)
	t.source(RDX, op.Rd)
	t.Lock()
	t.RM(cmpxchg(size), size == 3, RDX, At(RCX, 0))
	t.result(size, op.Rm, RAX)
	t.slow(miss, unreadable)
}

// alsoReadable looks at the entry's other tag, for instructions that read and
// write: memory that can be written can be read in all but odd tables, which
// the general way knows about. Such a page has no tag for reads, and is no page
// of a watchpoint either. It returns the jump that is taken.
//
// The host's address in RCX stays.
func (t *Translator) alsoReadable(op *a64.Op) (site int) {
	t.Mov(false, RDX, RAX)
	t.ShiftI(SHR, false, RDX, 7)
	t.ALURI(AND, false, RDX, t.tlbMax)
	t.ALURI(AND, true, RAX, ^(pageSize - 1))
	t.ALURM(CMP, true, RAX, Sum(tlbReg, RDX, 0))
	return t.Jcc(NE)
}

func (t *Translator) swap(op *a64.Op) {
	t.written(op, false)
	t.clobber()
	size := op.Aux & a64.MemSize
	miss := t.atomic(op, true)
	unreadable := t.alsoReadable(op)
	t.source(RDX, op.Rm)
	t.RM(xchg(size), size == 3, RDX, At(RCX, 0))
	t.result(size, op.Rd, RDX)
	t.slow(miss, unreadable)
}

// loadAndOperate is LDADD and its kin.
func (t *Translator) loadAndOperate(op *a64.Op) {
	switch op.Imm {
	case a64.OpADD, a64.OpCLR, a64.OpEOR, a64.OpSET:
	default:
		t.interpret()
		return
	}
	t.written(op, false)
	t.clobber()
	size := op.Aux & a64.MemSize
	miss := t.atomic(op, true)
	unreadable := t.alsoReadable(op)
	t.source(RDX, op.Rm)
	if op.Imm == a64.OpADD {
		t.Lock()
		t.RM(xadd(size), size == 3, RDX, At(RCX, 0))
		t.result(size, op.Rd, RDX)
	} else {
		t.operate(op, size)
	}
	t.slow(miss, unreadable)
}

// operate is LDCLR, LDEOR and LDSET. Without a result one locked instruction
// does it, with one a loop.
func (t *Translator) operate(op *a64.Op, size uint16) {
	if op.Imm == a64.OpCLR {
		t.RR(UNARY, true, NOT, RDX)
	}
	o := [4]ALU{a64.OpCLR: AND, a64.OpEOR: XOR, a64.OpSET: OR}[op.Imm]
	if op.Rd == a64.Sink && size >= 2 {
		t.Lock()
		t.ALUMR(o, size == 3, At(RCX, 0), RDX)
		return
	}
	// R12 holds the new value for a moment; the count waits in memory.
	t.hideCount()
	t.RM([4]Inst{MOVZX8, MOVZX16, MOV, MOV}[size], size == 3, RAX, At(RCX, 0))
	again := t.Pos()
	t.Mov(true, count, RAX)
	t.ALURR(o, true, count, RDX)
	t.Lock()
	t.RM(cmpxchg(size), size == 3, count, At(RCX, 0))
	t.JccTo(NE, again)
	t.showCount()
	t.result(size, op.Rd, RAX)
}
