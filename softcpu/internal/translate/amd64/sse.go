package amd64

// XMM registers, numbered as general ones are where instructions name them.
// All are free between instructions.
const (
	X0 Reg = iota
	X1
	X2
	X3
	X4
	X5
	X6
	X7
	X8
	X9
	X10
)

// SSE instructions of the form RR or RM. Those that end in M have their
// destination in ModRM.rm.
const (
	MOVUPS  = 0x10 | map0F
	MOVUPSM = 0x11 | map0F
	MOVAPS  = 0x28 | map0F
	MOVSS   = 0x10 | map0F | pfxF3
	MOVSSM  = 0x11 | map0F | pfxF3
	MOVSD   = 0x10 | map0F | pfxF2
	MOVSDM  = 0x11 | map0F | pfxF2
	MOVQ    = 0x7e | map0F | pfxF3 // clears the upper half
	MOVD    = 0x6e | map0F | pfx66 // from a general register or memory; 64 bits with w
	MOVDM   = 0x7e | map0F | pfx66 // to one

	PAND  = 0xdb | map0F | pfx66
	PANDN = 0xdf | map0F | pfx66
	POR   = 0xeb | map0F | pfx66
	PXOR  = 0xef | map0F | pfx66

	PADDB = 0xfc | map0F | pfx66
	PADDW = 0xfd | map0F | pfx66
	PADDD = 0xfe | map0F | pfx66
	PADDQ = 0xd4 | map0F | pfx66
	PSUBB = 0xf8 | map0F | pfx66
	PSUBW = 0xf9 | map0F | pfx66
	PSUBD = 0xfa | map0F | pfx66
	PSUBQ = 0xfb | map0F | pfx66

	PCMPEQB = 0x74 | map0F | pfx66
	PCMPEQW = 0x75 | map0F | pfx66
	PCMPEQD = 0x76 | map0F | pfx66
	PCMPEQQ = 0x29 | map0F38 | pfx66
	PCMPGTB = 0x64 | map0F | pfx66
	PCMPGTW = 0x65 | map0F | pfx66
	PCMPGTD = 0x66 | map0F | pfx66
	PCMPGTQ = 0x37 | map0F38 | pfx66

	PMAXUB = 0xde | map0F | pfx66
	PMAXUW = 0x3e | map0F38 | pfx66
	PMAXUD = 0x3f | map0F38 | pfx66
	PMINUB = 0xda | map0F | pfx66
	PMINUW = 0x3a | map0F38 | pfx66
	PMINUD = 0x3b | map0F38 | pfx66
	PMAXSB = 0x3c | map0F38 | pfx66
	PMAXSW = 0xee | map0F | pfx66
	PMAXSD = 0x3d | map0F38 | pfx66
	PMINSB = 0x38 | map0F38 | pfx66
	PMINSW = 0xea | map0F | pfx66
	PMINSD = 0x39 | map0F38 | pfx66

	PMULLW = 0xd5 | map0F | pfx66
	PMULLD = 0x40 | map0F38 | pfx66

	PSHUFD     = 0x70 | map0F | pfx66 // with a byte
	PSHUFLW    = 0x70 | map0F | pfxF2
	PSHUFHW    = 0x70 | map0F | pfxF3
	PINSRQ     = 0x22 | map0F3A | pfx66 // of a general register; with a byte
	PSHUFB     = 0x00 | map0F38 | pfx66
	PALIGNR    = 0x0f | map0F3A | pfx66 // with a byte
	PUNPCKLBW  = 0x60 | map0F | pfx66
	PUNPCKLWD  = 0x61 | map0F | pfx66
	PUNPCKLDQ  = 0x62 | map0F | pfx66
	PUNPCKLQDQ = 0x6c | map0F | pfx66
	PUNPCKHBW  = 0x68 | map0F | pfx66
	PUNPCKHWD  = 0x69 | map0F | pfx66
	PUNPCKHDQ  = 0x6a | map0F | pfx66
	PUNPCKHQDQ = 0x6d | map0F | pfx66
	PACKUSWB   = 0x67 | map0F | pfx66

	// Shifts by a constant have their digit in ModRM.reg.
	PSHIFTW = 0x71 | map0F | pfx66
	PSHIFTD = 0x72 | map0F | pfx66
	PSHIFTQ = 0x73 | map0F | pfx66

	// Arithmetic of doubles; with prefix F3 in place of F2 of singles.
	ADDSD  = 0x58 | map0F | pfxF2
	MULSD  = 0x59 | map0F | pfxF2
	SUBSD  = 0x5c | map0F | pfxF2
	DIVSD  = 0x5e | map0F | pfxF2
	SQRTSD = 0x51 | map0F | pfxF2

	CVTSI2SS  = 0x2a | map0F | pfxF3
	CVTTSS2SI = 0x2c | map0F | pfxF3
	UCOMISS   = 0x2e | map0F
	UCOMISD   = 0x2e | map0F | pfx66
	CVTSI2SD  = 0x2a | map0F | pfxF2
	CVTTSD2SI = 0x2c | map0F | pfxF2
	CVTSS2SD  = 0x5a | map0F | pfxF3
	CVTSD2SS  = 0x5a | map0F | pfxF2

	PADDUSB  = 0xdc | map0F | pfx66
	PADDUSW  = 0xdd | map0F | pfx66
	PSUBUSB  = 0xd8 | map0F | pfx66
	PSUBUSW  = 0xd9 | map0F | pfx66
	PADDSB   = 0xec | map0F | pfx66
	PADDSW   = 0xed | map0F | pfx66
	PSUBSB   = 0xe8 | map0F | pfx66
	PSUBSW   = 0xe9 | map0F | pfx66
	PACKSSWB = 0x63 | map0F | pfx66
	PACKSSDW = 0x6b | map0F | pfx66
	PMOVMSKB = 0xd7 | map0F | pfx66

	PABSB    = 0x1c | map0F38 | pfx66
	PABSW    = 0x1d | map0F38 | pfx66
	PABSD    = 0x1e | map0F38 | pfx66
	PSADBW   = 0xf6 | map0F | pfx66
	PMULUDQ  = 0xf4 | map0F | pfx66
	PMULDQ   = 0x28 | map0F38 | pfx66
	PMULHW   = 0xe5 | map0F | pfx66
	PMULHRSW = 0x0b | map0F38 | pfx66

	PACKUSDW = 0x2b | map0F38 | pfx66
	MOVQM    = 0xd6 | map0F | pfx66

	PMOVZXBW = 0x30 | map0F38 | pfx66
	PMOVZXWD = 0x33 | map0F38 | pfx66
	PMOVZXDQ = 0x35 | map0F38 | pfx66
	PMOVSXBW = 0x20 | map0F38 | pfx66
	PMOVSXWD = 0x23 | map0F38 | pfx66
	PMOVSXDQ = 0x25 | map0F38 | pfx66

	ROUNDSS = 0x0a | map0F3A | pfx66 // with a byte
	ROUNDSD = 0x0b | map0F3A | pfx66

	MAXSD = 0x5f | map0F | pfxF2
	MINSD = 0x5d | map0F | pfxF2
	ANDPS = 0x54 | map0F
	ORPS  = 0x56 | map0F

	// Packed singles; with prefix 66 doubles.
	ADDPS    = 0x58 | map0F
	MULPS    = 0x59 | map0F
	SUBPS    = 0x5c | map0F
	MINPS    = 0x5d | map0F
	DIVPS    = 0x5e | map0F
	MAXPS    = 0x5f | map0F
	SQRTPS   = 0x51 | map0F
	CMPPS    = 0xc2 | map0F // with a byte
	MOVMSKPS = 0x50 | map0F

	SHUFPS    = 0xc6 | map0F           // with a byte
	INSERTPS  = 0x21 | map0F3A | pfx66 // with a byte
	MOVDDUP   = 0x12 | map0F | pfxF2
	ROUNDPS   = 0x08 | map0F3A | pfx66 // with a byte
	ROUNDPD   = 0x09 | map0F3A | pfx66
	CVTDQ2PS  = 0x5b | map0F
	CVTTPS2DQ = 0x5b | map0F | pfxF3
	CVTPS2PD  = 0x5a | map0F
	CVTPD2PS  = 0x5a | map0F | pfx66

	AESENC     = 0xdc | map0F38 | pfx66
	AESENCLAST = 0xdd | map0F38 | pfx66
	AESDECLAST = 0xdf | map0F38 | pfx66
	AESIMC     = 0xdb | map0F38 | pfx66

	PCLMULQDQ   = 0x44 | map0F3A | pfx66 // with a byte
	SHA1RNDS4   = 0xcc | map0F3A         // with a byte
	SHA1MSG2    = 0xca | map0F38
	SHA256RNDS2 = 0xcb | map0F38 // the words in X0
	SHA256MSG1  = 0xcc | map0F38
	SHA256MSG2  = 0xcd | map0F38
)

