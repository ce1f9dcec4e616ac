package fp

import (
	"math/big"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp/fptest"
)

// TestOrder compares comparisons, maximum and minimum of finite operands with the rational reference.
func TestOrder(t *testing.T) {
	for _, f := range []Format{Single, Double} {
		o := fptest.New(f.Width(), 5)
		for k := range rounds(20_000) {
			a, b := o.Next(), o.Next()
			if o.IntN(8) == 0 {
				b = a
			}
			fpcr := uint32(k&1) << 24
			want := Env{FPCR: fpcr}
			x, nx := refUnpack(&want, f, a)
			y, ny := refUnpack(&want, f, b)
			if x == nil || y == nil {
				continue
			}
			c := x.Cmp(y)
			flags := map[int]uint8{-1: 0b1000, 0: 0b0110, 1: 0b0010}[c]
			testOrder(t, f, a, b, want, c, flags)

			maximum, minimum := x, y
			if c < 0 {
				maximum, minimum = y, x
			}
			both, either := nx && ny, nx || ny // for two zeros
			if maximum.Sign() == 0 && c != 0 {
				both = maximum == x && nx || maximum == y && ny
			}
			if minimum.Sign() == 0 && c != 0 {
				either = minimum == x && nx || minimum == y && ny
			}
			testMaxMin(t, f, a, b, want, maximum, minimum, both, either)
		}
	}
}

func testOrder(t *testing.T, f Format, a, b uint64, want Env, c int, flags uint8) {
	t.Helper()
	got := Env{FPCR: want.FPCR}
	nzcv := got.Compare(f, a, b, true)
	eq, ge, gt := got.CompareEQ(f, a, b), got.CompareGE(f, a, b), got.CompareGT(f, a, b)
	if nzcv != flags || eq != (c == 0) || ge != (c >= 0) || gt != (c > 0) || got != want {
		t.Fatalf("format %d FPCR %08x (%x, %x): Compare %04b EQ %t GE %t GT %t FPSR %02x, want order %d FPSR %02x",
			f, want.FPCR, a, b, nzcv, eq, ge, gt, got.FPSR, c, want.FPSR)
	}
}

func testMaxMin(t *testing.T, f Format, a, b uint64, want Env, maximum, minimum *big.Rat, maxNeg, minNeg bool) {
	t.Helper()
	got := Env{FPCR: want.FPCR}
	hi, lo := refRoundZero(&want, f, maximum, maxNeg), refRoundZero(&want, f, minimum, minNeg)
	for _, g := range []struct {
		name      string
		got, want uint64
	}{
		{"Max", got.Max(f, a, b), hi}, {"MaxNM", got.MaxNM(f, a, b), hi},
		{"Min", got.Min(f, a, b), lo}, {"MinNM", got.MinNM(f, a, b), lo},
	} {
		if g.got != g.want || got != want {
			t.Fatalf("%s format %d FPCR %08x (%x, %x) = %x FPSR %02x, want %x FPSR %02x",
				g.name, f, want.FPCR, a, b, g.got, got.FPSR, g.want, want.FPSR)
		}
	}
}

// TestEstimates checks that estimates have eight bits and are as near as the manual promises.
func TestEstimates(t *testing.T) {
	limit := pow2(-8)
	for _, f := range []Format{Single, Double} {
		l := f.layout()
		o := fptest.New(f.Width(), 6)
		for range 20000 {
			a := o.Power(o.IntN(200)-100) | o.Uint64()&l.fracMask()
			var e Env
			x, _ := refUnpack(&e, f, a)
			recip, root := e.RecipEstimate(f, a), e.RSqrtEstimate(f, a)
			if (recip|root)&(l.fracMask()>>8) != 0 {
				t.Fatalf("estimates of %x are %x and %x: more than eight bits", a, recip, root)
			}
			r, _ := refUnpack(&e, f, recip)
			err := new(big.Rat).Sub(product(r, x), big.NewRat(1, 1))
			if err.Abs(err).Cmp(limit) > 0 {
				t.Fatalf("RecipEstimate(%x) = %x: relative error %v", a, recip, err.FloatString(6))
			}
			r, _ = refUnpack(&e, f, root)
			err = new(big.Rat).Sub(product(product(r, r), x), big.NewRat(1, 1))
			if err.Abs(err).Cmp(product(limit, big.NewRat(2, 1))) > 0 || e.FPSR != 0 {
				t.Fatalf("RSqrtEstimate(%x) = %x FPSR %02x: squared relative error %v", a, root, e.FPSR, err.FloatString(6))
			}
		}
	}
}

// TestUnsignedEstimates compares URECPE and URSQRTE with values worked out from the manual's RecipEstimate and
// RecipSqrtEstimate.
func TestUnsignedEstimates(t *testing.T) {
	tests := []struct{ a, recip, root uint32 }{
		{0x0000_0000, 0xffff_ffff, 0xffff_ffff},
		{0x3fff_ffff, 0xffff_ffff, 0xffff_ffff},
		{0x4000_0000, 0xffff_ffff, 0xff80_0000},
		{0x7fff_ffff, 0xffff_ffff, 0xb500_0000},
		{0x8000_0000, 0xff80_0000, 0xb480_0000},
		{0xffff_ffff, 0x8000_0000, 0x8000_0000},
	}
	for _, tt := range tests {
		if r, s := UnsignedRecipEstimate(tt.a), UnsignedRSqrtEstimate(tt.a); r != tt.recip || s != tt.root {
			t.Errorf("estimates of %08x: %08x and %08x, want %08x and %08x", tt.a, r, s, tt.recip, tt.root)
		}
	}
}
