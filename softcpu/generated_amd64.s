#include "textflag.h"

// func enter(state *uint64, stub, code uintptr)
//
// It is not NOSPLIT: the check of the stack at its beginning is where a
// goroutine that does nothing else can be preempted.
TEXT ·enter(SB), 0, $16-24
	MOVQ state+0(FP), BX
	MOVQ stub+8(FP), CX
	MOVQ code+16(FP), AX
	CALL CX
	RET

// func hasLZCNT() bool
TEXT ·hasLZCNT(SB), NOSPLIT, $0-1
	MOVL $0x80000001, AX
	XORL CX, CX
	CPUID
	SHRL $5, CX
	ANDL $1, CX
	MOVB CX, ret+0(FP)
	RET

// func hasSHA() bool
TEXT ·hasSHA(SB), NOSPLIT, $0-1
	MOVL $7, AX
	XORL CX, CX
	CPUID
	SHRL $29, BX
	ANDL $1, BX
	MOVB BX, ret+0(FP)
	RET
