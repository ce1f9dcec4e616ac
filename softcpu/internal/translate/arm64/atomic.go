package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Exclusives, acquire and release, and LSE. All need their natural alignment,
// and what does not have it goes the general way. The order of accesses is the
// host's: all of the guest's memory that is accessed here is its RAM.

func (t *Translator) lowerAtomic(op *a64.Op, w uint32) {
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
	case a64.CAS, a64.SWP, a64.LDOP:
		t.lowerLSE(op, w)
	case a64.CASP:
		t.compareAndSwapPair(op, w)
	default:
		t.interpret()
	}
}

// atomic emits the lookup for an aligned access of that many bytes, and X16 = the
// host's address.
func (t *Translator) atomic(op *a64.Op, size uint32, read, write bool) (misses []int) {
	a := t.base(op.Rn, 0)
	misses = t.tlb(lookup{size: size, read: read, write: write, exact: true}, a)
	t.RRR(ADD, X16, a, X14)
	return misses
}

// sized returns an instruction for the size in Aux.
func sized(i Inst, op *a64.Op) Inst { return i | Inst(op.Aux&a64.MemSize)<<30 }

func (t *Translator) loadAcquire(op *a64.Op) {
	misses := t.atomic(op, 1<<(op.Aux&a64.MemSize), true, false)
	r := host(op.Rd, X15)
	t.Mem(sized(LDAR, op), r, X16, 0)
	t.put(op.Rd, r)
	t.slow(misses...)
}

func (t *Translator) storeRelease(op *a64.Op) {
	misses := t.atomic(op, 1<<(op.Aux&a64.MemSize), false, true)
	t.Mem(sized(STLR, op), t.get(op.Rd, X15), X16, 0)
	t.slow(misses...)
}

// loadExclusive notes in the local monitor what it has read, and where.
func (t *Translator) loadExclusive(op *a64.Op) {
	size := uint32(1) << (op.Aux & a64.MemSize)
	misses := t.atomic(op, size, true, false)
	if op.Aux&a64.MemAcquire != 0 {
		t.Mem(sized(LDAR, op), X15, X16, 0)
	} else {
		t.Mem(sized(LDRB, op), X15, X16, 0)
	}
	t.MovImm(X14, uint64(size))
	t.field(STRX, X16, t.l.ExclusiveHost)
	t.field(STRX, X14, t.l.ExclusiveSize)
	t.field(STRX, X15, t.l.ExclusiveValue)
	t.put(op.Rd, X15)
	t.slow(misses...)
}

// storeExclusive swaps if the monitor has this place and its memory still holds
// what was read there. X14 is 0 where all is well so far.
func (t *Translator) storeExclusive(op *a64.Op) {
	size := uint32(op.Aux & a64.MemSize)
	misses := t.atomic(op, 1<<size, false, true)
	t.field(LDRX, X14, t.l.ExclusiveHost)
	t.field(STRX, XZR, t.l.ExclusiveHost)
	t.RRR(EOR, X14, X14, X16)
	t.field(LDRX, X15, t.l.ExclusiveSize)
	t.Flip(X15, X15, size)
	t.RRR(ORR, X14, X14, X15)
	elsewhere := t.Jump(CBNZ, X14)
	t.field(LDRX, X15, t.l.ExclusiveValue)
	different := t.swapIfEqual(op, t.get(op.Rd, X17))
	t.Link(elsewhere, t.Pos())
	for _, site := range different {
		t.Link(site, t.Pos())
	}
	done := t.Jump(CBZ, X14)
	t.MovImm(X14, 1)
	t.Link(done, t.Pos())
	t.put(op.Rm, X14)
	t.slow(misses...)
}

// swapIfEqual stores r at X16 if X15 is there, in one atomic access. X14 is 0 if
// it has; it may also leave by the branches that it returns.
func (t *Translator) swapIfEqual(op *a64.Op, r Reg) (sites []int) {
	release := Inst(0)
	if op.Aux&a64.MemRelease != 0 {
		release = order
	}
	if t.Host.LSE {
		t.Mov(X14, X15)
		t.RRR(sized(CAS|release, op), r, X16, X14)
		t.RRR(EOR, X14, X14, X15)
		return nil
	}
	again := t.Pos()
	t.Mem(sized(LDXR, op), X14, X16, 0)
	t.RRR(EOR, X14, X14, X15)
	sites = []int{t.Jump(CBNZ, X14)}
	t.RRR(sized(STXR|release, op), r, X16, X14)
	t.Link(t.Jump(CBNZ, X14), again)
	return sites
}

