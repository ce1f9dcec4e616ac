package fp

import (
	"math/big"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp/fptest"
)

// The reference is the manual's pseudocode on exact rational numbers. It shares no code with the package.

func pow2(n int) *big.Rat {
	one := big.NewInt(1)
	if n < 0 {
		return new(big.Rat).SetFrac(one, new(big.Int).Lsh(one, uint(-n)))
	}
	return new(big.Rat).SetInt(new(big.Int).Lsh(one, uint(n)))
}

var shapes = map[Format]struct{ e, f uint }{Half: {5, 10}, Single: {8, 23}, Double: {11, 52}}

// refUnpack returns nil for infinities and NaNs.
func refUnpack(env *Env, f Format, a uint64) (v *big.Rat, neg bool) {
	s := shapes[f]
	neg = a>>(s.e+s.f)&1 == 1
	exp := int(a >> s.f & (1<<s.e - 1))
	frac := a & (1<<s.f - 1)
	bias := 1<<(s.e-1) - 1
	if exp == 1<<s.e-1 && (f != Half || env.FPCR>>26&1 == 0) {
		return nil, neg
	}
	if exp == 0 && f != Half && env.FPCR>>24&1 == 1 {
		if frac != 0 {
			env.FPSR |= 1 << 7
		}
		frac = 0
	}
	v = new(big.Rat).SetInt(new(big.Int).SetUint64(frac))
	if exp > 0 {
		v.Add(v, pow2(int(s.f)))
	} else {
		exp = 1
	}
	v.Mul(v, pow2(exp-bias-int(s.f)))
	if neg {
		v.Neg(v)
	}
	return v, neg
}

// floorAndError splits a non-negative value.
func floorAndError(v *big.Rat) (*big.Int, *big.Rat) {
	n := new(big.Int).Quo(v.Num(), v.Denom())
	return n, new(big.Rat).Sub(v, new(big.Rat).SetInt(n))
}

// refRound is FPRoundBase, for a value that is not zero.
func refRound(env *Env, f Format, v *big.Rat, rm Rounding) uint64 {
	s := shapes[f]
	neg := v.Sign() < 0
	sign := uint64(0)
	if neg {
		sign = 1 << (s.e + s.f)
	}
	m := new(big.Rat).Abs(v)
	minExp := 2 - 1<<(s.e-1)
	exp := m.Num().BitLen() - m.Denom().BitLen()
	if m.Cmp(pow2(exp)) < 0 {
		exp--
	}
	if env.FPCR>>24&1 == 1 && f != Half && exp < minExp {
		env.FPSR |= 1 << 3
		return sign
	}
	biased := max(exp-minExp+1, 0)
	if biased == 0 {
		m.Mul(m, pow2(-minExp))
	} else {
		m.Mul(m, pow2(-exp))
	}
	n, err := floorAndError(m.Mul(m, pow2(int(s.f))))
	if biased == 0 && err.Sign() != 0 {
		env.FPSR |= 1 << 3
	}
	half := err.Cmp(big.NewRat(1, 2))
	var up, toInf bool
	switch rm {
	case TieEven:
		up, toInf = half > 0 || half == 0 && n.Bit(0) == 1, true
	case PosInf:
		up, toInf = err.Sign() != 0 && !neg, !neg
	case NegInf:
		up, toInf = err.Sign() != 0 && neg, neg
	}
	mant := n.Uint64()
	if up {
		mant++
		if mant == 1<<s.f {
			biased = 1
		}
		if mant == 2<<s.f {
			biased++
			mant /= 2
		}
	}
	inexact := err.Sign() != 0
	if inexact && rm == Odd {
		mant |= 1
	}
	result := sign | uint64(biased)<<s.f | mant&(1<<s.f-1)
	if f == Half && env.FPCR>>26&1 == 1 {
		if biased >= 1<<s.e {
			env.FPSR |= 1 << 0
			return sign | 0x7fff
		}
	} else if biased >= 1<<s.e-1 {
		env.FPSR |= 1 << 2
		inexact = true
		result = sign | (1<<s.e-1)<<s.f
		if !toInf {
			result--
		}
	}
	if inexact {
		env.FPSR |= 1 << 4
	}
	return result
}

