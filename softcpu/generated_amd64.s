#include "textflag.h"

// func enter(state unsafe.Pointer, stub, code uintptr)
//
// It is not NOSPLIT: the check of the stack at its beginning is where a
// goroutine that does nothing else can be preempted.
TEXT ·enter(SB), 0, $16-24
	MOVQ state+0(FP), BX
	MOVQ stub+8(FP), CX
	MOVQ code+16(FP), AX
	CALL CX
	RET
