package oracle

import (
	"encoding/binary"
	"math"
)

// Fill returns the state for seed: a mix of corner cases and random values in every register
// and, if the seed is even, in memory. The caller sets PC. Recorded vectors are differences
// from this state, so they must be recorded again after a change here.
func Fill(seed uint64) State {
	f := filler{state: seed}
	s := State{Mem: make([]byte, MemSize)}
	for i := range s.X {
		s.X[i] = f.integer()
	}
	s.SP = f.integer() &^ 15
	s.NZCV = uint32(f.next()) & 0xf000_0000
	s.FPCR = f.fpcr()
	s.FPSR = f.fpsr()
	for i := range s.V {
		s.V[i] = f.vector()
		if i > 0 && f.oneIn(8) {
			s.V[i] = f.neighbour(s.V[i-1])
		}
	}
	if seed%2 == 0 {
		f.memory(s.Mem)
	}
	return s
}

// memory fills m with random bits, and in a few places with lanes that are likely to matter.
func (f *filler) memory(m []byte) {
	for i := 0; i < len(m); i += 8 {
		binary.LittleEndian.PutUint64(m[i:], f.next())
	}
	for range 16 {
		at := 16 * f.below(len(m)/16)
		v := f.vector()
		binary.LittleEndian.PutUint64(m[at:], v[0])
		binary.LittleEndian.PutUint64(m[at+8:], v[1])
	}
}

// filler is the splitmix64 generator. It is our own code so that its sequence never changes.
type filler struct {
	state uint64
	spare uint64 // bits for small choices
	left  int    // how many times 16 bits are left in spare
}