// refRoot returns √v with enough bits for any rounding. An odd last bit stands for the rest.
func refRoot(v *big.Rat) *big.Rat {
	const scale = 1400
	n, err := floorAndError(new(big.Rat).Mul(v, pow2(2*scale)))
	root := new(big.Int).Sqrt(n)
	exact := err.Sign() == 0 && new(big.Int).Mul(root, root).Cmp(n) == 0
	r := new(big.Rat).SetInt(root)
	if !exact {
		r.Add(r, big.NewRat(1, 2))
	}
	return r.Mul(r, pow2(-scale))
}

func refRoundZero(env *Env, f Format, v *big.Rat, negZero bool) uint64 {
	if v.Sign() != 0 {
		return refRound(env, f, v, Rounding(env.FPCR>>22&3))
	}
	if negZero {
		return 1 << (shapes[f].e + shapes[f].f)
	}
	return 0
}

type exactOp struct {
	name string
	got  func(e *Env, f Format, a, b, c uint64) uint64
	want func(x, y, z *big.Rat) *big.Rat // nil: special, not for this test
}

func sum(x, y *big.Rat) *big.Rat { return new(big.Rat).Add(x, y) }
func product(x, y *big.Rat) *big.Rat {
	return new(big.Rat).Mul(x, y)
}

var exactOps = []exactOp{
	{"Add", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Add(f, a, b) },
		func(x, y, _ *big.Rat) *big.Rat { return sum(x, y) }},
	{"Sub", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Sub(f, a, b) },
		func(x, y, _ *big.Rat) *big.Rat { return new(big.Rat).Sub(x, y) }},
	{"Mul", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Mul(f, a, b) },
		func(x, y, _ *big.Rat) *big.Rat { return product(x, y) }},
	{"MulX", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.MulX(f, a, b) },
		func(x, y, _ *big.Rat) *big.Rat { return product(x, y) }},
	{"Div", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Div(f, a, b) },
		func(x, y, _ *big.Rat) *big.Rat {
			if y.Sign() == 0 {
				return nil
			}
			return new(big.Rat).Quo(x, y)
		}},
	{"Sqrt", func(e *Env, f Format, a, _, _ uint64) uint64 { return e.Sqrt(f, a) },
		func(x, _, _ *big.Rat) *big.Rat {
			if x.Sign() < 0 {
				return nil
			}
			return refRoot(x)
		}},
	{"MulAdd", func(e *Env, f Format, a, b, c uint64) uint64 { return e.MulAdd(f, a, b, c) },
		func(x, y, z *big.Rat) *big.Rat { return sum(x, product(y, z)) }},
	{"RecipStep", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.RecipStep(f, a, b) },
		func(x, y, _ *big.Rat) *big.Rat { return new(big.Rat).Sub(big.NewRat(2, 1), product(x, y)) }},
	{"RSqrtStep", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.RSqrtStep(f, a, b) },
		func(x, y, _ *big.Rat) *big.Rat {
			return product(new(big.Rat).Sub(big.NewRat(3, 1), product(x, y)), big.NewRat(1, 2))
		}},
}

// zeroSign returns the sign of a result that is exactly zero, from the operands' bits.
func zeroSign(name string, nx, ny, nz, down bool, x, y, z *big.Rat) bool {
	switch name {
	case "Add", "Sub":
		if name == "Sub" {
			ny = !ny
		}
		if x.Sign() == 0 && y.Sign() == 0 && nx == ny {
			return nx
		}
		return down
	case "Mul", "MulX", "Div":
		return nx != ny
	case "Sqrt":
		return nx
	case "MulAdd":
		if x.Sign() == 0 && product(y, z).Sign() == 0 && nx == (ny != nz) {
			return nx
		}
		return down
	}
	return down
}

