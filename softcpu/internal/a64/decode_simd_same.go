package a64

// threeSame is indexed by U and opcode, bits 29 and 15:11. Opcodes from 11000
// are floating point and 00011 is logical.
var threeSame = [2][32]encoding{
	{
		0b00000: {VSHADD, bhs, 0},
		0b00001: {VSQADD, bhsd, bhsd},
		0b00010: {VSRHADD, bhs, 0},
		0b00100: {VSHSUB, bhs, 0},
		0b00101: {VSQSUB, bhsd, bhsd},
		0b00110: {VCMGT, bhsd, justD},
		0b00111: {VCMGE, bhsd, justD},
		0b01000: {VSSHL, bhsd, justD},
		0b01001: {VSQSHL, bhsd, bhsd},
		0b01010: {VSRSHL, bhsd, justD},
		0b01011: {VSQRSHL, bhsd, bhsd},
		0b01100: {VSMAX, bhs, 0},
		0b01101: {VSMIN, bhs, 0},
		0b01110: {VSABD, bhs, 0},
		0b01111: {VSABA, bhs, 0},
		0b10000: {VADD, bhsd, justD},
		0b10001: {VCMTST, bhsd, justD},
		0b10010: {VMLA, bhs, 0},
		0b10011: {VMUL, bhs, 0},
		0b10100: {VSMAXP, bhs, 0},
		0b10101: {VSMINP, bhs, 0},
		0b10110: {VSQDMULH, hs, hs},
		0b10111: {VADDP, bhsd, 0},
	},
	{
		0b00000: {VUHADD, bhs, 0},
		0b00001: {VUQADD, bhsd, bhsd},
		0b00010: {VURHADD, bhs, 0},
		0b00100: {VUHSUB, bhs, 0},
		0b00101: {VUQSUB, bhsd, bhsd},
		0b00110: {VCMHI, bhsd, justD},
		0b00111: {VCMHS, bhsd, justD},
		0b01000: {VUSHL, bhsd, justD},
		0b01001: {VUQSHL, bhsd, bhsd},
		0b01010: {VURSHL, bhsd, justD},
		0b01011: {VUQRSHL, bhsd, bhsd},
		0b01100: {VUMAX, bhs, 0},
		0b01101: {VUMIN, bhs, 0},
		0b01110: {VUABD, bhs, 0},
		0b01111: {VUABA, bhs, 0},
		0b10000: {VSUB, bhsd, justD},
		0b10001: {VCMEQ, bhsd, justD},
		0b10010: {VMLS, bhs, 0},
		0b10011: {VPMUL, justB, 0},
		0b10100: {VUMAXP, bhs, 0},
		0b10101: {VUMINP, bhs, 0},
		0b10110: {VSQRDMULH, hs, hs},
	},
}

// threeSameFP is indexed by U, bit 23 and opcode less 11000.
var threeSameFP = [2][2][8]encoding{
	{
		{
			0b000: {VFMAXNM, sd, 0},
			0b001: {VFMLA, sd, 0},
			0b010: {VFADD, sd, 0},
			0b011: {VFMULX, sd, sd},
			0b100: {VFCMEQ, sd, sd},
			0b110: {VFMAX, sd, 0},
			0b111: {VFRECPS, sd, sd},
		},
		{
			0b000: {VFMINNM, sd, 0},
			0b001: {VFMLS, sd, 0},
			0b010: {VFSUB, sd, 0},
			0b110: {VFMIN, sd, 0},
			0b111: {VFRSQRTS, sd, sd},
		},
	},
	{
		{
			0b000: {VFMAXNMP, sd, 0},
			0b010: {VFADDP, sd, 0},
			0b011: {VFMUL, sd, 0},
			0b100: {VFCMGE, sd, sd},
			0b101: {VFACGE, sd, sd},
			0b110: {VFMAXP, sd, 0},
			0b111: {VFDIV, sd, 0},
		},
		{
			0b000: {VFMINNMP, sd, 0},
			0b010: {VFABD, sd, sd},
			0b100: {VFCMGT, sd, sd},
			0b101: {VFACGT, sd, sd},
			0b110: {VFMINP, sd, 0},
		},
	},
}

// threeSameLogical is indexed by U and size.
var threeSameLogical = [2][4]Code{{VAND, VBIC, VORR, VORN}, {VEOR, VBSL, VBIT, VBIF}}

func decodeThreeSame(w uint32, op *Op) Code {
	u, size, opcode := w>>29&1, w>>22&3, w>>11&31
	switch {
	case opcode >= 0b11000:
		return threeSameFP[u][size>>1][opcode&7].allocate(op, 2|size&1)
	case opcode == 0b00011 && !op.Scalar():
		return threeSameLogical[u][size]
	}
	return threeSame[u][opcode].allocate(op, size)
}

// threeDifferent is indexed by U and opcode, bits 29 and 15:12.
var threeDifferent = [2][16]encoding{
	{
		0b0000: {VSADDL, bhs, 0},
		0b0001: {VSADDW, bhs, 0},
		0b0010: {VSSUBL, bhs, 0},
		0b0011: {VSSUBW, bhs, 0},
		0b0100: {VADDHN, bhs, 0},
		0b0101: {VSABAL, bhs, 0},
		0b0110: {VSUBHN, bhs, 0},
		0b0111: {VSABDL, bhs, 0},
		0b1000: {VSMLAL, bhs, 0},
		0b1001: {VSQDMLAL, hs, hs},
		0b1010: {VSMLSL, bhs, 0},
		0b1011: {VSQDMLSL, hs, hs},
		0b1100: {VSMULL, bhs, 0},
		0b1101: {VSQDMULL, hs, hs},
		0b1110: {VPMULL, justB | justD | half, 0},
	},
	{
		0b0000: {VUADDL, bhs, 0},
		0b0001: {VUADDW, bhs, 0},
		0b0010: {VUSUBL, bhs, 0},
		0b0011: {VUSUBW, bhs, 0},
		0b0100: {VRADDHN, bhs, 0},
		0b0101: {VUABAL, bhs, 0},
		0b0110: {VRSUBHN, bhs, 0},
		0b0111: {VUABDL, bhs, 0},
		0b1000: {VUMLAL, bhs, 0},
		0b1010: {VUMLSL, bhs, 0},
		0b1100: {VUMULL, bhs, 0},
	},
}

func decodeThreeDifferent(w uint32, op *Op) Code {
	return threeDifferent[w>>29&1][w>>12&15].allocate(op, w>>22&3)
}
