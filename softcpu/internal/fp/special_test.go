package fp

import "testing"

// Doubles by name.
const (
	pZero = 0x0000_0000_0000_0000
	nZero = 0x8000_0000_0000_0000
	one   = 0x3ff0_0000_0000_0000
	nOne  = 0xbff0_0000_0000_0000
	two   = 0x4000_0000_0000_0000
	nTwo  = 0xc000_0000_0000_0000
	pInf  = 0x7ff0_0000_0000_0000
	nInf  = 0xfff0_0000_0000_0000
	pMax  = 0x7fef_ffff_ffff_ffff
	pMin  = 0x0010_0000_0000_0000 // smallest normal
	pDen  = 0x0000_0000_0000_0001
	dNaN  = 0x7ff8_0000_0000_0000
	qNaN1 = 0xfff8_0000_0000_0001
	qNaN2 = 0x7ff8_0000_0000_0002
	qNaN3 = 0x7ff8_0000_0000_0003
	sNaN1 = 0xfff0_0000_0000_0001
	sNaN2 = 0x7ff0_0000_0000_0002
)

// TestSpecial goes through the manual's special cases: NaNs, infinities, zeros and flushing.
func TestSpecial(t *testing.T) {
	const none = 0
	type ternary func(e *Env, a, b, c uint64) uint64
	add := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.Add(Double, a, b) })
	sub := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.Sub(Double, a, b) })
	mul := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.Mul(Double, a, b) })
	mulX := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.MulX(Double, a, b) })
	div := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.Div(Double, a, b) })
	sqrt := ternary(func(e *Env, a, _, _ uint64) uint64 { return e.Sqrt(Double, a) })
	mulAdd := ternary(func(e *Env, a, b, c uint64) uint64 { return e.MulAdd(Double, a, b, c) })
	maxOf := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.Max(Double, a, b) })
	minOf := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.Min(Double, a, b) })
	maxNM := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.MaxNM(Double, a, b) })
	minNM := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.MinNM(Double, a, b) })
	step := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.RecipStep(Double, a, b) })
	rstep := ternary(func(e *Env, a, b, _ uint64) uint64 { return e.RSqrtStep(Double, a, b) })
	est := ternary(func(e *Env, a, _, _ uint64) uint64 { return e.RecipEstimate(Double, a) })
	rest := ternary(func(e *Env, a, _, _ uint64) uint64 { return e.RSqrtEstimate(Double, a) })
	recpX := ternary(func(e *Env, a, _, _ uint64) uint64 { return e.RecpX(Double, a) })
	quiet := ternary(func(e *Env, a, b, _ uint64) uint64 { return uint64(e.Compare(Double, a, b, false)) })
	signal := ternary(func(e *Env, a, b, _ uint64) uint64 { return uint64(e.Compare(Double, a, b, true)) })
	tests := []struct {
		name    string
		op      ternary
		fpcr    uint32
		a, b, c uint64
		want    uint64
		fpsr    uint32
	}{
		{"first quiet NaN", add, 0, qNaN1, qNaN2, 0, qNaN1, none},
		{"second quiet NaN", add, 0, one, qNaN2, 0, qNaN2, none},
		{"signalling before quiet", add, 0, qNaN2, sNaN1, 0, qNaN1, IOC},
		{"first signalling", add, 0, sNaN2, sNaN1, 0, qNaN2, IOC},
		{"default NaN", add, DN, qNaN1, one, 0, dNaN, none},
		{"default NaN from signalling", add, DN, one, sNaN1, 0, dNaN, IOC},
		{"subtrahend NaN keeps its sign", sub, 0, one, qNaN1, 0, qNaN1, none},
		{"∞−∞", add, 0, pInf, nInf, 0, dNaN, IOC},
		{"∞−∞", sub, 0, nInf, nInf, 0, dNaN, IOC},
		{"∞+∞", sub, 0, nInf, pInf, 0, nInf, none},
		{"−0 + −0", add, 0, nZero, nZero, 0, nZero, none},
		{"0 + −0", add, 0, pZero, nZero, 0, pZero, none},
		{"0 + −0, toward −∞", add, uint32(NegInf) << RModeShift, pZero, nZero, 0, nZero, none},
		{"1 − 1, toward −∞", sub, uint32(NegInf) << RModeShift, one, one, 0, nZero, none},
		{"denormal operand flushed", add, FZ, pDen, one, 0, one, IDC},
		{"denormal operand of NaN", add, FZ, pDen, qNaN1, 0, qNaN1, IDC},
		{"denormal result flushed: no IXC", mul, FZ, pMin | nZero, 0x3fe0_0000_0000_0000, 0, nZero, UFC},
		{"denormal result exact", mul, 0, pMin, 0x3fe0_0000_0000_0000, 0, pMin / 2, none},
		{"tiny before rounding", mul, 0, 0x001f_ffff_ffff_ffff, 0x3fe0_0000_0000_0000, 0, pMin, UFC | IXC},
		{"0×∞", mul, 0, pZero, nInf, 0, dNaN, IOC},
		{"0×∞", mulX, 0, pZero, nInf, 0, nTwo, none},
		{"0×∞", mulX, 0, nInf, nZero, 0, two, none},
		{"∞×−1", mul, 0, pInf, nOne, 0, nInf, none},
		{"0×−1", mul, 0, pZero, nOne, 0, nZero, none},
		{"0÷0", div, 0, pZero, nZero, 0, dNaN, IOC},
		{"∞÷∞", div, 0, pInf, nInf, 0, dNaN, IOC},
		{"1÷−0", div, 0, one, nZero, 0, nInf, DZC},
		{"∞÷0", div, 0, pInf, pZero, 0, pInf, none},
		{"0÷∞", div, 0, pZero, nInf, 0, nZero, none},
		{"1÷flushed", div, FZ, one, pDen, 0, pInf, DZC | IDC},
		{"√−0", sqrt, 0, nZero, 0, 0, nZero, none},
		{"√−1", sqrt, 0, nOne, 0, 0, dNaN, IOC},
		{"√−∞", sqrt, 0, nInf, 0, 0, dNaN, IOC},
		{"√∞", sqrt, 0, pInf, 0, 0, pInf, none},
		{"√NaN", sqrt, 0, sNaN1, 0, 0, qNaN1, IOC},
		{"overflow to nearest", mul, 0, pMax, two, 0, pInf, OFC | IXC},
		{"overflow to zero", mul, uint32(Zero) << RModeShift, pMax, two, 0, pMax, OFC | IXC},
		{"overflow down", mul, uint32(NegInf) << RModeShift, pMax, two, 0, pMax, OFC | IXC},
		{"overflow up", mul, uint32(PosInf) << RModeShift, pMax, two, 0, pInf, OFC | IXC},
		{"quiet addend, 0×∞", mulAdd, 0, qNaN1, pZero, pInf, dNaN, IOC},
		{"signalling addend, 0×∞", mulAdd, 0, sNaN1, pZero, pInf, qNaN1, IOC},
		{"quiet addend, NaN×∞", mulAdd, 0, qNaN1, qNaN2, pInf, qNaN1, none},
		{"quiet addend, signalling factor", mulAdd, 0, qNaN1, one, sNaN2, qNaN2, IOC},
		{"addend first", mulAdd, 0, qNaN3, qNaN1, qNaN2, qNaN3, none},
		{"factor NaN, other factor 0", mulAdd, 0, one, pZero, qNaN2, qNaN2, none},
		{"1 + 0×∞", mulAdd, 0, one, pZero, pInf, dNaN, IOC},
		{"∞ − 1×∞", mulAdd, 0, pInf, nOne, pInf, dNaN, IOC},
		{"∞ + 1×∞", mulAdd, 0, pInf, one, pInf, pInf, none},
		{"1 − 1×∞", mulAdd, 0, one, nOne, pInf, nInf, none},
		{"max(+0, −0)", maxOf, 0, nZero, pZero, 0, pZero, none},
		{"max(−0, −0)", maxOf, 0, nZero, nZero, 0, nZero, none},
		{"min(+0, −0)", minOf, 0, pZero, nZero, 0, nZero, none},
		{"max flushes", maxOf, FZ, nOne, pDen | nZero, 0, nZero, IDC},
		{"max(NaN, 1)", maxOf, 0, qNaN1, one, 0, qNaN1, none},
		{"maxNM(NaN, 1)", maxNM, 0, qNaN1, one, 0, one, none},
		{"maxNM(1, NaN)", maxNM, 0, one, qNaN1, 0, one, none},
		{"maxNM(NaN, −∞)", maxNM, 0, qNaN1, nInf, 0, nInf, none},
		{"minNM(NaN, 1)", minNM, 0, qNaN1, one, 0, one, none},
		{"minNM(NaN, NaN)", minNM, 0, qNaN1, qNaN2, 0, qNaN1, none},
		{"minNM(NaN, signalling)", minNM, 0, qNaN2, sNaN1, 0, qNaN1, IOC},
		{"FRECPS 0×∞", step, 0, pZero, nInf, 0, two, none},
		{"FRECPS ∞×1", step, 0, pInf, one, 0, nInf, none},
		{"FRECPS 2 − 1×2", step, 0, one, two, 0, pZero, none},
		{"FRECPS 2 − 1×2, toward −∞", step, uint32(NegInf) << RModeShift, one, two, 0, nZero, none},
		{"FRECPS negates a NaN", step, 0, qNaN1, one, 0, qNaN1 &^ nZero, none},
		{"FRSQRTS 0×∞", rstep, 0, pZero, nInf, 0, 0x3ff8_0000_0000_0000, none},
		{"FRSQRTS 1×1", rstep, 0, one, one, 0, one, none},
		{"FRECPE ∞", est, 0, nInf, 0, 0, nZero, none},
		{"FRECPE 0", est, 0, nZero, 0, 0, nInf, DZC},
		{"FRECPE 1", est, 0, one, 0, 0, 0x3fef_f000_0000_0000, none},
		{"FRECPE overflow", est, 0, pDen, 0, 0, pInf, OFC | IXC},
		{"FRECPE overflow, toward 0", est, uint32(Zero) << RModeShift, pDen, 0, 0, pMax, OFC | IXC},
		{"FRECPE 2^-1024", est, 0, pMin / 4, 0, 0, 0x7fef_f000_0000_0000, none},
		{"FRECPE to a denormal", est, 0, pMax, 0, 0, 0x0004_0000_0000_0000, none},
		{"FRECPE flushed", est, FZ, 0x7fd0_0000_0000_0000, 0, 0, pZero, UFC},
		{"FRECPE flushed operand", est, FZ, pMin / 2, 0, 0, pInf, DZC | IDC},
		{"FRSQRTE 0", rest, 0, nZero, 0, 0, nInf, DZC},
		{"FRSQRTE −1", rest, 0, nOne, 0, 0, dNaN, IOC},
		{"FRSQRTE ∞", rest, 0, pInf, 0, 0, pZero, none},
		{"FRSQRTE 1", rest, 0, one, 0, 0, 0x3fef_f000_0000_0000, none},
		{"FRSQRTE smallest", rest, 0, pDen, 0, 0, 0x617f_f000_0000_0000, none},
		{"FRECPX 1", recpX, 0, one, 0, 0, two, none},
		{"FRECPX −0", recpX, 0, nZero, 0, 0, 0xffe0_0000_0000_0000, none},
		{"FRECPX ∞", recpX, 0, pInf, 0, 0, pZero, none},
		{"FRECPX denormal, FZ", recpX, FZ, pDen, 0, 0, 0x7fe0_0000_0000_0000, IDC},
		{"compare less", quiet, 0, nOne, one, 0, 0b1000, none},
		{"compare equal", quiet, 0, nZero, pZero, 0, 0b0110, none},
		{"compare greater", quiet, 0, one, nInf, 0, 0b0010, none},
		{"compare negative", quiet, 0, nTwo, nOne, 0, 0b1000, none},
		{"compare unordered", quiet, 0, qNaN1, one, 0, 0b0011, none},
		{"compare unordered, signalling NaN", quiet, 0, one, sNaN1, 0, 0b0011, IOC},
		{"compare unordered, signalling", signal, 0, qNaN1, one, 0, 0b0011, IOC},
		{"compare flushed", quiet, FZ, pDen, nZero, 0, 0b0110, IDC},
	}
	for _, tt := range tests {
		for _, sticky := range []uint32{0, IXC} {
			e := Env{FPCR: tt.fpcr, FPSR: sticky}
			got := tt.op(&e, tt.a, tt.b, tt.c)
			if got != tt.want || e.FPSR != tt.fpsr|sticky {
				t.Errorf("%s FPCR %08x (%016x, %016x, %016x) = %016x FPSR %02x, want %016x FPSR %02x",
					tt.name, tt.fpcr, tt.a, tt.b, tt.c, got, e.FPSR, tt.want, tt.fpsr|sticky)
			}
		}
	}
}

