package fp

import "math/rand/v2"

// corners are operands at which something changes, as sign-less bits of a format.
func corners(f Format) []uint64 {
	l := f.layout()
	one := l.power(false, 0)
	ulp := uint64(1)
	min := uint64(1) << l.fracBits
	inf := l.infinity(false)
	c := []uint64{
		0, ulp, 2, 3, min / 4, min/2 - 1, min / 2, min - 2, min - 1, // zero and denormals
		min, min + 1, 2*min - 1, 2 * min, 2*min + 1, // smallest normals
		one - 1, one, one + 1, l.power(false, 1), 3 * one / 2, // around one and two
		inf - min, inf - 2, inf - 1, // largest normals
		inf, inf + 1, inf | l.quiet() - 1, inf | l.quiet(), inf | l.quiet() | 5, // infinity, NaNs
	}
	for _, exp := range []int{-2, -1, 1, 7, 8, 15, 16, 30, 31, 32, 62, 63, 64} { // integer limits
		if exp < l.maxField/2 {
			c = append(c, l.power(false, exp)-1, l.power(false, exp), l.power(false, exp)+1,
				l.power(false, exp)|min/2, l.power(false, exp)|min/2+1)
		}
	}
	return c
}

// operands yields corner values, values close to one another, sparse ones and plain random bits.
type operands struct {
	*rand.Rand
	f       Format
	corners []uint64
	last    uint64
}

func newOperands(f Format, seed uint64) *operands {
	return &operands{Rand: rand.New(rand.NewPCG(seed, 1)), f: f, corners: corners(f)}
}

func (o *operands) next() uint64 {
	l := o.f.layout()
	mask := uint64(1)<<l.width - 1
	r := o.Uint64()
	sign := l.sign(r&1 != 0)
	r >>= 1
	switch o.IntN(8) {
	case 0, 1, 2:
		o.last = o.corners[r%uint64(len(o.corners))]
	case 3: // near the operand before
		o.last = (o.last + uint64(o.IntN(5)) - 2 + uint64(o.IntN(5)-2)<<l.fracBits) & mask
	case 4: // few bits
		o.last = (1<<(r%64) | 1<<(r>>8%64) | 1<<(r>>16%64)) & mask
	case 5: // moderate exponent
		o.last = uint64(l.maxField/2+o.IntN(13)-6)<<l.fracBits | r&l.fracMask()
	default:
		o.last = r & mask
	}
	return o.last&^l.sign(true) | sign
}
