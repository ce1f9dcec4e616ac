package fp

import "math"

// The host's IEEE 754 arithmetic rounds to nearest even and has no flags. Its result may be used if Arm's would be
// the same and the only possible flag, inexact, is set already: see hostRounds for the mode and settled64 for the
// result. NaNs differ between hosts and never leave this file.
//
// Every product and sum is wrapped in a conversion, which keeps the compiler from fusing the two.

// hostRounds says whether FPCR has the host's mode, and IXC is set. FPCR.DN and AHP do not affect results that the
// functions below accept.
func (e *Env) hostRounds() bool {
	return e.FPCR&(FZ|RMode) == 0 && e.FPSR&IXC != 0
}

// settled64 says whether a result is normal and larger than the smallest normal number. Such a result is not special,
// and was not tiny before rounding.
func settled64(r uint64) bool { return r<<1 > 2<<52 && r<<1 < 0x7ff<<53 }

func settled32(r uint32) bool { return r<<1 > 2<<23 && r<<1 < 0xff<<24 }

// finite64 is settled64 for sums, which may be tiny: a tiny sum is exact.
func finite64(r uint64) bool { return r<<1 < 0x7ff<<53 }

func finite32(r uint32) bool { return r<<1 < 0xff<<24 }

func f64(a uint64) float64 { return math.Float64frombits(a) }

func f32(a uint64) float32 { return math.Float32frombits(uint32(a)) }

func hostAdd(f Format, a, b uint64) (uint64, bool) {
	if f == Double {
		r := math.Float64bits(float64(f64(a) + f64(b)))
		return r, finite64(r)
	}
	r := math.Float32bits(float32(f32(a) + f32(b)))
	return uint64(r), finite32(r)
}

func hostSub(f Format, a, b uint64) (uint64, bool) {
	if f == Double {
		r := math.Float64bits(float64(f64(a) - f64(b)))
		return r, finite64(r)
	}
	r := math.Float32bits(float32(f32(a) - f32(b)))
	return uint64(r), finite32(r)
}

func hostMul(f Format, a, b uint64) (uint64, bool) {
	if f == Double {
		r := math.Float64bits(float64(f64(a) * f64(b)))
		return r, settled64(r)
	}
	r := math.Float32bits(float32(f32(a) * f32(b)))
	return uint64(r), settled32(r)
}

func hostDiv(f Format, a, b uint64) (uint64, bool) {
	if f == Double {
		r := math.Float64bits(float64(f64(a) / f64(b)))
		return r, settled64(r)
	}
	r := math.Float32bits(float32(f32(a) / f32(b)))
	return uint64(r), settled32(r)
}

func hostSqrt(f Format, a uint64) (uint64, bool) {
	if f == Double {
		r := math.Float64bits(math.Sqrt(f64(a)))
		return r, settled64(r)
	}
	// The root of a single, rounded to double and then to single, is rounded correctly.
	r := math.Float32bits(float32(math.Sqrt(float64(f32(a)))))
	return uint64(r), settled32(r)
}

// hostMulAdd computes a single in double precision. The product is exact there. The sum is rounded twice, which is
// wrong only if the first rounding gives a tie: half a unit in the last place of a single.
func hostMulAdd(f Format, addend, a, b uint64) (uint64, bool) {
	if f == Double {
		r := math.Float64bits(math.FMA(f64(a), f64(b), f64(addend)))
		return r, settled64(r)
	}
	product := float64(float64(f32(a)) * float64(f32(b)))
	sum := float64(product + float64(f32(addend)))
	r := math.Float32bits(float32(sum))
	const below, tie = 1<<29 - 1, 1 << 28
	return uint64(r), settled32(r) && math.Float64bits(sum)&below != tie
}

// hostOrder is order without flags. It does not handle NaNs, nor anything if FPCR.FZ is set: its caller does.
func (e *Env) hostOrder(f Format, a, b uint64) int {
	if e.FPCR&FZ != 0 {
		return unordered
	}
	x, y := f64(a), f64(b)
	if f == Single {
		x, y = float64(f32(a)), float64(f32(b))
	}
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	}
	return unordered
}
