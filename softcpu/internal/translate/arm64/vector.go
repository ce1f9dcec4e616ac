package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// lowerVector translates what uses the SIMD and FP registers.
func (t *Translator) lowerVector(op *a64.Op, w uint32) {
	switch {
	case op.Code >= a64.EndBase && !t.has(op), op.Code == a64.LDSTVM && t.Checked, repeats(op):
		t.interpret()
	case op.Code >= a64.EndBase:
		t.useFP()
		t.renumbered(defined(op, w), shapes[op.Code])
	default:
		t.useFP()
		t.lowerVectorMemory(op, w)
	}
}

// has says whether the host has the instruction.
func (t *Translator) has(op *a64.Op) bool {
	switch c := op.Code; {
	case c == a64.VPMULL && op.Size() == 3:
		return t.Host.PMULL
	case c >= a64.AESE && c <= a64.AESIMC:
		return t.Host.AES
	case c >= a64.SHA1C && c <= a64.SHA1SU1:
		return t.Host.SHA1
	case c >= a64.SHA256H && c <= a64.SHA256SU1:
		return t.Host.SHA2
	}
	return true
}

// repeats says whether a pair is loaded into one register twice, which is not for
// the host to define.
func repeats(op *a64.Op) bool {
	return op.Code == a64.LDSTVP && op.Aux&a64.MemLoad != 0 && op.Rd == op.Ra
}

// defined returns w with those bits as they should be that the decoder does not
// look at: Rm of a comparison with zero.
func defined(op *a64.Op, w uint32) uint32 {
	if op.Code == a64.FCMPZero || op.Code == a64.FCMPEZero {
		w &^= 31 << 16
	}
	return w
}

func (t *Translator) lowerVectorMemory(op *a64.Op, w uint32) {
	switch op.Code {
	case a64.LDSTV:
		t.transferV(op, t.base(op.Rn, offset(op)))
	case a64.LDSTVext:
		t.transferV(op, t.registerOffset(op, uint32(op.Imm)))
	case a64.LDRVlit:
		t.pageVA(X16, int64(t.i*4+op.Imm))
		t.transferV(op, X16)
	case a64.LDSTVP:
		t.lowerPairV(op, w)
	default:
		t.lowerStructures(op, w)
	}
}

// transferV loads or stores a SIMD and FP register at the address in a.
func (t *Translator) transferV(op *a64.Op, a Reg) {
	size, load := uint32(op.Aux&a64.MemSize), op.Aux&a64.MemLoad != 0
	misses := t.tlb(lookup{size: 1 << size, read: load, write: !load}, a)
	i := Inst(byRegister | 1<<26 | size&3<<30 | size>>2<<23)
	if load {
		i |= 1 << 22
	}
	t.RRR(i, Reg(op.Rd), a, X14)
	t.writeBack(op)
	t.slow(misses...)
	t.writtenBack(op)
}

func (t *Translator) lowerPairV(op *a64.Op, w uint32) {
	a := t.base(op.Rn, offset(op))
	misses := t.tlb(t.pair(1<<(op.Aux&a64.MemSize), op.Aux&a64.MemLoad != 0), a)
	t.RRR(ADD, X16, a, X14)
	t.Word(pairWord(w) | w&(31<<10|31))
	t.writeBack(op)
	t.slow(misses...)
	t.writtenBack(op)
}

// lowerStructures is LD1 to LD4 and ST1 to ST4, of which the form without
// post-index is emitted.
func (t *Translator) lowerStructures(op *a64.Op, w uint32) {
	const postIndex = 1 << 23
	post, load, bytes := w&postIndex != 0, w>>22&1 != 0, structureBytes(w)
	a := t.base(op.Rn, 0)
	misses := t.tlb(lookup{size: bytes, read: load, write: !load}, a)
	t.RRR(ADD, X16, a, X14)
	t.Word(w&^(postIndex|31<<16|31<<5) | uint32(X16)<<5)
	switch {
	case post && op.Rm == a64.ZR:
		t.writeBack(&a64.Op{Rn: op.Rn, Aux: a64.MemPost, Imm: uint64(bytes)})
	case post:
		r := t.get(op.Rn, X14)
		t.RRR(ADD, r, r, t.get(op.Rm, X15))
		t.put(op.Rn, r)
	}
	t.slow(misses...)
	if post && op.Rn == a64.SP {
		t.wroteSP()
	}
}

// structureBytes is how many bytes a load or store of structures transfers (DDI
// 0487 C4.1.94, "Advanced SIMD load/store multiple structures" and "single
// structure").
func structureBytes(w uint32) uint32 {
	if w>>24&1 == 0 {
		registers := [16]uint32{0b0111: 1, 0b1010: 2, 0b1000: 2, 0b0110: 3, 0b0100: 3, 0b0010: 4, 0b0000: 4}[w>>12&15]
		return registers * 8 << (w >> 30 & 1)
	}
	registers, size, scale := (w>>13&1)<<1|w>>21&1+1, w>>10&3, w>>14&3
	switch {
	case scale == 3: // into all lanes
		scale = size
	case scale == 2 && size == 1:
		scale = 3
	}
	return registers << scale
}