// lowerLSE is CAS, SWP, LDADD and its kin: Rs is in Rm's field.
func (t *Translator) lowerLSE(op *a64.Op, w uint32) {
	if !t.Host.LSE {
		t.lowerWithoutLSE(op)
		return
	}
	misses := t.atomic(op, 1<<(op.Aux&a64.MemSize), true, true)
	rs, rt := index(w>>16, false), index(w, false)
	s := t.get(rs, X14)
	word := w&^(31<<16|31<<5|31) | uint32(s<<16|X16<<5)
	if op.Code == a64.CAS {
		t.Word(word | uint32(t.get(rt, X15)))
		t.put(rs, s)
	} else {
		r := host(rt, X15)
		t.Word(word | uint32(r))
		t.put(rt, r)
	}
	t.slow(misses...)
}

// lowerWithoutLSE does it by exclusives, in a loop that ends when nobody came in
// between. Minimum and maximum, which would need the flags, are left to the
// interpreter. X14 is what was in memory; the register of the TLB's address has
// what is compared, and the status.
func (t *Translator) lowerWithoutLSE(op *a64.Op) {
	if op.Code == a64.LDOP && op.Imm > a64.OpSET {
		t.interpret()
		return
	}
	size := uint32(op.Aux & a64.MemSize)
	misses := t.atomic(op, 1<<size, true, true)
	load, store := sized(LDXR, op), sized(STXR, op)
	if op.Aux&a64.MemAcquire != 0 {
		load |= order
	}
	if op.Aux&a64.MemRelease != 0 {
		store |= order
	}
	s, result := t.get(source(op.Rm), X15), op.Rd
	different := -1
	if op.Code == a64.CAS {
		t.Field(X15, s, 0, 8<<size)
		s, result = t.get(op.Rd, X17), op.Rm
	}
	again := t.Pos()
	t.Mem(load, X14, X16, 0)
	switch op.Code {
	case a64.CAS:
		t.RRR(EOR, tlbReg, X14, X15)
		different = t.Jump(CBNZ, tlbReg)
	case a64.LDOP:
		t.RRR([4]Inst{a64.OpADD: ADD, a64.OpCLR: BIC, a64.OpEOR: EOR, a64.OpSET: ORR}[op.Imm], X17, X14, s)
		s = X17
	}
	t.RRR(store, s, X16, tlbReg)
	t.Link(t.Jump(CBNZ, tlbReg), again)
	if different >= 0 {
		t.Link(different, t.Pos())
	}
	t.field(LDRX, tlbReg, t.l.TLB)
	t.put(result, X14)
	t.slow(misses...)
}

// source is a register that the decoder may have made a destination.
func source(x uint8) uint8 {
	if x == a64.Sink {
		return a64.ZR
	}
	return x
}

// compareAndSwapPair is CASP, whose registers are Rs and Rs+1, Rt and Rt+1. The
// host needs even ones, too; the address is where the TLB's is meanwhile.
func (t *Translator) compareAndSwapPair(op *a64.Op, w uint32) {
	if !t.Host.LSE {
		t.interpret()
		return
	}
	misses := t.atomic(op, 2<<(op.Aux&a64.MemSize), true, true)
	rs, rt := w>>16, w
	t.Mov(tlbReg, X16)
	t.load(X14, index(rs, false))
	t.load(X15, index(rs+1, false))
	t.load(X16, index(rt, false))
	t.load(X17, index(rt+1, false))
	t.Word(w&^(31<<16|31<<5|31) | uint32(X14<<16|tlbReg<<5|X16))
	t.field(LDRX, tlbReg, t.l.TLB)
	t.put(index(rs, false), X14)
	t.put(index(rs+1, false), X15)
	t.slow(misses...)
}
