package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// AES, polynomial multiplication, SHA-1, SHA-256 and CRC32, by the host's own
// instructions where it has them.

// Host is what the processor has beyond x86-64-v3.
type Host struct{ AES, CLMUL, SHA bool }

func init() {
	vectorTable{
		a64.AESE:   aesRound(AESENCLAST),
		a64.AESD:   aesRound(AESDECLAST),
		a64.AESMC:  aesMix,
		a64.AESIMC: aesInverseMix,
		a64.VPMULL: multiplyPolynomials,

		a64.SHA1C:   sha1Rounds(0, 0x5a827999),
		a64.SHA1P:   sha1Rounds(1, 0x6ed9eba1),
		a64.SHA1M:   sha1Rounds(2, 0x8f1bbcdc),
		a64.SHA1H:   sha1Rotate,
		a64.SHA1SU0: sha1Schedule0,
		a64.SHA1SU1: sha1Schedule1,

		a64.SHA256H: sha256Rounds(PUNPCKHQDQ, func(op *a64.Op) (abcd, efgh uint8) {
			return op.Rd, op.Rn
		}),
		a64.SHA256H2: sha256Rounds(PUNPCKLQDQ, func(op *a64.Op) (abcd, efgh uint8) {
			return op.Rn, op.Rd
		}),
		a64.SHA256SU0: sha256Schedule0,
		a64.SHA256SU1: sha256Schedule1,
	}.install()
}

// begin loads Rd into X0 and Rn into X1.
func (t *Translator) begin(op *a64.Op) (trapped int) {
	trapped = t.enabled()
	t.loadX(X0, op.Rd)
	t.loadX(X1, op.Rn)
	return trapped
}

// end stores X0 as all of Rd.
func (t *Translator) end(op *a64.Op, trapped int) bool {
	t.storeX(op.Rd)
	t.slow(trapped)
	return true
}

// aesRound is AESE and AESD: the host adds its key last, the guest first.
func aesRound(last Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if !t.Host.AES {
			return false
		}
		trapped := t.begin(op)
		t.RR(PXOR, false, X0, X1)
		t.RR(PXOR, false, X1, X1)
		t.RR(last, false, X0, X1)
		return t.end(op, trapped)
	}
}

// aesMix is MixColumns: a round of the host, of which the first half undoes the
// rest.
func aesMix(t *Translator, op *a64.Op) bool {
	if !t.Host.AES {
		return false
	}
	trapped := t.enabled()
	t.loadX(X0, op.Rn)
	t.RR(PXOR, false, X1, X1)
	t.RR(AESDECLAST, false, X0, X1)
	t.RR(AESENC, false, X0, X1)
	return t.end(op, trapped)
}

func aesInverseMix(t *Translator, op *a64.Op) bool {
	if !t.Host.AES {
		return false
	}
	trapped := t.enabled()
	t.loadX(X1, op.Rn)
	t.RR(AESIMC, false, X0, X1)
	return t.end(op, trapped)
}

// multiplyPolynomials is PMULL of doublewords.
func multiplyPolynomials(t *Translator, op *a64.Op) bool {
	if !t.Host.CLMUL || op.Size() != 3 {
		return false
	}
	trapped := t.enabled()
	t.loadX(X0, op.Rn)
	t.loadX(X1, op.Rm)
	halves := uint8(0x00)
	if op.Q() {
		halves = 0x11
	}
	t.RRByte(PCLMULQDQ, false, X0, X1, halves)
	return t.end(op, trapped)
}

// reversed is the order of PSHUFD that turns the words of a register around. The
// host has the first word at the top in SHA-1 and SHA-256.
const reversed = 0b00_01_10_11

