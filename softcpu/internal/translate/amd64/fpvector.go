package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Floating point in vectors, under the rules of fp.go: each lane of a result has
// to stand by itself, or the instruction goes the general way. The scalar forms
// are vectors with one lane that counts.

// demand is what a lane of a result has to be to stand.
type demand uint8

const (
	finite demand = iota // no NaN, not infinite: sums are exact when tiny
	normal               // and larger than the smallest normal number
)

// fpVector is an instruction that computes: X0 from the first operand in X2 and
// the second in X1, with X3 free.
type fpVector struct {
	compute func(t *Translator, op *a64.Op, d bool)
	is      demand
	zeros   []Reg // operands that make a finite result exact when they are zero
	element bool  // the second operand is one element of a register
}

func init() {
	vectorTable{
		a64.VFADD:      fpVector{compute: packedOp(ADDPS)}.emit,
		a64.VFSUB:      fpVector{compute: packedOp(SUBPS)}.emit,
		a64.VFMUL:      product.emit,
		a64.VFMULX:     product.emit, // what differs is no number
		a64.VFDIV:      fpVector{compute: packedOp(DIVPS), is: normal, zeros: []Reg{X2}}.emit,
		a64.VFABD:      fpVector{compute: absoluteDifference}.emit,
		a64.VFMLA:      accumulated(VFMADD231PS).emit,
		a64.VFMLS:      accumulated(VFNMADD231PS).emit,
		a64.VFRECPS:    fpVector{compute: reciprocalStep, is: normal}.emit,
		a64.VFRSQRTS:   fpVector{compute: reciprocalRootStep, is: normal}.emit,
		a64.VFSQRT:     fpVector{compute: packedRoot}.emit,
		a64.VFMULElem:  product.byElement().emit,
		a64.VFMULXElem: product.byElement().emit,
		a64.VFMLAElem:  accumulated(VFMADD231PS).byElement().emit,
		a64.VFMLSElem:  accumulated(VFNMADD231PS).byElement().emit,

		a64.VFADDP:       fpVector{compute: pairSums}.emit,
		a64.VFADDPScalar: fpVector{compute: pairSum}.emit,

		a64.VFABS: signLanes(PANDN),
		a64.VFNEG: signLanes(PXOR),
	}.install()
}

var product = fpVector{compute: packedOp(MULPS), is: normal, zeros: []Reg{X1, X2}}

// accumulated is FMLA and FMLS.
func accumulated(opcode byte) fpVector {
	return fpVector{is: normal, zeros: []Reg{X1, X2}, compute: func(t *Translator, op *a64.Op, d bool) {
		t.loadX(X0, op.Rd)
		t.FMA3(opcode, d, X0, X2, X1)
	}}
}

func (f fpVector) byElement() fpVector {
	f.element = true
	return f
}

func (f fpVector) emit(t *Translator, op *a64.Op) bool {
	d := op.Size() == 3
	guest := t.guest()
	t.loadX(X2, op.Rn)
	if f.element {
		t.broadcast(X1, op.Rm, op.Size(), op.Index())
	} else {
		t.loadX(X1, op.Rm)
	}
	f.compute(t, op, d)
	bad := t.checkLanes(op, f.is, f.zeros)
	t.storeLanes(op)
	t.slow(guest, bad)
	return true
}

// packedFor turns an instruction on singles into that on doubles.
func packedFor(i Inst, d bool) Inst {
	if d {
		return i | pfx66
	}
	return i
}

// broadcast loads an element, of 2 bytes or more, into all lanes of x.
func (t *Translator) broadcast(x Reg, v uint8, size, index int) {
	switch m := t.lane(v, size, index); size {
	case 1:
		t.RM(MOVZX16, false, RAX, m)
		t.RR(MOVD, false, x, RAX)
		t.RRByte(PSHUFLW, false, x, x, 0)
		t.RR(PUNPCKLQDQ, false, x, x)
	case 2:
		t.RM(MOVD, false, x, m)
		t.RRByte(PSHUFD, false, x, x, 0)
	default:
		t.RM(MOVDDUP, false, x, m)
	}
}

// liveLanes has a bit for each lane that counts, as MOVMSKPS and MOVMSKPD give
// them.
func liveLanes(op *a64.Op) int32 {
	switch {
	case op.Scalar():
		return 1
	case op.Q() && op.Size() == 2:
		return 15
	}
	return 3
}

// storeLanes stores X0 as the result: lanes that do not count are zero.
func (t *Translator) storeLanes(op *a64.Op) {
	if op.Scalar() && op.Size() == 2 {
		t.RRByte(INSERTPS, false, X0, X0, 0b1110) // clears three
		t.storeX(op.Rd)
		return
	}
	t.storeQ(op)
}

// perLane is a constant for singles or doubles, in all lanes.
func perLane(d bool, single, double uint64) uint64 {
	if d {
		return double
	}
	return single<<32 | single
}

// elementSize is the index of singles or doubles in the tables of integers.
func elementSize(d bool) int {
	if d {
		return 3
	}
	return 2
}

// magnitude clears the signs of x.
func (t *Translator) magnitude(x Reg, d bool) {
	t.shiftConstant(PSLL, elementSize(d), x, 1)
	t.shiftConstant(PSRL, elementSize(d), x, 1)
}

