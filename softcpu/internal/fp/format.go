package fp

// Format is a floating-point format, encoded like the ftype field of scalar instructions. Its low bit is the sz field
// of vector instructions.
type Format uint8

// The three formats.
const (
	Single Format = 0
	Double Format = 1
	Half   Format = 3
)

// layout describes a format: sign, exponent and fraction fields from the top.
type layout struct {
	width    uint // bits in all
	fracBits uint // F of the manual
	minExp   int  // exponent of the smallest normal number
	maxField int  // exponent field of infinities and NaNs
}

var layouts = [4]layout{
	Single: {width: 32, fracBits: 23, minExp: -126, maxField: 0xff},
	Double: {width: 64, fracBits: 52, minExp: -1022, maxField: 0x7ff},
	Half:   {width: 16, fracBits: 10, minExp: -14, maxField: 0x1f},
}

func (f Format) layout() *layout { return &layouts[f&3] }

// Width returns the size of the format in bits.
func (f Format) Width() uint { return f.layout().width }

func (l *layout) sign(neg bool) uint64 {
	if neg {
		return 1 << (l.width - 1)
	}
	return 0
}

func (l *layout) fracMask() uint64 { return 1<<l.fracBits - 1 }

// quiet is the fraction bit that distinguishes a quiet NaN.
func (l *layout) quiet() uint64 { return 1 << (l.fracBits - 1) }

func (l *layout) infinity(neg bool) uint64 {
	return l.sign(neg) | uint64(l.maxField)<<l.fracBits
}

func (l *layout) maxNormal(neg bool) uint64 { return l.infinity(neg) - 1 }

// ones is FPMaxNormal of alternative half precision: all bits set below the sign.
func (l *layout) ones(neg bool) uint64 { return l.sign(neg) | (1<<(l.width-1) - 1) }

func (l *layout) defaultNaN() uint64 { return l.infinity(false) | l.quiet() }

// power returns ±2^exp, exp in the normal range.
func (l *layout) power(neg bool, exp int) uint64 {
	return l.sign(neg) | uint64(exp-l.minExp+1)<<l.fracBits
}

// Zero returns a zero with the given sign.
func (f Format) Zero(neg bool) uint64 { return f.layout().sign(neg) }

// Neg is FPNeg: it inverts the sign, of NaNs too.
func (f Format) Neg(a uint64) uint64 { return a ^ f.layout().sign(true) }

// Abs is FPAbs: it clears the sign, of NaNs too.
func (f Format) Abs(a uint64) uint64 { return a &^ f.layout().sign(true) }
