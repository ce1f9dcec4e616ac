package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// Conversions of lanes to and from integers, and between singles and doubles.
// The host has packed ones for signed words, and single ones for doublewords.

func init() {
	vectorTable{
		a64.VSCVTF:      lanesFromInteger(true),
		a64.VUCVTF:      lanesFromInteger(false),
		a64.VSCVTFFixed: lanesFromInteger(true),
		a64.VUCVTFFixed: lanesFromInteger(false),

		a64.VFCVTZS:      lanesToInteger(true, 3),
		a64.VFCVTMS:      lanesToInteger(true, 1),
		a64.VFCVTPS:      lanesToInteger(true, 2),
		a64.VFCVTNS:      lanesToInteger(true, 0),
		a64.VFCVTAS:      lanesToInteger(true, away),
		a64.VFCVTZU:      lanesToInteger(false, 3),
		a64.VFCVTMU:      lanesToInteger(false, 1),
		a64.VFCVTPU:      lanesToInteger(false, 2),
		a64.VFCVTNU:      lanesToInteger(false, 0),
		a64.VFCVTAU:      lanesToInteger(false, away),
		a64.VFCVTZSFixed: lanesToInteger(true, 3),
		a64.VFCVTZUFixed: lanesToInteger(false, 3),

		a64.VFCVTL: widenLanes,
		a64.VFCVTN: narrowLanes,
	}.install()
}

// scaleLanes multiplies X0 by 2 to the power n, for fixed point. It uses X1.
func (t *Translator) scaleLanes(d bool, n int) {
	if n == 0 {
		return
	}
	t.constant(X1, perLane(d, uint64(127+n)<<23, uint64(1023+n)<<52))
	t.RR(packedFor(MULPS, d), false, X0, X1)
}

// lanesFromInteger is SCVTF and UCVTF. Unsigned numbers with the top bit set go
// the general way. What there is of a fraction only lowers the exponent.
func lanesFromInteger(signed bool) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d := op.Size() == 3
		guest, large := t.guest(), 0
		t.loadX(X2, op.Rn)
		if !signed {
			large = t.anyLane(X2, op)
		}
		if d {
			t.RR(PXOR, false, X0, X0)
			t.RM(CVTSI2SD, true, X0, t.v(op.Rn, 0))
			if op.Q() {
				t.RR(PXOR, false, X1, X1)
				t.RM(CVTSI2SD, true, X1, t.v(op.Rn, 8))
				t.RR(PUNPCKLQDQ, false, X0, X1)
			}
		} else {
			t.RR(CVTDQ2PS, false, X0, X2)
		}
		t.scaleLanes(d, -op.Index())
		t.storeLanes(op)
		t.slowAt(guest, large)
		return true
	}
}

// lanesToInteger is FCVT to integers of the same width, rounded as mode says.
// What does not fit gives the host's indefinite integer, which is negative: so
// are results that are too small or too large for unsigned numbers.
func lanesToInteger(signed bool, mode uint8) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		d := op.Size() == 3
		guest := t.guest()
		t.loadX(X0, op.Rn)
		t.scaleLanes(d, op.Index())
		if mode != 3 {
			t.roundPacked(mode, d)
		}
		if d {
			t.truncateDoubles(op)
		} else {
			t.RR(CVTTPS2DQ, false, X0, X0)
		}
		bad := t.unfitLane(op, signed)
		t.storeLanes(op)
		t.slow(guest, bad)
		return true
	}
}

// truncateDoubles converts the doubles in X0 to integers.
func (t *Translator) truncateDoubles(op *a64.Op) {
	t.RR(CVTTSD2SI, true, RAX, X0)
	if op.Q() {
		t.RR(PUNPCKHQDQ, false, X0, X0)
		t.RR(CVTTSD2SI, true, RCX, X0)
		t.RR(MOVD, true, X1, RCX)
	}
	t.RR(MOVD, true, X0, RAX)
	if op.Q() {
		t.RR(PUNPCKLQDQ, false, X0, X1)
	}
}

// unfitLane returns the jump that is taken when a lane of X0 is the indefinite
// integer or, unsigned, negative. It uses X1.
func (t *Translator) unfitLane(op *a64.Op, signed bool) (site int) {
	if !signed {
		return t.anyLane(X0, op)
	}
	d := op.Size() == 3
	t.constant(X1, perLane(d, 1<<31, 1<<63))
	t.RR(pcmpeq[op.Size()], false, X1, X0)
	return t.anyLane(X1, op)
}

// widenLanes is FCVTL from single to double, of the half that Q says.
func widenLanes(t *Translator, op *a64.Op) bool {
	if op.Size() != 3 {
		return false
	}
	guest := t.guest()
	half := int32(0)
	if op.Q() {
		half = 8
	}
	t.RM(MOVQ, false, X0, t.v(op.Rn, half))
	t.RR(CVTPS2PD, false, X0, X0)
	bad := t.checkLanes(op, finite, nil)
	t.storeX(op.Rd)
	t.slow(guest, bad)
	return true
}

// narrowLanes is FCVTN from double to single, into the half that Q says.
func narrowLanes(t *Translator, op *a64.Op) bool {
	if op.Size() != 3 {
		return false
	}
	guest := t.guest()
	t.loadX(X2, op.Rn)
	t.RR(CVTPD2PS, false, X0, X2)
	lanes := a64.Op{Aux: 2} // two singles
	bad := t.checkLanes(&lanes, normal, nil)
	if op.Q() {
		t.RM(MOVQM, false, X0, t.v(op.Rd, 8))
	} else {
		t.storeX(op.Rd)
	}
	t.slow(guest, bad)
	return true
}
