package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// lower translates one instruction, the present one.
func (t *Translator) lower(op *a64.Op) {
	switch {
	case t.lowerBranch(op):
	case op.Code >= a64.ADR && op.Code <= a64.EXTR32:
		t.lowerImmediate(op)
	case op.Code >= a64.ADDr64 && op.Code <= a64.UMULH:
		t.lowerRegister(op)
	case op.Code >= a64.SVC && op.Code <= a64.SYSL:
		t.lowerSystem(op)
	case op.Code >= a64.LDRB && op.Code < a64.LDSTV:
		t.lowerMemory(op)
	case op.Code >= a64.LDSTV:
		t.lowerVector(op)
	default: // undefined
		t.stop()
	}
}

// lowerMemory translates loads and stores of general registers. The codes of the
// frequent forms stand for bits of Aux, which the decoder sets for them too.
func (t *Translator) lowerMemory(op *a64.Op) {
	switch code := op.Code; {
	case code <= a64.STRXsp, code == a64.LDST, code >= a64.LDPX && code <= a64.LDPXpost, code == a64.LDSTP:
		t.lowerBased(op)
	case code >= a64.LDRBr && code <= a64.STRXr, code == a64.LDSText:
		t.lowerRegisterOffset(op)
	case code == a64.LDRlit:
		t.lowerLiteral(op)
	case code == a64.PRFM:
	default:
		t.lowerAtomic(op)
	}
}
