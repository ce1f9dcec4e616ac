package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// lower translates one instruction, the present one: w is its word.
func (t *Translator) lower(op *a64.Op, w uint32) {
	switch {
	case t.lowerBranch(op, w):
	case op.Code == a64.ADR, op.Code == a64.ADRP:
		t.lowerAddress(op)
	case op.Code >= a64.ADDi64 && op.Code <= a64.UMULH:
		t.lowerCompute(op, w)
	case op.Code >= a64.SVC && op.Code <= a64.SYSL:
		t.lowerSystem(op)
	case op.Code >= a64.LDRB && op.Code < a64.LDSTV:
		t.lowerMemory(op, w)
	case op.Code >= a64.LDSTV:
		t.lowerVector(op, w)
	default: // undefined
		t.stop()
	}
}