func (f *filler) next() uint64 {
	f.state += 0x9e3779b97f4a7c15
	z := f.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1; n is small.
func (f *filler) below(n int) int {
	if f.left == 0 {
		f.spare, f.left = f.next(), 4
	}
	v := int(f.spare&0xffff) * n >> 16
	f.spare >>= 16
	f.left--
	return v
}

func (f *filler) oneIn(n int) bool    { return f.below(n) == 0 }
func (f *filler) sign(bit int) uint64 { return uint64(f.below(2)) << bit }

// integer returns a 64-bit integer that is likely to matter.
func (f *filler) integer() uint64 {
	bit := f.below(64)
	switch f.below(12) {
	case 0:
		return uint64(f.below(5)) - 2 // -2 to 2
	case 1:
		return 1 << bit
	case 2:
		return 1<<bit - 1
	case 3:
		return -(1 << bit)
	case 4:
		return math.MaxInt64 + uint64(f.below(3)) - 1
	case 5:
		return math.MaxInt32 + uint64(f.below(3)) - 1
	case 6:
		return math.MaxUint32 + uint64(f.below(3)) - 1
	case 7:
		return f.next() >> bit // any number of leading zeros
	case 8:
		return uint64(int64(f.next()) >> bit) // any number of sign bits
	case 9:
		few := f.next()
		few &= f.next()
		return few & f.next() // one bit in eight is set
	default:
		return f.next()
	}
}

// fpcr returns RMode, FZ, DN and AHP in all their combinations, and zero half
// of the time.
func (f *filler) fpcr() uint32 {
	if f.oneIn(2) {
		return 0
	}
	const ahp, dn, fz, rmode = 1 << 26, 1 << 25, 1 << 24, 3 << 22
	return uint32(f.next()) & (ahp | dn | fz | rmode)
}

// fpsr returns the cumulative exception bits and QC, mostly clear.
func (f *filler) fpsr() uint32 {
	if !f.oneIn(8) {
		return 0
	}
	const qc, idc, ixcToIOC = 1 << 27, 1 << 7, 0x1f
	return uint32(f.next()) & (qc | idc | ixcToIOC)
}

// vector returns a SIMD register of lanes of one kind.
func (f *filler) vector() [2]uint64 {
	return [2]uint64{f.lanes(f.below(8)), f.lanes(f.below(8))}
}

func (f *filler) lanes(kind int) (v uint64) {
	switch kind {
	case 0, 1:
		return f.float(binary64)
	case 2, 3:
		return f.float(binary32) | f.float(binary32)<<32
	case 4:
		for i := 0; i < 64; i += 16 {
			v |= f.float(binary16) << i
		}
		return v
	case 5:
		size := 8 << f.below(3)
		for i := 0; i < 64; i += size {
			v |= (f.integer() & (1<<size - 1)) << i
		}
		return v
	case 6:
		return f.integer()
	default:
		return f.next()
	}
}

// neighbour returns v with a little added to each half: operands that nearly
// cancel, or nearly compare equal.
func (f *filler) neighbour(v [2]uint64) [2]uint64 {
	for i := range v {
		v[i] += (uint64(f.below(5)) - 2) << (32 * f.below(2))
		v[i] ^= f.sign(63) ^ f.sign(31)
	}
	return v
}

// format is an IEEE 754 interchange format, by the widths of its fields.
type format struct{ exp, frac int }

var (
	binary16 = format{5, 10}
	binary32 = format{8, 23}
	binary64 = format{11, 52}
)

func (t format) bias() uint64   { return 1<<(t.exp-1) - 1 }
func (t format) maxExp() uint64 { return 1<<t.exp - 1 }

// float returns a number of format t that is likely to matter.
func (f *filler) float(t format) uint64 {
	return f.sign(t.exp+t.frac) | f.exponent(t)<<t.frac | f.fraction(t)
}

// exponent returns a biased exponent: of zeros and denormals, of the smallest and the largest
// numbers, of infinities and NaNs, of numbers near one, or of numbers near the limits of the
// integer types and the narrower formats.
func (f *filler) exponent(t format) uint64 {
	near := func(e uint64, spread int) uint64 {
		return min(e+uint64(f.below(2*spread+1))-uint64(spread), t.maxExp())
	}
	switch f.below(10) {
	case 0:
		return 0
	case 1:
		return uint64(f.below(t.frac + 3))
	case 2:
		return t.maxExp()
	case 3:
		return t.maxExp() - 1 - uint64(f.below(3))
	case 4, 5:
		return near(t.bias(), 4)
	case 6:
		return near(t.bias()+uint64(8<<f.below(4)), 3) // 8, 16, 32, 64 integer bits
	case 7:
		return near(t.bias()+uint64(t.frac), 2)
	case 8:
		return f.narrowLimit(t, near)
	default:
		return f.next() & t.maxExp()
	}
}

// narrowLimit returns an exponent at which a narrower format overflows or
// becomes denormal.
func (f *filler) narrowLimit(t format, near func(uint64, int) uint64) uint64 {
	narrow := binary16
	if t == binary64 && f.oneIn(2) {
		narrow = binary32
	}
	if f.oneIn(2) {
		return near(t.bias()+narrow.bias(), 2)
	}
	if low := narrow.bias() + uint64(f.below(narrow.frac+3)); low < t.bias() {
		return t.bias() - low
	}
	return 0
}

// fraction returns fraction bits: none, all, few, a tie at any position, or a value next to a
// tie.
func (f *filler) fraction(t format) uint64 {
	mask := uint64(1)<<t.frac - 1
	bit := f.below(t.frac)
	switch f.below(9) {
	case 0:
		return 0
	case 1:
		return mask
	case 2:
		return 1 << (t.frac - 1) // the quiet bit of a NaN
	case 3:
		return 1 << bit
	case 4:
		return f.next() &^ (1<<bit - 1) & mask
	case 5:
		return (f.next()&^(1<<bit-1) + 1) & mask
	case 6:
		return (f.next()&^(1<<bit-1) - 1) & mask
	case 7:
		return f.next() >> (64 - t.frac) >> bit
	default:
		return f.next() & mask
	}
}
