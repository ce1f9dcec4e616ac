package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// lowerAtomic translates exclusives, acquire and release, and LSE.
func (t *Translator) lowerAtomic(op *a64.Op) {
	switch op.Code {
	case a64.LDAR:
		t.written(op, false)
		t.clobber()
		misaligned := t.base(op.Rn, 0)
		miss := t.tlb(lookup{size: 1 << (op.Aux & a64.MemSize), exact: true})
		t.loadReg(op.Aux, op.Rd, hostMem(0), RAX)
		t.slowAt(misaligned, miss)
	case a64.STLR:
		t.clobber()
		misaligned := t.base(op.Rn, 0)
		size := op.Aux & a64.MemSize
		miss := t.tlb(lookup{size: 1 << size, write: true, exact: true})
		t.storeReg(size, op.Rd, hostMem(0), RDX)
		t.fence()
		t.slowAt(misaligned, miss)
	default:
		t.interpret()
	}
}

func (t *Translator) lowerMRS(op *a64.Op) { t.interpret() }

func (t *Translator) lowerVector(op *a64.Op) { t.interpret() }
