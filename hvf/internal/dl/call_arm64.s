//go:build (darwin || linux) && arm64

#include "textflag.h"

// Offsets in ccall.Frame.
#define FN 0
#define ARG0 8
#define ARG2 24
#define RESULT 40
#define VEC 48

GLOBL ·callABI0(SB), NOPTR|RODATA, $8
DATA ·callABI0(SB)/8, $call<>(SB)

// call is a C function: X0 is a *ccall.Frame. X19 is the callee's to keep
// (AAPCS64 6.1.1); the frame record is laid out as Apple's ABI asks.
TEXT call<>(SB), NOSPLIT|NOFRAME, $0
	STP.W (R29, R30), -32(RSP)
	MOVD  R19, 16(RSP)
	MOVD  RSP, R29
	MOVD  R0, R19
	FMOVQ VEC(R19), F0
	MOVD  FN(R19), R9
	LDP   ARG0(R19), (R0, R1)
	LDP   ARG2(R19), (R2, R3)
	BL    (R9)
	MOVD  R0, RESULT(R19)
	MOVD  16(RSP), R19
	LDP.P 32(RSP), (R29, R30)
	RET

GLOBL ·vectorABI0(SB), NOPTR|RODATA, $8
DATA ·vectorABI0(SB)/8, $vector<>(SB)

// vector is a C function with four arguments and a fifth, X4, a *ccall.Frame:
// it loads V0 and goes on to the frame's function, which sees the four.
TEXT vector<>(SB), NOSPLIT|NOFRAME, $0
	FMOVQ VEC(R4), F0
	MOVD  FN(R4), R9
	JMP   (R9)
