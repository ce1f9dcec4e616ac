#include "textflag.h"

// func cas128(p *[2]uint64, oldLo, oldHi, newLo, newHi uint64) bool
TEXT ·cas128(SB), NOSPLIT, $0-41
	MOVD p+0(FP), R0
	MOVD oldLo+8(FP), R1
	MOVD oldHi+16(FP), R2
	MOVD newLo+24(FP), R3
	MOVD newHi+32(FP), R4
again:
	LDAXP (R0), (R5, R6)
	CMP R5, R1
	BNE different
	CMP R6, R2
	BNE different
	STLXP (R3, R4), (R0), R7
	CBNZ R7, again
	MOVD $1, R8
	MOVB R8, ret+40(FP)
	RET
different:
	CLREX
	MOVB ZR, ret+40(FP)
	RET
