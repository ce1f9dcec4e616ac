package vec

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/lane"
)

func init() {
	table{
		a64.VUZP1: vectors(uzp1),
		a64.VUZP2: vectors(uzp2),
		a64.VTRN1: vectors(trn1),
		a64.VTRN2: vectors(trn2),
		a64.VZIP1: vectors(zip1),
		a64.VZIP2: vectors(zip2),
		a64.VEXT:  vectors(ext),
		a64.VTBL:  func(s *a64.State, op *a64.Op) { lookUp(s, op, reg{}) },
		a64.VTBX:  func(s *a64.State, op *a64.Op) { lookUp(s, op, read(s, op.Rd)) },
	}.install()
}

// even returns the elements with even numbers of n, then those of m.
func even(op *a64.Op, n, m reg) reg {
	size := op.Size()
	switch {
	case size == 3:
		return reg{n.lo, m.lo}
	case op.Q():
		return reg{lane.Even(n.lo, n.hi, size), lane.Even(m.lo, m.hi, size)}
	}
	return reg{lo: lane.Even(n.lo, m.lo, size)}
}

// odd returns the elements with odd numbers.
func odd(op *a64.Op, n, m reg) reg {
	size := op.Size()
	switch {
	case size == 3:
		return reg{n.hi, m.hi}
	case op.Q():
		return reg{lane.Odd(n.lo, n.hi, size), lane.Odd(m.lo, m.hi, size)}
	}
	return reg{lo: lane.Odd(n.lo, m.lo, size)}
}

func uzp1(s *a64.State, op *a64.Op, n, m reg) {
	d := even(op, n, m)
	write(s, op, d.lo, d.hi)
}

func uzp2(s *a64.State, op *a64.Op, n, m reg) {
	d := odd(op, n, m)
	write(s, op, d.lo, d.hi)
}

// pairwise applies a function to each pair of neighbours of n, then of m.
func pairwise(f func(a, b uint64, size int) uint64) Func {
	unzipped := same(f)
	return vectors(func(s *a64.State, op *a64.Op, n, m reg) {
		unzipped(s, op, even(op, n, m), odd(op, n, m))
	})
}

func trn1(s *a64.State, op *a64.Op, n, m reg) {
	if size := op.Size(); size == 3 {
		writeVector(s, op, n.lo, m.lo)
	} else {
		writeVector(s, op, lane.TRN1(n.lo, m.lo, size), lane.TRN1(n.hi, m.hi, size))
	}
}

func trn2(s *a64.State, op *a64.Op, n, m reg) {
	if size := op.Size(); size == 3 {
		writeVector(s, op, n.hi, m.hi)
	} else {
		writeVector(s, op, lane.TRN2(n.lo, m.lo, size), lane.TRN2(n.hi, m.hi, size))
	}
}

// zip1 interleaves the lower halves. The lower half of that is the result for 64-bit vectors.
func zip1(s *a64.State, op *a64.Op, n, m reg) {
	if op.Size() == 3 {
		writeVector(s, op, n.lo, m.lo)
		return
	}
	lo, hi := lane.Zip(n.lo, m.lo, op.Size())
	writeVector(s, op, lo, hi)
}

// zip2 interleaves the upper halves.
func zip2(s *a64.State, op *a64.Op, n, m reg) {
	if op.Size() == 3 {
		writeVector(s, op, n.hi, m.hi)
		return
	}
	if !op.Q() {
		_, hi := lane.Zip(n.lo, m.lo, op.Size())
		write(s, op, hi, 0)
		return
	}
	lo, hi := lane.Zip(n.hi, m.hi, op.Size())
	writeVector(s, op, lo, hi)
}

// ext takes consecutive bytes from the concatenation of n and, above it, m.
func ext(s *a64.State, op *a64.Op, n, m reg) {
	shift := uint(op.Index()&7) * 8 // a Go shift by 64 gives zero
	switch {
	case !op.Q():
		write(s, op, n.lo>>shift|m.lo<<(64-shift), 0)
	case op.Index() < 8:
		write(s, op, n.lo>>shift|n.hi<<(64-shift), n.hi>>shift|m.lo<<(64-shift))
	default:
		write(s, op, n.hi>>shift|m.lo<<(64-shift), m.lo>>shift|m.hi<<(64-shift))
	}
}

// lookUp replaces each byte of d by the table's byte at the index in Rm, if the index is
// inside the table. The table is up to four registers from Rn on. V0 follows V31.
func lookUp(s *a64.State, op *a64.Op, d reg) {
	var entries [64]byte
	registers := op.Index()&3 + 1
	for i := range registers {
		r := read(s, op.Rn+uint8(i))
		binary.LittleEndian.PutUint64(entries[16*i:], r.lo)
		binary.LittleEndian.PutUint64(entries[16*i+8:], r.hi)
	}
	m := read(s, op.Rm)
	lo, hi := lookUpHalf(&entries, 16*registers, m.lo, d.lo), uint64(0)
	if op.Q() {
		hi = lookUpHalf(&entries, 16*registers, m.hi, d.hi)
	}
	write(s, op, lo, hi)
}

func lookUpHalf(entries *[64]byte, n int, m, d uint64) uint64 {
	for i := 0; i < 64; i += 8 {
		if at := int(byte(m >> i)); at < n {
			d = d&^(0xff<<i) | uint64(entries[at&63])<<i
		}
	}
	return d
}