// TestSpecialConvert covers conversions of NaNs, infinities and limits of the formats.
func TestSpecialConvert(t *testing.T) {
	tests := []struct {
		to, from Format
		fpcr     uint32
		a, want  uint64
		fpsr     uint32
	}{
		{Single, Double, 0, sNaN1 | 0xabc<<32, 0xffc0_5<<12 | 0x5e0, IOC},
		{Double, Single, 0, 0x7fc0_0001, 0x7ff8_0000_2000_0000, 0},
		{Half, Double, 0, 0xfff8_0400_0000_0000, 0xfe01, 0},
		{Half, Double, DN, 0xfff8_0400_0000_0000, 0x7e00, 0},
		{Half, Double, AHP, 0xfff8_0400_0000_0000, 0x8000, IOC},
		{Half, Double, AHP | DN, 0x7ff8_0400_0000_0000, 0, IOC},
		{Half, Single, AHP, 0xff80_0000, 0xffff, IOC},
		{Half, Single, 0, 0xff80_0000, 0xfc00, 0},
		{Half, Single, AHP, 0x4800_0000, 0x7fff, IOC}, // 131072
		{Half, Single, AHP, 0x47ff_e000, 0x7fff, 0},   // 131008
		{Half, Single, 0, 0x477f_f000, 0x7c00, OFC | IXC},
		{Single, Half, AHP, 0x7c00, 0x4780_0000, 0}, // 65536
		{Single, Half, 0, 0x7c00, 0x7f80_0000, 0},
		{Single, Half, FZ, 0x0001, 0x3380_0000, 0},
		{Half, Single, FZ, 0x3380_0000, 0x0001, 0},
		{Half, Single, FZ, 0x0000_0001, 0x0000, IDC},
		{Double, Half, 0, 0xfd01, 0xfffc_0400_0000_0000, IOC},
	}
	for _, tt := range tests {
		e := Env{FPCR: tt.fpcr}
		if got := e.Convert(tt.to, tt.from, tt.a); got != tt.want || e.FPSR != tt.fpsr {
			t.Errorf("Convert %d->%d FPCR %08x %x = %x FPSR %02x, want %x FPSR %02x",
				tt.from, tt.to, tt.fpcr, tt.a, got, e.FPSR, tt.want, tt.fpsr)
		}
	}
}

