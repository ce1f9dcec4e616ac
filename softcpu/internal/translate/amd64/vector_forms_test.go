package amd64

import "fmt"

// What vectors, and crypto, add to sseForms.
var vectorForms = []form{
	inst("paddusw xmm1, xmm2/m128", PADDUSW, false),
	inst("psubusb xmm1, xmm2/m128", PSUBUSB, false),
	inst("psubusw xmm1, xmm2/m128", PSUBUSW, false),
	inst("paddsb xmm1, xmm2/m128", PADDSB, false),
	inst("paddsw xmm1, xmm2/m128", PADDSW, false),
	inst("psubsb xmm1, xmm2/m128", PSUBSB, false),
	inst("psubsw xmm1, xmm2/m128", PSUBSW, false),
	inst("packsswb xmm1, xmm2/m128", PACKSSWB, false),
	inst("packssdw xmm1, xmm2/m128", PACKSSDW, false),
	inst("pabsb xmm1, xmm2/m128", PABSB, false),
	inst("pabsw xmm1, xmm2/m128", PABSW, false),
	inst("pabsd xmm1, xmm2/m128", PABSD, false),
	inst("psadbw xmm1, xmm2/m128", PSADBW, false),
	inst("pmuludq xmm1, xmm2/m128", PMULUDQ, false),
	inst("pmuldq xmm1, xmm2/m128", PMULDQ, false),
	inst("pmulhw xmm1, xmm2/m128", PMULHW, false),
	inst("pmulhrsw xmm1, xmm2/m128", PMULHRSW, false),
	inst("addps xmm1, xmm2/m128", ADDPS, false),
	inst("mulps xmm1, xmm2/m128", MULPS, false),
	inst("subps xmm1, xmm2/m128", SUBPS, false),
	inst("minps xmm1, xmm2/m128", MINPS, false),
	inst("divps xmm1, xmm2/m128", DIVPS, false),
	inst("maxps xmm1, xmm2/m128", MAXPS, false),
	inst("sqrtps xmm1, xmm2/m128", SQRTPS, false),
	inst("cvtdq2ps xmm1, xmm2/m128", CVTDQ2PS, false),
	inst("cvttps2dq xmm1, xmm2/m128", CVTTPS2DQ, false),
	inst("cvtpd2ps xmm1, xmm2/m128", CVTPD2PS, false),
	inst("aesenc xmm1, xmm2/m128", AESENC, false),
	inst("cvtps2pd xmm1, xmm2/m64", CVTPS2PD, false),
	inst("movddup xmm1, xmm2/m64", MOVDDUP, false),
	register("pshufhw xmm1, xmm2, 0x1b", func(a *Asm, reg, rm Reg) { a.RRByte(PSHUFHW, false, reg, rm, 0x1b) }),
	register("shufps xmm1, xmm2, 0x88", func(a *Asm, reg, rm Reg) { a.RRByte(SHUFPS, false, reg, rm, 0x88) }),
	register("insertps xmm1, xmm2, 0x1c", func(a *Asm, reg, rm Reg) { a.RRByte(INSERTPS, false, reg, rm, 0x1c) }),
	register("roundps xmm1, xmm2, 0x9", func(a *Asm, reg, rm Reg) { a.RRByte(ROUNDPS, false, reg, rm, 0x9) }),
	register("roundpd xmm1, xmm2, 0xb", func(a *Asm, reg, rm Reg) { a.RRByte(ROUNDPD, false, reg, rm, 0xb) }),
}

// vexForms are instructions of three registers.
func vexForms() (all []form) {
	for _, c := range []struct {
		name string
		op   byte
		w    bool
	}{
		{"vpsrlvd", VPSRLV, false}, {"vpsrlvq", VPSRLV, true}, {"vpsllvd", VPSLLV, false}, {"vpsllvq", VPSLLV, true},
		{"vfmadd231ps", VFMADD231PS, false}, {"vfnmadd231ps", VFNMADD231PS, false},
	} {
		for _, vvvv := range []Reg{X0, X3, X4, X5, X6, X7, X8, X9, X10} {
			all = append(all, register(fmt.Sprintf("%s xmm1, xmm%d, xmm2", c.name, vvvv),
				func(a *Asm, reg, rm Reg) { a.VEX38(c.op, c.w, reg, vvvv, rm) }))
		}
	}
	return all
}
