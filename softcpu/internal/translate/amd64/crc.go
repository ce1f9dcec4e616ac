package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// The polynomial of CRC32, with the coefficient of x^32 in bit 0, and the upper
// 64 coefficients of x^96 divided by it, with that of x^64 in bit 0.
const (
	crcPolynomial = 0x1_db71_0641
	crcReciprocal = 0xb4e5_b025_f701_1641
)

// lowerCRC is CRC32, of which the host has the variant of Castagnoli.
func (t *Translator) lowerCRC(op *a64.Op) {
	castagnoli, size := op.Aux&4 != 0, op.Aux&3
	if !castagnoli && !t.Host.CLMUL {
		t.interpret()
		return
	}
	t.writing(op.Rd)
	t.clobber()
	t.load(false, RAX, op.Rn)
	t.load(true, RCX, op.Rm)
	switch {
	case !castagnoli:
		t.crcIEEE(8 << size)
	case size == 0:
		t.RR(CRC32b, false, RAX, RCX)
	case size == 1:
		t.byte(0x66)
		t.RR(CRC32w, false, RAX, RCX)
	default:
		t.RR(CRC32w, size == 3, RAX, RCX)
	}
	t.put(op.Rd, RAX)
}

// crcIEEE computes EAX as the remainder for the accumulator in EAX and the lower
// bits of RCX. Of their sum the remainder is had by Barrett's method: the
// quotient is the lower half of the product with the reciprocal, and the
// remainder is above the lower half of the quotient's product with the
// polynomial. Bits of the accumulator above those added move down.
func (t *Translator) crcIEEE(bits uint8) {
	t.ALURR(XOR, true, RCX, RAX)
	t.ShiftI(SHL, true, RCX, 64-bits)
	t.RR(MOVD, true, X0, RCX)
	for _, factor := range [2]uint64{crcReciprocal, crcPolynomial} {
		t.MovImm(RCX, factor)
		t.RR(MOVD, true, X1, RCX)
		t.RRByte(PCLMULQDQ, false, X0, X1, 0)
	}
	t.RRByte(PSHUFD, false, X0, X0, 0xee)
	t.RR(MOVDM, false, X0, RCX)
	if bits >= 32 {
		t.Mov(false, RAX, RCX)
		return
	}
	t.ShiftI(SHR, false, RAX, bits)
	t.ALURR(XOR, false, RAX, RCX)
}
