package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Comparisons, extremes and roundings of floating-point lanes. They are exact,
// and differ from the host's only for NaNs.

// Predicates of CMPPS.
const (
	cmpEQ    = 0
	cmpLT    = 1
	cmpLE    = 2
	cmpUNORD = 3
)

func init() {
	vectorTable{
		a64.VFCMEQ:  compareLanes(cmpEQ, false, lanesBoth),
		a64.VFCMGE:  compareLanes(cmpLE, true, lanesBoth),
		a64.VFCMGT:  compareLanes(cmpLT, true, lanesBoth),
		a64.VFACGE:  compareLanes(cmpLE, true, lanesMagnitude),
		a64.VFACGT:  compareLanes(cmpLT, true, lanesMagnitude),
		a64.VFCMEQ0: compareLanes(cmpEQ, false, lanesZero),
		a64.VFCMGE0: compareLanes(cmpLE, true, lanesZero),
		a64.VFCMGT0: compareLanes(cmpLT, true, lanesZero),
		a64.VFCMLE0: compareLanes(cmpLE, false, lanesZero),
		a64.VFCMLT0: compareLanes(cmpLT, false, lanesZero),

		a64.VFMAX:   extremeLanes(MAXPS, lanesBoth),
		a64.VFMAXNM: extremeLanes(MAXPS, lanesBoth),
		a64.VFMIN:   extremeLanes(MINPS, lanesBoth),
		a64.VFMINNM: extremeLanes(MINPS, lanesBoth),

		a64.VFMAXP:   extremeLanes(MAXPS, lanesPaired),
		a64.VFMAXNMP: extremeLanes(MAXPS, lanesPaired),
		a64.VFMINP:   extremeLanes(MINPS, lanesPaired),
		a64.VFMINNMP: extremeLanes(MINPS, lanesPaired),

		a64.VFMAXPScalar:   extremeLanes(MAXPS, lanesPair),
		a64.VFMAXNMPScalar: extremeLanes(MAXPS, lanesPair),
		a64.VFMINPScalar:   extremeLanes(MINPS, lanesPair),
		a64.VFMINNMPScalar: extremeLanes(MINPS, lanesPair),

		a64.VFMAXV:   extremeAcross(MAXPS),
		a64.VFMAXNMV: extremeAcross(MAXPS),
		a64.VFMINV:   extremeAcross(MINPS),
		a64.VFMINNMV: extremeAcross(MINPS),

		a64.VFRINTN: roundLanes(0, (*Translator).exact),
		a64.VFRINTM: roundLanes(1, (*Translator).exact),
		a64.VFRINTP: roundLanes(2, (*Translator).exact),
		a64.VFRINTZ: roundLanes(3, (*Translator).exact),
		a64.VFRINTA: roundLanes(away, (*Translator).exact),
		a64.VFRINTX: roundLanes(0, (*Translator).guest),
		a64.VFRINTI: roundLanes(0, (*Translator).guest),
	}.install()
}

// exact begins an instruction whose result is exact: it returns the jump that is
// taken when it traps, or when the guest flushes denormal operands.
func (t *Translator) exact() (site int) {
	t.clobber()
	t.cmpByte(t.l.FPFlush, 0)
	return t.Jcc(NE)
}

// The operands of a comparison or extreme, loaded into X0 and X1.
type laneOperands func(t *Translator, op *a64.Op, d bool)

func lanesBoth(t *Translator, op *a64.Op, d bool) {
	t.loadX(X0, op.Rn)
	t.loadX(X1, op.Rm)
}

func lanesZero(t *Translator, op *a64.Op, d bool) {
	t.loadX(X0, op.Rn)
	t.RR(PXOR, false, X1, X1)
}

func lanesMagnitude(t *Translator, op *a64.Op, d bool) {
	lanesBoth(t, op, d)
	t.magnitude(X0, d)
	t.magnitude(X1, d)
}

func lanesPaired(t *Translator, op *a64.Op, d bool) {
	t.loadX(X2, op.Rn)
	t.loadX(X1, op.Rm)
	t.pairLanes(op, d)
}

