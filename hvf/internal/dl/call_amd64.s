//go:build (darwin || linux) && amd64

#include "textflag.h"

// Offsets in ccall.Frame.
#define FN 0
#define ARG0 8
#define ARG1 16
#define ARG2 24
#define ARG3 32
#define RESULT 40
#define VEC 48

GLOBL ·callABI0(SB), NOPTR|RODATA, $8
DATA ·callABI0(SB)/8, $call<>(SB)

// call is a C function: DI is a *ccall.Frame. BX is the callee's to keep, and
// pushing it aligns the stack for the call (System V ABI, AMD64, 3.2.2).
TEXT call<>(SB), NOSPLIT|NOFRAME, $0
	PUSHQ  BX
	MOVQ   DI, BX
	MOVUPS VEC(BX), X0
	MOVQ   ARG0(BX), DI
	MOVQ   ARG1(BX), SI
	MOVQ   ARG2(BX), DX
	MOVQ   ARG3(BX), CX
	MOVQ   FN(BX), AX
	CALL   AX
	MOVQ   AX, RESULT(BX)
	POPQ   BX
	RET

GLOBL ·vectorABI0(SB), NOPTR|RODATA, $8
DATA ·vectorABI0(SB)/8, $vector<>(SB)

// vector is a C function with four arguments and a fifth, R8, a *ccall.Frame:
// it loads X0 and goes on to the frame's function, which sees the four.
TEXT vector<>(SB), NOSPLIT|NOFRAME, $0
	MOVUPS VEC(R8), X0
	MOVQ   FN(R8), AX
	JMP    AX
