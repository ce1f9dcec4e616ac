package a64

// byElement is indexed by U and opcode, bits 29 and 15:12. The vector long
// forms choose their half with Q.
var byElement = [2][16]encoding{
	{
		0b0010: {VSMLALElem, hs, 0},
		0b0011: {VSQDMLALElem, hs, hs},
		0b0110: {VSMLSLElem, hs, 0},
		0b0111: {VSQDMLSLElem, hs, hs},
		0b1000: {VMULElem, hs, 0},
		0b1010: {VSMULLElem, hs, 0},
		0b1011: {VSQDMULLElem, hs, hs},
		0b1100: {VSQDMULHElem, hs, hs},
		0b1101: {VSQRDMULHElem, hs, hs},
	},
	{
		0b0000: {VMLAElem, hs, 0},
		0b0010: {VUMLALElem, hs, 0},
		0b0100: {VMLSElem, hs, 0},
		0b0110: {VUMLSLElem, hs, 0},
		0b1010: {VUMULLElem, hs, 0},
	},
}

// byElementFP is indexed likewise; size<1> is set.
var byElementFP = [2][16]encoding{
	{
		0b0001: {VFMLAElem, sd, sd},
		0b0101: {VFMLSElem, sd, sd},
		0b1001: {VFMULElem, sd, sd},
	},
	{
		0b1001: {VFMULXElem, sd, sd},
	},
}

// decodeElement sets Index and Rm. Elements of 16 bits leave only four bits for Rm.
func decodeElement(w uint32, op *Op) Code {
	u, size, opcode := w>>29&1, w>>22&3, w>>12&15
	H, L, M := w>>11&1, w>>21&1, w>>20&1
	e := byElement[u][opcode]
	if e.vector == 0 {
		e = byElementFP[u][opcode]
	}
	var index uint32
	switch size {
	case 1:
		index = H<<2 | L<<1 | M
		op.Rm &= 15
	case 2:
		index = H<<1 | L
	case 3:
		if L != 0 {
			return Undefined
		}
		index = H
	}
	op.Aux |= uint16(index) << auxIndex
	return e.allocate(op, size)
}
