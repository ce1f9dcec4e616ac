package vec

import (
	"github.com/miniboot-vmm/miniboot/hvf/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/hvf/softcpu/internal/lane"
)

func init() {
	table{
		a64.VUZP1: func(s *a64.State, op *a64.Op) {
			s.V[op.Rd&31] = even(s.V[op.Rn&31], s.V[op.Rm&31], op.Size(), op.Q())
		},
		a64.VUZP2: func(s *a64.State, op *a64.Op) {
			s.V[op.Rd&31] = odd(s.V[op.Rn&31], s.V[op.Rm&31], op.Size(), op.Q())
		},
		a64.VTRN1: vectors(trn1),
		a64.VTRN2: vectors(trn2),
		a64.VZIP1: vectors(zip1),
		a64.VZIP2: vectors(zip2),
		a64.VEXT:  vectors(ext),
		a64.VTBL:  func(s *a64.State, op *a64.Op) { lookUp(s, op, reg{}) },
		a64.VTBX:  func(s *a64.State, op *a64.Op) { lookUp(s, op, s.V[op.Rd&31]) },
	}.install()
}

// even returns the elements with even numbers of n, then those of m, in 128
// bits if q, else in 64.
func even(n, m reg, size int, q bool) reg {
	switch {
	case size == 3:
		return reg{n[0], m[0]}
	case q:
		return reg{lane.Even(n[0], n[1], size), lane.Even(m[0], m[1], size)}
	}
	return reg{lane.Even(n[0], m[0], size)}
}

// odd returns the elements with odd numbers.
func odd(n, m reg, size int, q bool) reg {
	switch {
	case size == 3:
		return reg{n[1], m[1]}
	case q:
		return reg{lane.Odd(n[0], n[1], size), lane.Odd(m[0], m[1], size)}
	}
	return reg{lane.Odd(n[0], m[0], size)}
}

func trn1(s *a64.State, op *a64.Op, n, m reg) {
	if size := op.Size(); size == 3 {
		write(s, op, n[0], m[0])
	} else {
		write(s, op, lane.TRN1(n[0], m[0], size), lane.TRN1(n[1], m[1], size))
	}
}

func trn2(s *a64.State, op *a64.Op, n, m reg) {
	if size := op.Size(); size == 3 {
		write(s, op, n[1], m[1])
	} else {
		write(s, op, lane.TRN2(n[0], m[0], size), lane.TRN2(n[1], m[1], size))
	}
}

// zip1 interleaves the lower halves. For 64-bit vectors the lower half of that
// is the result.
func zip1(s *a64.State, op *a64.Op, n, m reg) {
	if op.Size() == 3 {
		write(s, op, n[0], m[0])
		return
	}
	lo, hi := lane.Zip(n[0], m[0], op.Size())
	write(s, op, lo, hi)
}

// zip2 interleaves the upper halves.
func zip2(s *a64.State, op *a64.Op, n, m reg) {
	if op.Size() == 3 {
		write(s, op, n[1], m[1])
		return
	}
	if !op.Q() {
		_, hi := lane.Zip(n[0], m[0], op.Size())
		write(s, op, hi, 0)
		return
	}
	lo, hi := lane.Zip(n[1], m[1], op.Size())
	write(s, op, lo, hi)
}

// ext takes consecutive bytes of n with m above it.
func ext(s *a64.State, op *a64.Op, n, m reg) {
	shift := uint(op.Index()&7) * 8 // a Go shift by 64 gives zero
	switch {
	case !op.Q():
		write(s, op, n[0]>>shift|m[0]<<(64-shift), 0)
	case op.Index() < 8:
		write(s, op, n[0]>>shift|n[1]<<(64-shift), n[1]>>shift|m[0]<<(64-shift))
	default:
		write(s, op, n[1]>>shift|m[0]<<(64-shift), m[0]>>shift|m[1]<<(64-shift))
	}
}

// lookUp replaces each byte of d by the one that the index in Rm names in the
// table of up to four registers from Rn, wrapping after V31, if there is one.
func lookUp(s *a64.State, op *a64.Op, d reg) {
	var bytes [4]reg
	registers := op.Index() + 1
	for i := range registers {
		bytes[i&3] = s.V[(int(op.Rn)+i)&31]
	}
	m := s.V[op.Rm&31]
	for half := range d {
		for i := 0; i < 64; i += 8 {
			if at := int(byte(m[half] >> i)); at < 16*registers {
				x := bytes[at>>4&3][at>>3&1] >> (at & 7 * 8) & 0xff
				d[half] = d[half]&^(0xff<<i) | x<<i
			}
		}
	}
	write(s, op, d[0], d[1])
}