// rounds is how often to repeat something: n times, and a tenth of it in short mode.
func rounds(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// TestExact compares every operation of finite operands, in every mode, with the rational reference.
func TestExact(t *testing.T) {
	n := rounds(4000)
	for i, op := range exactOps {
		for _, f := range []Format{Single, Double} {
			o := fptest.New(f.Width(), uint64(i))
			for k := range n {
				fpcr := (uint32(k)&7)<<RModeShift | (uint32(k)>>3&1)<<25
				a, b, c := o.Next(), o.Next(), o.Next()
				want := Env{FPCR: fpcr}
				x, nx := refUnpack(&want, f, a)
				y, ny := big.NewRat(1, 1), false
				z, nz := big.NewRat(1, 1), false
				if op.name != "Sqrt" {
					y, ny = refUnpack(&want, f, b)
				}
				if op.name == "MulAdd" {
					z, nz = refUnpack(&want, f, c)
				}
				if x == nil || y == nil || z == nil {
					continue
				}
				v := op.want(x, y, z)
				if v == nil {
					continue
				}
				r := refRoundZero(&want, f, v, zeroSign(op.name, nx, ny, nz, want.Rounding() == NegInf, x, y, z))
				got := Env{FPCR: fpcr}
				if g := op.got(&got, f, a, b, c); g != r || got != want {
					t.Fatalf("%s format %d FPCR %08x (%x, %x, %x) = %x FPSR %02x, want %x FPSR %02x",
						op.name, f, fpcr, a, b, c, g, got.FPSR, r, want.FPSR)
				}
				got.FPSR = IXC // the host's turn, where it is allowed one
				want.FPSR |= IXC
				if g := op.got(&got, f, a, b, c); g != r || got != want {
					t.Fatalf("%s format %d FPCR %08x, IXC set (%x, %x, %x) = %x FPSR %02x, want %x FPSR %02x",
						op.name, f, fpcr, a, b, c, g, got.FPSR, r, want.FPSR)
				}
			}
		}
	}
}

// TestConvertExact narrows and widens finite values in every mode, alternative half precision and round to odd included.
func TestConvertExact(t *testing.T) {
	pairs := [][2]Format{{Single, Double}, {Half, Double}, {Half, Single}, {Double, Single}, {Double, Half}, {Single, Half}}
	for i, p := range pairs {
		to, from := p[0], p[1]
		o := fptest.New(from.Width(), uint64(i))
		for k := range rounds(20_000) {
			a := o.Next()
			if k&1 == 0 && to == Half && from != Half { // where half precision has its limits
				l := from.layout()
				exp := uint64(l.maxField/2 + o.IntN(48) - 28)
				a = a&l.sign(true) | exp<<l.fracBits | o.Uint64()&l.fracMask()&^(1<<(l.fracBits-12)-1)
			}
			fpcr := uint32(o.IntN(32)) << RModeShift
			want := Env{FPCR: fpcr}
			v, neg := refUnpack(&want, from, a)
			if v == nil {
				continue
			}
			odd := to == Single && from == Double && k&2 != 0
			rm := want.Rounding()
			if odd {
				rm = Odd
			}
			r := refRoundZero(&want, to, new(big.Rat), neg)
			if v.Sign() != 0 {
				r = refRound(&want, to, v, rm)
			}
			got := Env{FPCR: fpcr}
			var g uint64
			if odd {
				g = got.ConvertXN(a)
			} else {
				g = got.Convert(to, from, a)
			}
			if g != r || got != want {
				t.Fatalf("Convert %d->%d FPCR %08x odd %t %x = %x FPSR %02x, want %x FPSR %02x",
					from, to, fpcr, odd, a, g, got.FPSR, r, want.FPSR)
			}
		}
	}
}

// refInteger rounds v to an integer in the given direction.
func refInteger(v *big.Rat, rm Rounding) (n *big.Int, inexact bool) {
	n, err := floorAndError(new(big.Rat).Abs(v))
	half := err.Cmp(big.NewRat(1, 2))
	neg := v.Sign() < 0
	inexact = err.Sign() != 0
	switch {
	case rm == TieEven && (half > 0 || half == 0 && n.Bit(0) == 1),
		rm == TieAway && half >= 0,
		rm == PosInf && inexact && !neg,
		rm == NegInf && inexact && neg:
		n.Add(n, big.NewInt(1))
	}
	if neg {
		n.Neg(n)
	}
	return n, inexact
}

// TestIntegers checks rounding to integral values, and conversion to and from integers and fixed point.
func TestIntegers(t *testing.T) {
	for _, f := range []Format{Single, Double} {
		o := fptest.New(f.Width(), 7)
		for k := range rounds(30_000) {
			a := o.Next()
			env := Env{FPCR: uint32(o.IntN(16)) << RModeShift}
			rm := Rounding(o.IntN(5))
			fix := Fixed{Bits: 32 << o.IntN(2), Unsigned: k&1 == 0}
			if k&2 == 0 {
				fix.Fraction = uint(o.IntN(int(fix.Bits) + 1))
			}
			base := env
			v, neg := refUnpack(&base, f, a)
			if v == nil {
				continue
			}
			testRoundInt(t, env, base, f, a, v, neg, rm, k&4 != 0)
			testToFixed(t, env, base, f, a, v, rm, fix)
			testFromFixed(t, env, f, o.Integer(), fix)
		}
	}
}

func testRoundInt(t *testing.T, got, want Env, f Format, a uint64, v *big.Rat, neg bool, rm Rounding, exact bool) {
	t.Helper()
	fpcr := got.FPCR
	n, inexact := refInteger(v, rm)
	r := refRoundZero(&want, f, new(big.Rat).SetInt(n), neg)
	if inexact && exact {
		want.FPSR |= 1 << 4
	}
	if g := got.RoundInt(f, a, rm, exact); g != r || got != want {
		t.Fatalf("RoundInt format %d FPCR %08x mode %d exact %t %x = %x FPSR %02x, want %x FPSR %02x",
			f, fpcr, rm, exact, a, g, got.FPSR, r, want.FPSR)
	}
}

func testToFixed(t *testing.T, got, want Env, f Format, a uint64, v *big.Rat, rm Rounding, fix Fixed) {
	t.Helper()
	n, inexact := refInteger(product(v, pow2(int(fix.Fraction))), rm)
	lo, hi := new(big.Int), new(big.Int).Lsh(big.NewInt(1), fix.Bits)
	if !fix.Unsigned {
		hi.Rsh(hi, 1)
		lo.Neg(hi)
	}
	hi.Sub(hi, big.NewInt(1))
	switch {
	case n.Cmp(lo) < 0:
		n = lo
		want.FPSR |= 1 << 0
	case n.Cmp(hi) > 0:
		n = hi
		want.FPSR |= 1 << 0
	case inexact:
		want.FPSR |= 1 << 4
	}
	r := new(big.Int).And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), fix.Bits), big.NewInt(1))).Uint64()
	if g := got.ToFixed(f, a, fix, rm); g != r || got != want {
		t.Fatalf("ToFixed format %d FPCR %08x mode %d %+v %x = %x FPSR %02x, want %x FPSR %02x",
			f, got.FPCR, rm, fix, a, g, got.FPSR, r, want.FPSR)
	}
}

func testFromFixed(t *testing.T, got Env, f Format, a uint64, fix Fixed) {
	t.Helper()
	got.FPSR = 0
	want := got
	n := new(big.Int).SetUint64(a)
	n.And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), fix.Bits), big.NewInt(1)))
	if !fix.Unsigned && n.Bit(int(fix.Bits)-1) == 1 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), fix.Bits))
	}
	r := refRoundZero(&want, f, product(new(big.Rat).SetInt(n), pow2(-int(fix.Fraction))), false)
	if g := got.FromFixed(f, a, fix, got.Rounding()); g != r || got != want {
		t.Fatalf("FromFixed format %d FPCR %08x %+v %x = %x FPSR %02x, want %x FPSR %02x",
			f, got.FPCR, fix, a, g, got.FPSR, r, want.FPSR)
	}
}
