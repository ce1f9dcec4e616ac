package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Exclusives and compare-and-swap of pairs. Two words are a doubleword; for two
// doublewords there is CASP.

// loadExclusivePair reads two doublewords one by one: they were there at one time
// if a store-exclusive succeeds, and LDXP promises no more (DDI 0487 B2.2.1).
func (t *Translator) loadExclusivePair(op *a64.Op) {
	bytes := uint32(2) << size(op)
	misses := t.atomic(op, bytes, true, false)
	load := plainOrAcquire(op, 3)
	t.Mem(load, X15, X16, 0)
	t.monitor(uint64(bytes))
	if bytes == 8 {
		t.Field(X14, X15, 32, 32)
		t.Field(X15, X15, 0, 32)
	} else {
		t.AddImm(X14, X16, 8)
		t.Mem(load, X14, X14, 0)
		t.field(STRX, X14, t.l.ExclusiveValue+8)
	}
	t.put(op.Rd, X15)
	t.put(op.Ra, X14)
	t.slow(misses...)
}

func (t *Translator) storeExclusivePair(op *a64.Op) {
	if size(op) == 3 && !t.Host.LSE {
		t.interpret()
		return
	}
	misses := t.atomic(op, 2<<size(op), false, true)
	sites := []int{t.claim(size(op) + 1)}
	if size(op) == 2 {
		t.Field(X17, t.get(op.Rd, X17), 0, 32)
		t.Shifted(ORR, X17, X17, t.get(op.Ra, X15), 32)
		t.field(LDRX, X15, t.l.ExclusiveValue)
		sites = append(sites, t.swapIfEqual(3, release(op), X17)...)
	} else {
		t.swapPairIfEqual(op)
	}
	t.status(op, sites...)
	t.slow(misses...)
}

// swapPairIfEqual is swapIfEqual of two doublewords, from Rd and Ra. The address
// is where the TLB's is meanwhile.
func (t *Translator) swapPairIfEqual(op *a64.Op) {
	t.Mov(tlbReg, X16)
	t.field(LDRX, X14, t.l.ExclusiveValue)
	t.field(LDRX, X15, t.l.ExclusiveValue+8)
	t.load(X16, op.Rd)
	t.load(X17, op.Ra)
	t.RRR(CASP|1<<30|release(op), X16, tlbReg, X14)
	t.field(LDRX, X16, t.l.ExclusiveValue)
	t.field(LDRX, X17, t.l.ExclusiveValue+8)
	t.RRR(EOR, X14, X14, X16)
	t.RRR(EOR, X15, X15, X17)
	t.RRR(ORR, X14, X14, X15)
	t.field(LDRX, tlbReg, t.l.TLB)
}

// compareAndSwapPair is CASP, whose registers are Rs and Rs+1, Rt and Rt+1. The
// host needs even ones, too; the address is where the TLB's is meanwhile.
func (t *Translator) compareAndSwapPair(op *a64.Op, w uint32) {
	if !t.Host.LSE {
		t.interpret()
		return
	}
	misses := t.atomic(op, 2<<size(op), true, true)
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
