package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

func init() {
	table{
		a64.VDUPElem:    dupElement,
		a64.VDUPGeneral: dupGeneral,
		a64.VINSElem:    insElement,
		a64.VINSGeneral: insGeneral,
		a64.VSMOV:       smov,
		a64.VUMOV:       umov,
	}.install()
}

func dupElement(s *a64.State, op *a64.Op) {
	x := element(&s.V[op.Rn&31], op.Size(), op.Index())
	if !op.Scalar() {
		x = lane.Dup(x, op.Size())
	}
	writeVector(s, op, x, x)
}

func dupGeneral(s *a64.State, op *a64.Op) {
	x := lane.Dup(s.X[op.Rn], op.Size())
	writeVector(s, op, x, x)
}

func insElement(s *a64.State, op *a64.Op) {
	x := element(&s.V[op.Rn&31], op.Size(), op.Index2())
	setElement(&s.V[op.Rd&31], op.Size(), op.Index(), x)
}

func insGeneral(s *a64.State, op *a64.Op) {
	setElement(&s.V[op.Rd&31], op.Size(), op.Index(), s.X[op.Rn])
}

// smov sign-extends to 64 bits if Q, else to 32.
func smov(s *a64.State, op *a64.Op) {
	unused := 64 - 8<<op.Size()
	x := uint64(int64(element(&s.V[op.Rn&31], op.Size(), op.Index())<<unused) >> unused)
	if !op.Q() {
		x = uint64(uint32(x))
	}
	s.X[op.Rd] = x
}

func umov(s *a64.State, op *a64.Op) {
	s.X[op.Rd] = element(&s.V[op.Rn&31], op.Size(), op.Index())
}