// anyLane returns the jump that is taken when a sign in x is set in a lane that
// counts. It uses RAX.
func (t *Translator) anyLane(x Reg, op *a64.Op) (site int) {
	t.testLanes(x, op)
	return t.Jcc(NE)
}

func (t *Translator) testLanes(x Reg, op *a64.Op) {
	t.RR(packedFor(MOVMSKPS, op.Size() == 3), false, RAX, x)
	t.TestImm(false, RAX, liveLanes(op))
}

// checkLanes returns the jump that is taken when a lane of X0 that counts is not
// what is demanded. Magnitudes are moved up by
// one exponent, so that what is not finite becomes negative. It uses X3 to X5.
func (t *Translator) checkLanes(op *a64.Op, is demand, zeros []Reg) (site int) {
	d := op.Size() == 3
	size := elementSize(d)
	one := perLane(d, 1<<23, 1<<52)
	t.RR(MOVAPS, false, X4, X0)
	t.magnitude(X4, d)
	t.constant(X5, one)
	t.RR(padd[size], false, X4, X5)
	if is == finite {
		return t.anyLane(X4, op)
	}
	t.constant(X5, 3*one)
	t.RR(pcmpgt[size], false, X5, X4)
	if len(zeros) == 0 {
		return t.anyLane(X5, op)
	}
	t.testLanes(X5, op)
	good := t.Jcc8(E)
	for _, z := range zeros {
		t.RR(PXOR, false, X3, X3)
		t.RRByte(packedFor(CMPPS, d), false, X3, z, cmpEQ)
		t.RR(PANDN, false, X3, X5)
		t.RR(MOVAPS, false, X5, X3)
	}
	t.RR(POR, false, X5, X4)
	site = t.anyLane(X5, op)
	t.Land8(good)
	return site
}

// packedOp is X0 = X2 op X1.
func packedOp(i Inst) func(t *Translator, op *a64.Op, d bool) {
	return func(t *Translator, op *a64.Op, d bool) {
		t.RR(MOVAPS, false, X0, X2)
		t.RR(packedFor(i, d), false, X0, X1)
	}
}

func absoluteDifference(t *Translator, op *a64.Op, d bool) {
	packedOp(SUBPS)(t, op, d)
	t.magnitude(X0, d)
}

func packedRoot(t *Translator, op *a64.Op, d bool) {
	t.RR(packedFor(SQRTPS, d), false, X0, X2)
}

// reciprocalStep is 2 - n*m, rounded once.
func reciprocalStep(t *Translator, op *a64.Op, d bool) {
	t.constant(X0, perLane(d, 0x40000000, 0x4000000000000000))
	t.FMA3(VFNMADD231PS, d, X0, X2, X1)
}

// reciprocalRootStep is (3 - n*m) / 2, rounded once: halving is exact.
func reciprocalRootStep(t *Translator, op *a64.Op, d bool) {
	t.constant(X0, perLane(d, 0x40400000, 0x4008000000000000))
	t.FMA3(VFNMADD231PS, d, X0, X2, X1)
	t.constant(X1, perLane(d, 0x3f000000, 0x3fe0000000000000))
	t.RR(packedFor(MULPS, d), false, X0, X1)
}

// pairLanes puts the even lanes of X2 and X1 into X0, and the odd ones into X1.
func (t *Translator) pairLanes(op *a64.Op, d bool) {
	t.RR(MOVAPS, false, X0, X2)
	switch {
	case d:
		t.RR(PUNPCKLQDQ, false, X0, X1)
		t.RR(PUNPCKHQDQ, false, X2, X1)
		t.RR(MOVAPS, false, X1, X2)
		return
	case !op.Q():
		t.RR(PUNPCKLQDQ, false, X0, X1)
		t.RR(MOVAPS, false, X1, X0)
		t.RRByte(PSHUFD, false, X0, X0, 0x88)
		t.RRByte(PSHUFD, false, X1, X1, 0xdd)
		return
	}
	t.RRByte(SHUFPS, false, X0, X1, 0x88)
	t.RRByte(SHUFPS, false, X2, X1, 0xdd)
	t.RR(MOVAPS, false, X1, X2)
}

func pairSums(t *Translator, op *a64.Op, d bool) {
	t.pairLanes(op, d)
	t.RR(packedFor(ADDPS, d), false, X0, X1)
}

// pairSum is the scalar form of FADDP.
func pairSum(t *Translator, op *a64.Op, d bool) {
	t.secondLane(d)
	packedOp(ADDPS)(t, op, d)
}

// secondLane puts the second lane of X2 into the first of X1.
func (t *Translator) secondLane(d bool) {
	order := uint8(0b01)
	if d {
		order = 0xee
	}
	t.RRByte(PSHUFD, false, X1, X2, order)
}

// signLanes is FABS and FNEG: i combines the sign bits with the operand.
func signLanes(i Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		trapped := t.enabled()
		t.constant(X0, perLane(op.Size() == 3, 1<<31, 1<<63))
		t.loadX(X1, op.Rn)
		t.RR(i, false, X0, X1)
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}
