// Package fptest makes floating-point operands for tests: corner cases, values close to one another, and random bits.
package fptest

import "math/rand/v2"

// Operands is an endless, reproducible stream of operands of one format.
type Operands struct {
	*rand.Rand
	width, fracBits uint
	corners         []uint64
	last            uint64
}

// New returns a stream for the IEEE format of width 16, 32 or 64 bits.
func New(width uint, seed uint64) *Operands {
	o := &Operands{Rand: rand.New(rand.NewPCG(seed, uint64(width))), width: width}
	o.fracBits = map[uint]uint{16: 10, 32: 23, 64: 52}[width]
	o.corners = o.makeCorners()
	return o
}

func (o *Operands) sign() uint64 { return 1 << (o.width - 1) }

func (o *Operands) expMask() int { return 1<<(o.width-1-o.fracBits) - 1 }

// Power returns the bits of 2^exp, which must be a normal number.
func (o *Operands) Power(exp int) uint64 {
	return uint64(exp+o.expMask()/2) << o.fracBits
}

// makeCorners returns the bits, without sign, of corner cases.
func (o *Operands) makeCorners() []uint64 {
	one, min, inf := o.Power(0), uint64(1)<<o.fracBits, uint64(o.expMask())<<o.fracBits
	quiet := min / 2
	c := []uint64{
		0, 1, 2, 3, min / 4, min/2 - 1, min / 2, min - 2, min - 1, // zero and denormals
		min, min + 1, 2*min - 1, 2 * min, 2*min + 1, // smallest normals
		one - 1, one, one + 1, o.Power(1), one + quiet, // around one and two
		inf - min, inf - 2, inf - 1, // largest normals
		inf, inf + 1, inf + quiet - 1, inf + quiet, inf + quiet + 5, // infinity, signalling and quiet NaNs
	}
	// The limits of integers, half precision and reciprocal estimates.
	for _, exp := range []int{-1024, -149, -126, -25, -24, -14, -2, -1, 1, 7, 8, 15, 16, 30, 31, 32, 62, 63, 64, 126, 127, 1022} {
		if exp > -o.expMask()/2 && exp <= o.expMask()/2 {
			p := o.Power(exp)
			c = append(c, p-1, p, p+1, p|quiet, p|quiet+1, p|quiet-1)
		}
	}
	return c
}

// Next returns an operand.
func (o *Operands) Next() uint64 {
	mask, fracMask := o.sign()<<1-1, uint64(1)<<o.fracBits-1
	r := o.Uint64()
	neg := r&1 != 0
	r >>= 1
	switch o.IntN(8) {
	case 0, 1, 2:
		o.last = o.corners[r%uint64(len(o.corners))]
	case 3: // near the operand before
		o.last += uint64(o.IntN(5)) - 2 + uint64(o.IntN(5)-2)<<o.fracBits
	case 4: // few bits
		o.last = 1<<(r%64) | 1<<((r>>8)%64) | 1<<((r>>16)%64)
	case 5: // moderate exponent
		o.last = o.Power(o.IntN(13)-6) | r&fracMask
	case 6: // moderate exponent, short fraction
		o.last = o.Power(o.IntN(80)%(o.expMask()/2)) | r&fracMask&^(fracMask>>o.IntN(12))
	default:
		o.last = r
	}
	o.last &= mask >> 1
	if neg {
		return o.last | o.sign()
	}
	return o.last
}

// Integer returns an integer of any length, often with a tail of zeros or ones.
func (o *Operands) Integer() uint64 {
	n := o.Uint64() >> o.IntN(64)
	switch o.IntN(4) {
	case 0:
		n = n >> 30 << 30
	case 1:
		n = n>>39<<39 + uint64(o.IntN(3)) - 1
	case 2:
		n = -n
	}
	return n
}
