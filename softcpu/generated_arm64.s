#include "textflag.h"

// func enter(state *uint64, stub, code uintptr)
//
// It is not NOSPLIT: the check of the stack at its beginning is where a
// goroutine that does nothing else can be preempted.
TEXT ·enter(SB), 0, $16-24
	MOVD state+0(FP), R25
	MOVD stub+8(FP), R17
	MOVD code+16(FP), R16
	CALL (R17)
	RET

// func readCTR() uintptr
TEXT ·readCTR(SB), NOSPLIT, $0-8
	MRS CTR_EL0, R0
	MOVD R0, ret+0(FP)
	RET

// func syncCode(code, size, ctr uintptr)
//
// The data cache is cleaned to, and the instruction cache invalidated at, the
// point of unification, unless IDC and DIC of CTR_EL0 say that they need not be
// (DDI 0487 B2.4.4).
TEXT ·syncCode(SB), NOSPLIT, $0-24
	MOVD code+0(FP), R0
	MOVD size+8(FP), R1
	ADD R0, R1
	MOVD ctr+16(FP), R3
	MOVD $4, R6

	TBNZ $28, R3, cleaned // IDC
	UBFX $16, R3, $4, R4 // DminLine: log2 of the words of a line
	LSL R4, R6, R4
	SUB $1, R4, R5
	BIC R5, R0, R2
clean:
	WORD $0xd50b7b22 // DC CVAU, R2
	ADD R4, R2
	CMP R1, R2
	BLO clean
cleaned:
	DSB $0xb // ISH
	TBNZ $29, R3, invalidated // DIC
	AND $15, R3, R4 // IminLine
	LSL R4, R6, R4
	SUB $1, R4, R5
	BIC R5, R0, R2
invalidate:
	WORD $0xd50b7522 // IC IVAU, R2
	ADD R4, R2
	CMP R1, R2
	BLO invalidate
	DSB $0xb // ISH
invalidated:
	ISB $15
	RET
