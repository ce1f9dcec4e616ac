package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

// The instructions that string functions and ciphers use most are written out. Without calls
// through function values they take a third of the time.
func init() {
	table{
		a64.VADD:   add,
		a64.VSUB:   sub,
		a64.VCMEQ:  cmeq,
		a64.VCMEQ0: cmeqZero,
		a64.VCMHS:  cmhs,
		a64.VSHL:   shl,
		a64.VUSHR:  ushr,
	}.install()
}

func add(s *a64.State, op *a64.Op) {
	n, m, size := read(s, op.Rn), read(s, op.Rm), op.Size()
	writeVector(s, op, lane.Add(n.lo, m.lo, size), lane.Add(n.hi, m.hi, size))
}

func sub(s *a64.State, op *a64.Op) {
	n, m, size := read(s, op.Rn), read(s, op.Rm), op.Size()
	writeVector(s, op, lane.Sub(n.lo, m.lo, size), lane.Sub(n.hi, m.hi, size))
}

func cmeq(s *a64.State, op *a64.Op) {
	n, m, size := read(s, op.Rn), read(s, op.Rm), op.Size()
	writeVector(s, op, lane.CMEQ(n.lo, m.lo, size), lane.CMEQ(n.hi, m.hi, size))
}

func cmeqZero(s *a64.State, op *a64.Op) {
	n, size := read(s, op.Rn), op.Size()
	writeVector(s, op, lane.CMEQ(n.lo, 0, size), lane.CMEQ(n.hi, 0, size))
}

func cmhs(s *a64.State, op *a64.Op) {
	n, m, size := read(s, op.Rn), read(s, op.Rm), op.Size()
	writeVector(s, op, lane.CMHS(n.lo, m.lo, size), lane.CMHS(n.hi, m.hi, size))
}

func shl(s *a64.State, op *a64.Op) {
	n, amount, size := read(s, op.Rn), op.Index(), op.Size()
	writeVector(s, op, lane.SHL(n.lo, amount, size), lane.SHL(n.hi, amount, size))
}

func ushr(s *a64.State, op *a64.Op) {
	n, amount, size := read(s, op.Rn), op.Index(), op.Size()
	writeVector(s, op, lane.USHR(n.lo, amount, size), lane.USHR(n.hi, amount, size))
}
