package arm64

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// Every load and store looks into the TLB:
//
//	X14 = the entry
//	X17 = the page of the access's last byte: where that is another page than
//	      the first byte's, entry and tag do not belong together
//	X15 = the entry's tag: where it is not X17, go the general way
//	X14 = the distance from the guest's address to the host's
//
// after which the bytes are at the guest's address + X14.

// A lookup is what the TLB is asked.
type lookup struct {
	size        uint32 // bytes
	read, write bool
	exact       bool // what is not aligned to size misses
	el0         bool // with the rights of EL0
}

// tlb emits the lookup of the address in a. It returns the branches that are
// taken at a miss.
func (t *Translator) tlb(l lookup, a Reg) (misses []int) {
	array := tlbReg
	if l.el0 {
		array = X15
		t.AddImm(X15, state, int64(t.l.TLBEL0+t.bias))
	}
	t.Field(X14, a, 12, t.tlbBits)
	t.Shifted(ADD, X14, array, X14, translate.TLBEntryShift)
	switch {
	case l.exact || t.Checked:
		t.And(X17, a, 12, 52+uint32(bits.TrailingZeros32(l.size)))
	case l.size == 1:
		t.And(X17, a, 12, 52)
	default:
		t.AddImm(X17, a, int64(l.size-1))
		t.And(X17, X17, 12, 52)
	}
	if l.read {
		misses = append(misses, t.compareTag(translate.TLBRead))
	}
	if l.write {
		misses = append(misses, t.compareTag(translate.TLBWrite))
	}
	t.Mem(LDRX, X14, X14, translate.TLBAddend)
	return misses
}

// compareTag compares the tag at off of the entry at X14 with X17.
func (t *Translator) compareTag(off int32) (miss int) {
	t.Mem(LDRX, X15, X14, off)
	t.RRR(EOR, X15, X15, X17)
	return t.Jump(CBNZ, X15)
}

// base returns a register with Xn + imm: Xn's own, or X16.
func (t *Translator) base(rn uint8, imm uint64) Reg {
	n := t.get(rn, X16)
	if imm == 0 {
		return n
	}
	t.AddImm(X16, n, int64(imm))
	return X16
}

// offset is what is added to the base register for the access.
func offset(op *a64.Op) uint64 {
	if op.Aux&a64.MemPost != 0 {
		return 0
	}
	return op.Imm
}

// lowerMemory translates loads and stores of general registers. The codes of the
// frequent forms stand for bits of Aux, which the decoder sets for them too.
func (t *Translator) lowerMemory(op *a64.Op, w uint32) {
	switch code := op.Code; {
	case code <= a64.STRXsp, code == a64.LDST:
		if writesBack(op) && op.Rd == op.Rn {
			t.interpret()
			return
		}
		t.transfer(op, t.base(op.Rn, offset(op)))
	case code >= a64.LDRBr && code <= a64.STRXr:
		t.transfer(op, t.registerOffset(op, 3))
	case code == a64.LDSText:
		t.transfer(op, t.registerOffset(op, uint32(op.Imm)))
	case code >= a64.LDPX && code <= a64.LDPXpost, code == a64.LDSTP:
		t.lowerPair(op, w)
	case code == a64.LDRlit:
		t.pageVA(X16, int64(t.i*4+op.Imm))
		t.transfer(op, X16)
	case code == a64.PRFM:
	default:
		t.lowerAtomic(op, w)
	}
}

func writesBack(op *a64.Op) bool { return op.Aux&(a64.MemPre|a64.MemPost) != 0 }

// registerOffset computes X16 = Xn + Xm, extended and shifted.
func (t *Translator) registerOffset(op *a64.Op, option uint32) Reg {
	n, m := t.get(op.Rn, X16), t.get(op.Rm, X15)
	t.RRR(ADDX|Inst(option<<13|uint32(op.Ra)<<10), X16, n, m)
	return X16
}

// byRegister is a load or store of a byte with a register as offset; the size is
// in bits 31:30, and what it does with it in bits 23:22.
const byRegister = 0x38206800

// general is the word of a load or store of a general register, without its
// registers.
func general(aux uint16) Inst {
	opc := Inst(0)
	switch {
	case aux&a64.MemLoad == 0:
	case aux&a64.MemSigned == 0:
		opc = 1
	case aux&a64.Mem64 != 0:
		opc = 2
	default:
		opc = 3
	}
	return byRegister | Inst(aux&a64.MemSize)<<30 | opc<<22
}

// transfer loads or stores a general register at the address in a.
func (t *Translator) transfer(op *a64.Op, a Reg) {
	load := op.Aux&a64.MemLoad != 0
	misses := t.tlb(lookup{size: 1 << (op.Aux & a64.MemSize), read: load, write: !load, el0: op.Aux&a64.MemUnpriv != 0}, a)
	if load {
		r := host(op.Rd, X15)
		t.RRR(general(op.Aux), r, a, X14)
		t.put(op.Rd, r)
	} else {
		t.RRR(general(op.Aux), t.get(op.Rd, X15), a, X14)
	}
	t.writeBack(op)
	t.slow(misses...)
	t.writtenBack(op)
}

// writeBack gives the base register its new value, if the form has one.
func (t *Translator) writeBack(op *a64.Op) {
	if writesBack(op) {
		r := t.get(op.Rn, X15)
		t.AddImm(r, r, int64(op.Imm))
		t.put(op.Rn, r)
	}
}

// writtenBack looks at a stack pointer that was the base.
func (t *Translator) writtenBack(op *a64.Op) {
	if op.Rn == a64.SP && writesBack(op) && op.Imm%16 != 0 {
		t.wroteSP()
	}
}

// pairWord is a pair at the address in X16 without an offset, for what w
// transfers, without the registers.
func pairWord(w uint32) uint32 { return w&0xc4400000 | 0x29000000 | uint32(X16)<<5 }

// lowerPair is LDP, LDPSW and STP. A load of one register twice is not for the
// host to define.
func (t *Translator) lowerPair(op *a64.Op, w uint32) {
	load := op.Aux&a64.MemLoad != 0
	if writesBack(op) && (op.Rd == op.Rn || op.Ra == op.Rn) || load && w>>10&31 == w&31 {
		t.interpret()
		return
	}
	a := t.base(op.Rn, offset(op))
	misses := t.tlb(t.pair(1<<(op.Aux&a64.MemSize), load), a)
	t.RRR(ADD, X16, a, X14)
	if load {
		r, r2 := host(op.Rd, X14), host(op.Ra, X15)
		t.Word(pairWord(w) | uint32(r2<<10|r))
		t.put(op.Rd, r)
		t.put(op.Ra, r2)
	} else {
		r, r2 := t.get(op.Rd, X14), t.get(op.Ra, X15)
		t.Word(pairWord(w) | uint32(r2<<10|r))
	}
	t.writeBack(op)
	t.slow(misses...)
	t.writtenBack(op)
}

// pair is the lookup for two registers of size bytes. Their alignment is that of
// one: while it is checked, the general way finds out about what is not aligned to
// both.
func (t *Translator) pair(size uint32, load bool) lookup {
	return lookup{size: 2 * size, read: load, write: !load}
}