// Digits of the shifts by a constant.
const (
	PSRL Reg = 2
	PSRA Reg = 4
	PSLL Reg = 6
)

// single turns arithmetic of doubles into that of singles.
func single(i Inst) Inst { return i&^pfx | pfxF3 }

// RRByte emits a register form with a constant byte behind it.
func (a *Asm) RRByte(i Inst, w bool, reg, rm Reg, v uint8) {
	a.RR(i, w, reg, rm)
	a.byte(v)
}

// VEX38 emits an instruction of three registers with VEX encoding, prefix 66
// and opcode map 0F38: reg2 is in VEX.vvvv.
func (a *Asm) VEX38(op byte, w bool, reg, reg2, rm Reg) {
	a.byte(0xc4)
	a.byte(0xe2 ^ byte(reg>>3)<<7 ^ byte(rm>>3)<<5) // R, X and B inverted; map 0F38
	wide := byte(0)
	if w {
		wide = 0x80
	}
	a.byte(wide | byte(^reg2&15)<<3 | 1) // vvvv inverted; pp: 66
	a.byte(op)
	a.byte(0xc0 | byte(reg&7)<<3 | byte(rm&7))
}

// FMA3 emits reg = ±reg2*rm ± reg as op says, on doubles or singles.
func (a *Asm) FMA3(op byte, double bool, reg, reg2, rm Reg) { a.VEX38(op, double, reg, reg2, rm) }

// Opcodes of shifts of words, or doublewords, by as many amounts.
const (
	VPSRLV = 0x45
	VPSLLV = 0x47
)

// Opcodes of FMA3, form 231.
const (
	VFMADD231SD  = 0xb9
	VFMSUB231SD  = 0xbb
	VFNMADD231SD = 0xbd
	VFNMSUB231SD = 0xbf

	VFMADD231PS  = 0xb8 // packed
	VFNMADD231PS = 0xbc
)
