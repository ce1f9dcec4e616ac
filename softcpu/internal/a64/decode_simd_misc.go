package a64

// twoRegMisc is indexed by U and opcode, bits 29 and 16:12.
var twoRegMisc = [2][32]encoding{
	{
		0b00000: {VREV64, bhs, 0},
		0b00001: {VREV16, justB, 0},
		0b00010: {VSADDLP, bhs, 0},
		0b00011: {VSUQADD, bhsd, bhsd},
		0b00100: {VCLS, bhs, 0},
		0b00101: {VCNT, justB, 0},
		0b00110: {VSADALP, bhs, 0},
		0b00111: {VSQABS, bhsd, bhsd},
		0b01000: {VCMGT0, bhsd, justD},
		0b01001: {VCMEQ0, bhsd, justD},
		0b01010: {VCMLT0, bhsd, justD},
		0b01011: {VABS, bhsd, justD},
		0b10010: {VXTN, bhs, 0},
		0b10100: {VSQXTN, bhs, bhs},
	},
	{
		0b00000: {VREV32, bh, 0},
		0b00010: {VUADDLP, bhs, 0},
		0b00011: {VUSQADD, bhsd, bhsd},
		0b00100: {VCLZ, bhs, 0},
		0b00101: {VNOT, justB, 0}, // and RBIT, with size 01
		0b00110: {VUADALP, bhs, 0},
		0b00111: {VSQNEG, bhsd, bhsd},
		0b01000: {VCMGE0, bhsd, justD},
		0b01001: {VCMLE0, bhsd, justD},
		0b01011: {VNEG, bhsd, justD},
		0b10010: {VSQXTUN, bhs, bhs},
		0b10011: {VSHLL, bhs, 0},
		0b10100: {VUQXTN, bhs, bhs},
	},
}

// twoRegMiscFP is indexed by U, bit 23 and opcode.
var twoRegMiscFP = [2][2][32]encoding{
	{
		{
			0b10110: {VFCVTN, sd | half, 0},
			0b10111: {VFCVTL, sd | half, 0},
			0b11000: {VFRINTN, sd, 0},
			0b11001: {VFRINTM, sd, 0},
			0b11010: {VFCVTNS, sd, sd},
			0b11011: {VFCVTMS, sd, sd},
			0b11100: {VFCVTAS, sd, sd},
			0b11101: {VSCVTF, sd, sd},
		},
		{
			0b01100: {VFCMGT0, sd, sd},
			0b01101: {VFCMEQ0, sd, sd},
			0b01110: {VFCMLT0, sd, sd},
			0b01111: {VFABS, sd, 0},
			0b11000: {VFRINTP, sd, 0},
			0b11001: {VFRINTZ, sd, 0},
			0b11010: {VFCVTPS, sd, sd},
			0b11011: {VFCVTZS, sd, sd},
			0b11100: {VURECPE, justS, 0},
			0b11101: {VFRECPE, sd, sd},
			0b11111: {VFRECPX, 0, sd},
		},
	},
	{
		{
			0b10110: {VFCVTXN, justD | half, justD},
			0b11000: {VFRINTA, sd, 0},
			0b11001: {VFRINTX, sd, 0},
			0b11010: {VFCVTNU, sd, sd},
			0b11011: {VFCVTMU, sd, sd},
			0b11100: {VFCVTAU, sd, sd},
			0b11101: {VUCVTF, sd, sd},
		},
		{
			0b01100: {VFCMGE0, sd, sd},
			0b01101: {VFCMLE0, sd, sd},
			0b01111: {VFNEG, sd, 0},
			0b11001: {VFRINTI, sd, 0},
			0b11010: {VFCVTPU, sd, sd},
			0b11011: {VFCVTZU, sd, sd},
			0b11100: {VURSQRTE, justS, 0},
			0b11101: {VFRSQRTE, sd, sd},
			0b11111: {VFSQRT, sd, 0},
		},
	},
}

func decodeTwoRegMisc(w uint32, op *Op) Code {
	u, size, opcode := w>>29&1, w>>22&3, w>>12&31
	if u == 1 && opcode == 0b00101 && size == 1 && !op.Scalar() {
		return VRBIT
	}
	if c := twoRegMisc[u][opcode].allocate(op, size); c != Undefined {
		return c
	}
	return twoRegMiscFP[u][size>>1][opcode].allocate(op, 2|size&1)
}

// acrossLanes is indexed by U and opcode, bits 29 and 16:12. Scalar forms are
// the class "Advanced SIMD scalar pairwise".
var acrossLanes = [2][32]encoding{
	{
		0b00011: {VSADDLV, bhs, 0},
		0b01010: {VSMAXV, bhs, 0},
		0b11010: {VSMINV, bhs, 0},
		0b11011: {VADDV, bhs, 0},
	},
	{
		0b00011: {VUADDLV, bhs, 0},
		0b01010: {VUMAXV, bhs, 0},
		0b11010: {VUMINV, bhs, 0},
	},
}

// acrossLanesFP is indexed by bit 23 and opcode; U is set.
var acrossLanesFP = [2][32]encoding{
	{
		0b01100: {VFMAXNMV, justS, 0},
		0b01111: {VFMAXV, justS, 0},
	},
	{
		0b01100: {VFMINNMV, justS, 0},
		0b01111: {VFMINV, justS, 0},
	},
}

// pairwiseFP is indexed by bit 23 and opcode; U is set.
var pairwiseFP = [2][32]encoding{
	{
		0b01100: {VFMAXNMPScalar, 0, sd},
		0b01101: {VFADDPScalar, 0, sd},
		0b01111: {VFMAXPScalar, 0, sd},
	},
	{
		0b01100: {VFMINNMPScalar, 0, sd},
		0b01111: {VFMINPScalar, 0, sd},
	},
}

func decodeAcrossLanes(w uint32, op *Op) Code {
	u, size, opcode := w>>29&1, w>>22&3, w>>12&31
	if op.Scalar() {
		switch {
		case u == 1:
			return pairwiseFP[size>>1][opcode].allocate(op, 2|size&1)
		case opcode == 0b11011:
			return encoding{VADDPScalar, 0, justD}.allocate(op, size)
		}
		return Undefined
	}
	e := acrossLanes[u][opcode]
	if u == 1 && e.vector == 0 {
		e, size = acrossLanesFP[size>>1][opcode], 2|size&1
	}
	if size == 2 && !op.Q() {
		return Undefined // two lanes: the pairwise instructions do that
	}
	return e.allocate(op, size)
}
