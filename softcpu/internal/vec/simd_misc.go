package vec

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

func init() {
	table{
		a64.VREV64: unary(lane.REV64),
		a64.VREV32: unary(lane.REV32),
		a64.VREV16: unary(lane.REV16),
		a64.VCLS:   unary(lane.CLS),
		a64.VCLZ:   unary(lane.CLZ),
		a64.VCNT:   unary(lane.CNT),
		a64.VNOT:   unary(lane.Not),
		a64.VRBIT:  unary(lane.RBIT),
		a64.VABS:   unary(lane.Abs),
		a64.VNEG:   unary(lane.Neg),
		a64.VCMGT0: unary(func(a uint64, size int) uint64 { return lane.CMGT(a, 0, size) }),
		a64.VCMGE0: unary(func(a uint64, size int) uint64 { return lane.CMGE(a, 0, size) }),
		a64.VCMLE0: unary(func(a uint64, size int) uint64 { return lane.CMGE(0, a, size) }),
		a64.VCMLT0: unary(func(a uint64, size int) uint64 { return lane.CMGT(0, a, size) }),

		a64.VSADDLP: unary(lane.SADDLP),
		a64.VUADDLP: unary(lane.UADDLP),
		a64.VSADALP: withDestination(accumulate(func(d, a, _ uint64, size int) uint64 {
			return lane.Add(d, lane.SADDLP(a, size), size+1)
		})),
		a64.VUADALP: withDestination(accumulate(func(d, a, _ uint64, size int) uint64 {
			return lane.Add(d, lane.UADDLP(a, size), size+1)
		})),

		a64.VSQABS:  vectors(saturate(func(a, _ uint64, size int) (r, q uint64) { return lane.SQABS(a, size) })),
		a64.VSQNEG:  vectors(saturate(func(a, _ uint64, size int) (r, q uint64) { return lane.SQNEG(a, size) })),
		a64.VSUQADD: withDestination(saturate(func(a, d uint64, size int) (r, q uint64) { return lane.SUQADD(d, a, size) })),
		a64.VUSQADD: withDestination(saturate(func(a, d uint64, size int) (r, q uint64) { return lane.USQADD(d, a, size) })),

		a64.VXTN:    extractNarrow(lane.XTN),
		a64.VSQXTN:  extractNarrow(lane.SQXTN),
		a64.VUQXTN:  extractNarrow(lane.UQXTN),
		a64.VSQXTUN: extractNarrow(lane.SQXTUN),
		a64.VSHLL:   shll,

		a64.VADDV:       across(lane.Add),
		a64.VSMAXV:      across(lane.SMAX),
		a64.VUMAXV:      across(lane.UMAX),
		a64.VSMINV:      across(lane.SMIN),
		a64.VUMINV:      across(lane.UMIN),
		a64.VSADDLV:     acrossLong(lane.SADDLP),
		a64.VUADDLV:     acrossLong(lane.UADDLP),
		a64.VADDPScalar: addpScalar,
	}.install()
}

// extractNarrow applies a function from wide elements to narrow ones. It has scalar forms, in
// which the other elements are zero.
func extractNarrow(f func(lo, hi uint64, size int) (r, q uint64)) Func {
	return func(s *a64.State, op *a64.Op) {
		n := read(s, op.Rn)
		if op.Scalar() {
			n = reg{lo: n.lo & lane.Mask(op.Size()+1)}
		}
		r, q := f(n.lo, n.hi, op.Size())
		setQC(s, q)
		writeNarrow(s, op, r)
	}
}

func shll(s *a64.State, op *a64.Op) {
	size := op.Size()
	lo, hi := lane.WidenU(part(op, read(s, op.Rn)), size)
	write(s, op, lo<<(8<<size), hi<<(8<<size))
}

// fold reduces the lanes of a word to one, lane 0 of the result.
func fold(x uint64, f func(a, b uint64, size int) uint64, size int) uint64 {
	for n := 32; n >= 8<<size; n >>= 1 {
		x = f(x, x>>n, size)
	}
	return x & lane.Mask(size)
}

// across reduces all elements to one.
func across(f func(a, b uint64, size int) uint64) Func {
	return func(s *a64.State, op *a64.Op) {
		n, size := read(s, op.Rn), op.Size()
		x := n.lo
		if op.Q() {
			x = f(n.lo, n.hi, size)
		}
		write(s, op, fold(x, f, size), 0)
	}
}

// acrossLong adds all elements into one of twice the width.
func acrossLong(pairs func(a uint64, size int) uint64) Func {
	return func(s *a64.State, op *a64.Op) {
		n, size := read(s, op.Rn), op.Size()
		x := pairs(n.lo, size)
		if op.Q() {
			x = lane.Add(x, pairs(n.hi, size), size+1)
		}
		write(s, op, fold(x, lane.Add, size+1), 0)
	}
}

func addpScalar(s *a64.State, op *a64.Op) {
	n := read(s, op.Rn)
	write(s, op, n.lo+n.hi, 0)
}
