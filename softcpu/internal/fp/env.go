package fp

// Env is the floating-point environment of one CPU: FPCR and FPSR in their architectural layouts.
type Env struct {
	FPCR, FPSR uint32
}

// Fields of FPCR.
const (
	AHP        = 1 << 26 // alternative half precision
	DN         = 1 << 25 // default NaN
	FZ         = 1 << 24 // flush to zero, single and double
	RModeShift = 22
	RMode      = 3 << RModeShift
)

// Cumulative bits of FPSR.
const (
	QC  = 1 << 27 // saturation (integer SIMD only)
	IDC = 1 << 7  // input denormal
	IXC = 1 << 4  // inexact
	UFC = 1 << 3  // underflow
	OFC = 1 << 2  // overflow
	DZC = 1 << 1  // divide by zero
	IOC = 1 << 0  // invalid operation
)

// Rounding is a rounding direction; the first four are encoded as in FPCR.RMode.
type Rounding uint8

// The manual's FPRounding values.
const (
	TieEven Rounding = iota
	PosInf
	NegInf
	Zero
	TieAway
	Odd
)

// Rounding returns the direction that FPCR.RMode selects.
func (e *Env) Rounding() Rounding { return Rounding(e.FPCR >> RModeShift & 3) }

// up says whether rounding increments a magnitude with this integer part and the fraction err×2⁻⁶⁴. Rounding to odd
// never increments: round sets the last bit instead.
func (rm Rounding) up(neg bool, integer, err uint64) bool {
	const half = 1 << 63
	switch rm {
	case TieEven:
		return err > half || err == half && integer&1 != 0
	case PosInf:
		return err != 0 && !neg
	case NegInf:
		return err != 0 && neg
	case TieAway:
		return err >= half
	}
	return false
}

// toInfinity says whether an overflow gives infinity rather than the largest normal number.
func (rm Rounding) toInfinity(neg bool) bool {
	switch rm {
	case PosInf:
		return !neg
	case NegInf:
		return neg
	case Zero, Odd:
		return false
	}
	return true
}
