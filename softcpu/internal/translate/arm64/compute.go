package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// shape says which fields of an instruction word are general registers, and what
// is done with them.
type shape uint8

const (
	readsN shape = 1 << iota // bits 9:5
	readsM                   // bits 20:16
	readsA                   // bits 14:10
	readsD                   // bits 4:0
	writesD
	stackN // 31 is the stack pointer
	stackD
)

const (
	dn  = writesD | readsN
	dnm = dn | readsM
)

// shapes has the shape of every instruction that computes on general registers,
// and of those on SIMD and FP registers that use a general one.
var shapes = func() (s [a64.EndVector]shape) {
	set := func(what shape, first, last a64.Code) {
		for c := first; c <= last; c++ {
			s[c] = what
		}
	}
	set(dn|stackN|stackD, a64.ADDi64, a64.ADDi32)
	set(dn|stackN, a64.ADDSi64, a64.SUBSi32)
	set(dn|stackD, a64.ANDi, a64.EORi32)
	set(dn, a64.ANDSi64, a64.ANDSi32)
	set(writesD, a64.MOVi, a64.MOVi) // and see lowerCompute
	set(writesD|readsD, a64.MOVK64, a64.MOVK32)
	set(dn, a64.UBFX, a64.SBFM32)
	set(dn|readsD, a64.BFXIL64, a64.BFI32)
	set(dnm, a64.EXTR64, a64.SUBSr32)
	set(dnm, a64.ADDlsl64, a64.ADDlsl64)
	set(dnm|stackN|stackD, a64.ADDuxtw64, a64.ADDuxtw64)
	set(dnm, a64.ADDSUBsh, a64.ADDSUBsh)
	set(dnm|stackN|stackD, a64.ADDSUBext, a64.ADDSUBext) // and see lowerCompute
	set(dnm, a64.MOVr64, a64.ADCSBC)
	set(readsN|readsM, a64.CCMP, a64.CCMP) // and see lowerCompute
	set(dnm, a64.CSEL64, a64.CRC32)
	set(dn, a64.RBIT64, a64.CLS32)
	set(dnm|readsA, a64.MADD64, a64.UMSUBL)
	set(dnm, a64.SMULH, a64.UMULH)

	set(writesD, a64.FCVTNS, a64.FCVTAU)
	set(readsN, a64.SCVTF, a64.UCVTF)
	set(writesD, a64.FCVTZSFixed, a64.FCVTZUFixed)
	set(readsN, a64.SCVTFFixed, a64.UCVTFFixed)
	set(writesD, a64.FMOVToGeneral, a64.FMOVToGeneral)
	set(readsN, a64.FMOVFromGeneral, a64.FMOVFromGeneral)
	set(writesD, a64.FMOVTopToGeneral, a64.FMOVTopToGeneral)
	set(readsN, a64.FMOVTopFromGeneral, a64.FMOVTopFromGeneral)
	set(readsN, a64.VDUPGeneral, a64.VDUPGeneral)
	set(readsN, a64.VINSGeneral, a64.VINSGeneral)
	set(writesD, a64.VSMOV, a64.VUMOV)
	return s
}()

// lowerCompute translates data processing on general registers.
func (t *Translator) lowerCompute(op *a64.Op, w uint32) {
	s := shapes[op.Code]
	switch op.Code {
	case a64.MOVi: // MOVZ, MOVN, or ORR with an immediate, which is what can write SP
		if op.Rd == a64.SP {
			s |= stackD
		}
	case a64.ADDSUBext:
		if op.Aux&a64.AuxS != 0 {
			s &^= stackD
		}
	case a64.CCMP:
		if op.Aux&a64.AuxN != 0 {
			s &^= readsM
		}
	case a64.SMULH, a64.UMULH:
		w |= 31 << 10 // Ra should be one
	case a64.CRC32:
		if !t.Host.CRC32 {
			t.interpret()
			return
		}
	}
	t.renumbered(w, s)
	if s&stackD != 0 && op.Rd == a64.SP && !keepsAlignment(op) {
		t.wroteSP()
	}
}

// keepsAlignment says whether an instruction that writes the stack pointer leaves
// it aligned.
func keepsAlignment(op *a64.Op) bool {
	return op.Imm%16 == 0 && (op.Code == a64.ADDi64 && op.Rn == a64.SP || op.Code == a64.ANDi)
}

// renumbered emits the guest's word with host registers.
func (t *Translator) renumbered(w uint32, s shape) {
	replace := func(shift uint32, r Reg) { w = w&^(31<<shift) | uint32(r)<<shift }
	n, m, a, d := index(w>>5, s&stackN != 0), index(w>>16, false), index(w>>10, false), index(w, s&stackD != 0)
	if s&readsN != 0 {
		replace(5, t.get(n, X14))
	}
	if s&readsM != 0 {
		replace(16, t.get(m, X15))
	}
	if s&readsA != 0 {
		replace(10, t.get(a, X16))
	}
	if s&readsD != 0 {
		t.get(d, X17)
	}
	if s&writesD == 0 {
		t.Word(w)
		return
	}
	r := host(d, X17)
	replace(0, r)
	t.Word(w)
	t.put(d, r)
}

// lowerAddress is ADR and ADRP.
func (t *Translator) lowerAddress(op *a64.Op) {
	off := op.Imm
	if op.Code == a64.ADR {
		off += t.i * 4
	}
	r := host(op.Rd, X16)
	if r == XZR {
		return
	}
	t.pageVA(r, int64(off))
	t.put(op.Rd, r)
}

// pageVA computes r = the page's virtual address + off. It uses X17.
func (t *Translator) pageVA(r Reg, off int64) {
	t.field(LDRX, r, t.l.PageVA)
	if off > -1<<24 && off < 1<<24 {
		t.AddImm(r, r, off)
		return
	}
	t.MovImm(X17, uint64(off))
	t.RRR(ADD, r, r, X17)
}