// sha1Rounds is SHA1C, SHA1P and SHA1M. The host adds the constant, the guest
// has it in its words already.
func sha1Rounds(function uint8, constant uint64) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if !t.Host.SHA {
			return false
		}
		trapped := t.enabled()
		t.loadX(X1, op.Rm)
		t.constant(X2, constant<<32|constant)
		t.RR(PSUBD, false, X1, X2)
		t.RM(MOVD, false, X2, t.v(op.Rn, 0))
		t.RR(PADDD, false, X1, X2)
		t.RRByte(PSHUFD, false, X1, X1, reversed)
		t.loadX(X0, op.Rd)
		t.RRByte(PSHUFD, false, X0, X0, reversed)
		t.RRByte(SHA1RNDS4, false, X0, X1, function)
		t.RRByte(PSHUFD, false, X0, X0, reversed)
		return t.end(op, trapped)
	}
}

func sha1Rotate(t *Translator, op *a64.Op) bool {
	trapped := t.enabled()
	t.RM(MOV, false, RAX, t.v(op.Rn, 0))
	t.ShiftI(ROL, false, RAX, 30)
	t.RR(MOVD, false, X0, RAX)
	return t.end(op, trapped)
}

// sha1Schedule0 combines d with its upper half, above which are words of n, and
// with m.
func sha1Schedule0(t *Translator, op *a64.Op) bool {
	trapped := t.begin(op)
	t.RRByte(PALIGNR, false, X1, X0, 8)
	t.RR(PXOR, false, X0, X1)
	t.loadX(X1, op.Rm)
	t.RR(PXOR, false, X0, X1)
	return t.end(op, trapped)
}

func sha1Schedule1(t *Translator, op *a64.Op) bool {
	if !t.Host.SHA {
		return false
	}
	trapped := t.begin(op)
	t.RRByte(PSHUFD, false, X0, X0, reversed)
	t.RRByte(PSHUFD, false, X1, X1, reversed)
	t.RR(SHA1MSG2, false, X0, X1)
	t.RRByte(PSHUFD, false, X0, X0, reversed)
	return t.end(op, trapped)
}

// sha256Rounds is SHA256H and SHA256H2: four rounds on a to h, of which half
// keeps the upper or the lower four. The host does two rounds on ABEF and CDGH,
// with the words in X0.
func sha256Rounds(half Inst, operands func(op *a64.Op) (abcd, efgh uint8)) func(t *Translator, op *a64.Op) bool {
	const abef, cdgh = X1, X2
	return func(t *Translator, op *a64.Op) bool {
		if !t.Host.SHA {
			return false
		}
		trapped := t.enabled()
		abcd, efgh := operands(op)
		t.loadX(X0, abcd)
		t.loadX(X1, efgh)
		t.RRByte(PSHUFD, false, X0, X0, reversed)
		t.RRByte(PSHUFD, false, abef, X1, reversed)
		t.RR(MOVAPS, false, cdgh, abef)
		t.RR(PUNPCKHQDQ, false, abef, X0)
		t.RR(PUNPCKLQDQ, false, cdgh, X0)
		t.loadX(X0, op.Rm)
		t.RR(SHA256RNDS2, false, cdgh, abef) // what was ABEF is CDGH now
		t.RRByte(PSHUFD, false, X0, X0, 0xee)
		t.RR(SHA256RNDS2, false, abef, cdgh)
		t.RR(half, false, cdgh, abef)
		t.RRByte(PSHUFD, false, X0, cdgh, reversed)
		return t.end(op, trapped)
	}
}

func sha256Schedule0(t *Translator, op *a64.Op) bool {
	if !t.Host.SHA {
		return false
	}
	trapped := t.begin(op)
	t.RR(SHA256MSG1, false, X0, X1)
	return t.end(op, trapped)
}

func sha256Schedule1(t *Translator, op *a64.Op) bool {
	if !t.Host.SHA {
		return false
	}
	trapped := t.begin(op)
	t.loadX(X2, op.Rm)
	t.RR(MOVAPS, false, X3, X2)
	t.RRByte(PALIGNR, false, X3, X1, 4)
	t.RR(PADDD, false, X0, X3)
	t.RR(SHA256MSG2, false, X0, X2)
	return t.end(op, trapped)
}
