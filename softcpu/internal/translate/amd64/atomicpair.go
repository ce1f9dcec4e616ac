package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Exclusives and compare-and-swap of pairs. Two words are a doubleword; for two
// doublewords there is CMPXCHG16B, which works on fixed registers, that of the
// state among them.

// atomicOf is atomic for an access of that many bytes.
func (t *Translator) atomicOf(rn uint8, bytes int32, write bool) (miss int) {
	t.base(rn, 0)
	miss = t.tlb(lookup{size: bytes, write: write, exact: true})
	t.ALURR(ADD, true, RCX, RAX)
	return miss
}

// join computes dst = words lo and hi. It uses R12; the count waits in memory.
func (t *Translator) join(dst Reg, lo, hi uint8) {
	t.load(true, count, hi)
	t.load(false, dst, lo)
	t.ShiftI(SHL, true, count, 32)
	t.ALURR(OR, true, dst, count)
}

// split makes the halves of RAX the values of two registers. It uses RDX.
func (t *Translator) split(lo, hi uint8) {
	t.Mov(true, RDX, RAX)
	t.ShiftI(SHR, true, RDX, 32)
	t.Mov(false, RAX, RAX)
	t.put(lo, RAX)
	t.put(hi, RDX)
}

// hideCount frees R12, showCount gives it its value back. Neither changes flags.
func (t *Translator) hideCount() { t.RM(MOVM, true, count, t.field(t.l.Count)) }
func (t *Translator) showCount() { t.RM(MOV, true, count, t.field(t.l.Count)) }

// swapPair emits CMPXCHG16B at the address in RCX, with the old value in
// RDX:RAX, for the new one in guest registers lo and hi. The state pointer is in
// R15 meanwhile, and the address in R12.
func (t *Translator) swapPair(lo, hi uint8) {
	t.hideCount()
	t.Mov(true, count, RCX)
	t.load(true, RCX, hi)
	t.load(true, tlbReg, lo)
	t.RR(XCHG, true, tlbReg, state)
	t.Lock()
	t.RM(CMPXCHG16B, true, 1, At(count, 0))
	t.Mov(true, state, tlbReg)
	t.RM(MOV, true, tlbReg, t.field(t.l.TLB))
	t.showCount()
}

func (t *Translator) lowerExclusivePair(op *a64.Op) {
	if op.Aux&a64.MemLoad != 0 {
		t.loadExclusivePair(op)
	} else {
		t.storeExclusivePair(op)
	}
}

func (t *Translator) loadExclusivePair(op *a64.Op) {
	t.written(op, true)
	t.clobber()
	bytes := int32(2) << (op.Aux & a64.MemSize)
	miss := t.atomicOf(op.Rn, bytes, false)
	t.RM(MOVM, true, RCX, t.field(t.l.ExclusiveHost))
	t.MovMemImm(true, t.field(t.l.ExclusiveSize), bytes)
	t.RM(MOV, true, RAX, At(RCX, 0))
	t.RM(MOVM, true, RAX, t.field(t.l.ExclusiveValue))
	if bytes == 8 {
		t.split(op.Rd, op.Ra)
	} else {
		t.RM(MOV, true, RDX, At(RCX, 8))
		t.RM(MOVM, true, RDX, t.field(t.l.ExclusiveValue+8))
		t.put(op.Rd, RAX)
		t.put(op.Ra, RDX)
	}
	t.slow(miss)
}

func (t *Translator) storeExclusivePair(op *a64.Op) {
	t.writing(op.Rm)
	t.clobber()
	bytes := int32(2) << (op.Aux & a64.MemSize)
	miss := t.atomicOf(op.Rn, bytes, true)
	t.RM(MOV, true, RAX, t.field(t.l.ExclusiveHost))
	t.MovMemImm(true, t.field(t.l.ExclusiveHost), 0)
	t.ALURR(CMP, true, RAX, RCX)
	elsewhere := t.Jcc8(NE)
	t.ALUMI(CMP, true, t.field(t.l.ExclusiveSize), bytes)
	other := t.Jcc8(NE)
	if bytes == 8 {
		t.hideCount()
		t.join(RDX, op.Rd, op.Ra)
		t.showCount()
		t.RM(MOV, true, RAX, t.field(t.l.ExclusiveValue))
		t.Lock()
		t.RM(CMPXCHG, true, RDX, At(RCX, 0))
	} else {
		t.RM(MOV, true, RAX, t.field(t.l.ExclusiveValue))
		t.RM(MOV, true, RDX, t.field(t.l.ExclusiveValue+8))
		t.swapPair(op.Rd, op.Ra)
	}
	t.Land8(elsewhere)
	t.Land8(other)
	t.RR(SET(NE), false, 0, RAX)
	t.RR(MOVZX8, false, RAX, RAX)
	t.put(op.Rm, RAX)
	t.slow(miss)
}

// compareAndSwapPair is CASP, whose registers are Rs and Rs+1, Rt and Rt+1.
func (t *Translator) compareAndSwapPair(op *a64.Op) {
	w := uint32(op.Imm)
	rs, rt := w>>16&31, w&31
	lo, hi := a64.Xd(rs), a64.Xd(rs+1)
	t.writing(lo)
	t.writing(hi)
	t.clobber()
	bytes := int32(2) << (op.Aux & a64.MemSize)
	miss := t.atomicOf(op.Rn, bytes, true)
	unreadable := t.alsoReadable(op)
	if bytes == 8 {
		t.hideCount()
		t.join(RAX, a64.Xs(rs), a64.Xs(rs+1))
		t.join(RDX, a64.Xs(rt), a64.Xs(rt+1))
		t.showCount()
		t.Lock()
		t.RM(CMPXCHG, true, RDX, At(RCX, 0))
		t.split(lo, hi)
	} else {
		t.load(true, RAX, a64.Xs(rs))
		t.load(true, RDX, a64.Xs(rs+1))
		t.swapPair(a64.Xs(rt), a64.Xs(rt+1))
		t.put(lo, RAX)
		t.put(hi, RDX)
	}
	t.slow(miss, unreadable)
}