func lanesPair(t *Translator, op *a64.Op, d bool) {
	t.loadX(X2, op.Rn)
	t.secondLane(d)
	t.RR(MOVAPS, false, X0, X2)
}

// unordered returns the jump that is taken when X0 or X1 has a NaN in a lane
// that counts. It uses X2 and RAX.
func (t *Translator) unordered(op *a64.Op) (site int) {
	t.RR(MOVAPS, false, X2, X0)
	t.RRByte(packedFor(CMPPS, op.Size() == 3), false, X2, X1, cmpUNORD)
	return t.anyLane(X2, op)
}

// compareLanes compares X0 with X1 or, swapped, X1 with X0.
func compareLanes(predicate uint8, swapped bool, operands laneOperands) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d := op.Size() == 3
		flush := t.exact()
		operands(t, op, d)
		nan := t.unordered(op)
		if swapped {
			t.RRByte(packedFor(CMPPS, d), false, X1, X0, predicate)
			t.RR(MOVAPS, false, X0, X1)
		} else {
			t.RRByte(packedFor(CMPPS, d), false, X0, X1, predicate)
		}
		t.storeLanes(op)
		t.slow(flush, nan)
		return true
	}
}

// extremeLanes is a maximum or minimum of each lane.
func extremeLanes(i Inst, operands laneOperands) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d := op.Size() == 3
		flush := t.exact()
		operands(t, op, d)
		nan := t.unordered(op)
		t.extremes(i, d)
		t.storeLanes(op)
		t.slow(flush, nan)
		return true
	}
}

// extremes takes the extremes of X0 and X1 in both orders, which differ for zeros
// of unlike signs: a maximum is then the positive one, a minimum the negative. It
// uses X2.
func (t *Translator) extremes(i Inst, d bool) {
	combine := Inst(PAND)
	if i == MINPS {
		combine = POR
	}
	t.RR(MOVAPS, false, X2, X0)
	t.RR(packedFor(i, d), false, X0, X1)
	t.RR(packedFor(i, d), false, X1, X2)
	t.RR(combine, false, X0, X1)
}

// extremeAcross combines four singles: neighbours, then halves.
func extremeAcross(i Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		flush := t.exact()
		t.loadX(X0, op.Rn)
		t.RR(MOVAPS, false, X1, X0)
		nan := t.unordered(op)
		for _, order := range [2]uint8{0b10_11_00_01, 0b01_00_11_10} {
			t.RRByte(PSHUFD, false, X1, X0, order)
			t.extremes(i, false)
		}
		t.RRByte(INSERTPS, false, X0, X0, 0b1110)
		t.storeX(op.Rd)
		t.slow(flush, nan)
		return true
	}
}

// roundLanes is FRINT in the direction that the host calls mode.
func roundLanes(mode uint8, begin func(*Translator) int) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d := op.Size() == 3
		guard := begin(t)
		t.loadX(X0, op.Rn)
		t.RR(MOVAPS, false, X1, X0)
		nan := t.unordered(op)
		t.roundPacked(mode, d)
		t.storeLanes(op)
		t.slow(guard, nan)
		return true
	}
}

// away is a direction that the host does not have: to nearest, and of two to
// that away from zero.
const away = 4

// roundPacked rounds the lanes of X0 to integers. It uses X1, X2 and RAX.
func (t *Translator) roundPacked(mode uint8, d bool) {
	if mode == away {
		t.almostHalf(d)
		t.RR(packedFor(ADDPS, d), false, X0, X1)
		mode = 3
	}
	i := Inst(ROUNDPS)
	if d {
		i = ROUNDPD
	}
	t.RRByte(i, false, X0, X0, mode|noInexact)
}

// almostHalf is X1 = the largest number below 1/2, with X0's sign. In their sum
// what is half-way to the next integer is rounded to it, and nothing below.
func (t *Translator) almostHalf(d bool) {
	t.constant(X1, perLane(d, 1<<31, 1<<63))
	t.RR(PAND, false, X1, X0)
	t.constant(X2, perLane(d, 0x3effffff, 0x3fdfffffffffffff))
	t.RR(POR, false, X1, X2)
}
