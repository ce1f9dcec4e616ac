package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// v is where SIMD register v is kept.
func (t *Translator) v(v uint8, off int32) Mem { return t.field(t.l.V + int32(v&31)*16 + off) }

// fpEnabled returns the jump that is taken when FP and SIMD instructions trap.
func (t *Translator) fpEnabled() (trapped int) {
	t.cmpByte(t.l.FPTrapped, 0)
	return t.Jcc(NE)
}

// loadV loads 1<<size bytes from the host's memory into a SIMD register, and
// clears the rest of it.
func (t *Translator) loadV(size uint16, v uint8, m Mem) {
	switch size {
	case 0, 1:
		t.RM([2]Inst{MOVZX8, MOVZX16}[size], false, RDX, m)
		t.RR(MOVD, false, X0, RDX)
	case 2:
		t.RM(MOVD, false, X0, m)
	case 3:
		t.RM(MOVQ, false, X0, m)
	default:
		t.RM(MOVUPS, false, X0, m)
	}
	t.RM(MOVUPSM, false, X0, t.v(v, 0))
}

// storeV stores the low 1<<size bytes of a SIMD register.
func (t *Translator) storeV(size uint16, v uint8, m Mem) {
	if size == 4 {
		t.RM(MOVUPS, false, X0, t.v(v, 0))
		t.RM(MOVUPSM, false, X0, m)
		return
	}
	t.RM(MOV, size == 3, RDX, t.v(v, 0))
	t.RM([4]Inst{MOVM8, MOVM16, MOVM, MOVM}[size], size == 3, RDX, m)
}

// lowerVectorMemory translates loads and stores of SIMD and FP registers.
func (t *Translator) lowerVectorMemory(op *a64.Op) {
	switch op.Code {
	case a64.LDSTV, a64.LDSTVP:
		t.lowerBased(op)
	case a64.LDSTVext:
		t.clobber()
		trapped := t.fpEnabled()
		t.registerOffset(op, uint16(op.Imm))
		t.transfer(op, trapped)
	case a64.LDRVlit:
		t.clobber()
		trapped := t.fpEnabled()
		t.pageVA(RAX, t.i*4+op.Imm)
		t.transfer(op, trapped)
	default:
		t.structures(op)
	}
}