// TestIntegerSaturation covers ToFixed outside its range.
func TestIntegerSaturation(t *testing.T) {
	s32, u32 := Fixed{Bits: 32}, Fixed{Bits: 32, Unsigned: true}
	s64, u64 := Fixed{Bits: 64}, Fixed{Bits: 64, Unsigned: true}
	tests := []struct {
		a    uint64
		t    Fixed
		rm   Rounding
		want uint64
		fpsr uint32
	}{
		{qNaN1, s32, Zero, 0, IOC},
		{pInf, s32, Zero, 0x7fff_ffff, IOC},
		{nInf, s32, Zero, 0x8000_0000, IOC},
		{nInf, u64, Zero, 0, IOC},
		{pInf, u64, Zero, 0xffff_ffff_ffff_ffff, IOC},
		{0x41df_ffff_ffe0_0000, s32, TieEven, 0x7fff_ffff, IOC}, // 2³¹ − 0.5
		{0x41df_ffff_ffe0_0000, s32, Zero, 0x7fff_ffff, IXC},
		{0xc1e0_0000_0010_0000, s32, TieAway, 0x8000_0000, IOC}, // −2³¹ − 0.5
		{0xc1e0_0000_0010_0000, s32, TieEven, 0x8000_0000, IXC},
		{0x43e0_0000_0000_0000, s64, Zero, 0x7fff_ffff_ffff_ffff, IOC},
		{0xc3e0_0000_0000_0000, s64, Zero, 0x8000_0000_0000_0000, 0},
		{0x43e0_0000_0000_0000, u64, Zero, 0x8000_0000_0000_0000, 0},
		{0xbfe0_0000_0000_0000, u32, TieEven, 0, IXC}, // −0.5
		{0xbfe0_0000_0000_0000, u32, TieAway, 0, IOC},
		{0xbfe0_0000_0000_0000, u32, NegInf, 0, IOC},
		{0xbfe0_0000_0000_0000, s32, NegInf, 0xffff_ffff, IXC},
	}
	for _, tt := range tests {
		var e Env
		if got := e.ToFixed(Double, tt.a, tt.t, tt.rm); got != tt.want || e.FPSR != tt.fpsr {
			t.Errorf("ToFixed %016x %+v mode %d = %x FPSR %02x, want %x FPSR %02x",
				tt.a, tt.t, tt.rm, got, e.FPSR, tt.want, tt.fpsr)
		}
	}
}
