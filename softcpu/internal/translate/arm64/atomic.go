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
	case a64.LDSTXP:
		if op.Aux&a64.MemLoad != 0 {
			t.loadExclusivePair(op)
		} else {
			t.storeExclusivePair(op)
		}
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

// sized returns an instruction for accesses of 1<<size bytes.
func sized(i Inst, size uint32) Inst { return i | Inst(size)<<30 }

// size returns log2 of the bytes of one register.
func size(op *a64.Op) uint32 { return uint32(op.Aux & a64.MemSize) }

// acquire and release return the bit that makes an exclusive or atomic access of
// bit 15 do that, if the guest's instruction does.
func acquire(op *a64.Op) Inst { return Inst(op.Aux&a64.MemAcquire) / a64.MemAcquire * order }
func release(op *a64.Op) Inst { return Inst(op.Aux&a64.MemRelease) / a64.MemRelease * order }

// plainOrAcquire is the load with which a load-exclusive begins: what is
// exclusive of it is Layout's.
func plainOrAcquire(op *a64.Op, size uint32) Inst {
	if op.Aux&a64.MemAcquire != 0 {
		return sized(LDAR, size)
	}
	return sized(LDRB, size)
}

func (t *Translator) loadAcquire(op *a64.Op) {
	misses := t.atomic(op, 1<<size(op), true, false)
	r := host(op.Rd, X15)
	t.Mem(sized(LDAR, size(op)), r, X16, 0)
	t.put(op.Rd, r)
	t.slow(misses...)
}

func (t *Translator) storeRelease(op *a64.Op) {
	misses := t.atomic(op, 1<<size(op), false, true)
	t.Mem(sized(STLR, size(op)), t.get(op.Rd, X15), X16, 0)
	t.slow(misses...)
}

// loadExclusive notes in the local monitor what it has read, and where.
func (t *Translator) loadExclusive(op *a64.Op) {
	misses := t.atomic(op, 1<<size(op), true, false)
	t.Mem(plainOrAcquire(op, size(op)), X15, X16, 0)
	t.monitor(1 << size(op))
	t.put(op.Rd, X15)
	t.slow(misses...)
}

// monitor makes the local monitor that of the bytes at X16, of which the first
// eight are in X15. It uses X14.
func (t *Translator) monitor(bytes uint64) {
	t.MovImm(X14, bytes)
	t.field(STRX, X16, t.l.ExclusiveHost)
	t.field(STRX, X14, t.l.ExclusiveSize)
	t.field(STRX, X15, t.l.ExclusiveValue)
}

// storeExclusive swaps if the monitor has this place and its memory still holds
// what was read there. X14 is 0 where all is well so far.
func (t *Translator) storeExclusive(op *a64.Op) {
	misses := t.atomic(op, 1<<size(op), false, true)
	elsewhere := t.claim(size(op))
	t.field(LDRX, X15, t.l.ExclusiveValue)
	different := t.swapIfEqual(size(op), release(op), t.get(op.Rd, X17))
	t.status(op, append(different, elsewhere)...)
	t.slow(misses...)
}

// claim ends what the monitor has. It returns the branch that is taken, with X14
// not 0, if that is another place than the 1<<size bytes at X16. It uses X15.
func (t *Translator) claim(size uint32) (elsewhere int) {
	t.field(LDRX, X14, t.l.ExclusiveHost)
	t.field(STRX, XZR, t.l.ExclusiveHost)
	t.RRR(EOR, X14, X14, X16)
	t.field(LDRX, X15, t.l.ExclusiveSize)
	t.Flip(X15, X15, size)
	t.RRR(ORR, X14, X14, X15)
	return t.Jump(CBNZ, X14)
}

// swapIfEqual stores r at X16 if X15 is there, in one atomic access. X14 is 0 if
// it has; it may also leave by the branches that it returns.
func (t *Translator) swapIfEqual(size uint32, release Inst, r Reg) (different []int) {
	if t.Host.LSE {
		t.Mov(X14, X15)
		t.RRR(sized(CAS|release, size), r, X16, X14)
		t.RRR(EOR, X14, X14, X15)
		return nil
	}
	again := t.Pos()
	t.Mem(sized(LDXR, size), X14, X16, 0)
	t.RRR(EOR, X14, X14, X15)
	different = []int{t.Jump(CBNZ, X14)}
	t.RRR(sized(STXR|release, size), r, X16, X14)
	t.Link(t.Jump(CBNZ, X14), again)
	return different
}

// status ends a store-exclusive: its status is 0 if X14 is. The branches at sites
// lead here.
func (t *Translator) status(op *a64.Op, sites ...int) {
	for _, site := range sites {
		t.Link(site, t.Pos())
	}
	done := t.Jump(CBZ, X14)
	t.MovImm(X14, 1)
	t.Link(done, t.Pos())
	t.put(op.Rm, X14)
}

// lowerLSE is CAS, SWP, LDADD and its kin: Rs is in Rm's field.
func (t *Translator) lowerLSE(op *a64.Op, w uint32) {
	if !t.Host.LSE {
		t.lowerWithoutLSE(op)
		return
	}
	misses := t.atomic(op, 1<<size(op), true, true)
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
	misses := t.atomic(op, 1<<size(op), true, true)
	load, store := sized(LDXR|acquire(op), size(op)), sized(STXR|release(op), size(op))
	s, result := t.get(source(op.Rm), X15), op.Rd
	different := -1
	if op.Code == a64.CAS {
		t.Field(X15, s, 0, 8<<size(op))
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
