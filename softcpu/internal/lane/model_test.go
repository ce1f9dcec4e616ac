package lane

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// A model computes one element with unlimited size, like the pseudocode of DDI 0487 C7. The
// test then truncates or saturates the result.
type model func(d, x, y *big.Int, bits int) *big.Int

// result says what happens to a model's result that does not fit.
type result int

const (
	cut result = iota
	saturateSigned
	saturateUnsigned
)

// operation is a function of this package in its most general form.
type operation func(d, a, b uint64, size int) (r, q uint64)

func two(f func(a, b uint64, size int) uint64) operation {
	return func(_, a, b uint64, size int) (r, q uint64) { return f(a, b, size), 0 }
}

func three(f func(d, a, b uint64, size int) uint64) operation {
	return func(d, a, b uint64, size int) (r, q uint64) { return f(d, a, b, size), 0 }
}

func twoQ(f func(a, b uint64, size int) (r, q uint64)) operation {
	return func(_, a, b uint64, size int) (r, q uint64) { return f(a, b, size) }
}

func oneQ(f func(a uint64, size int) (r, q uint64)) operation {
	return func(_, a, _ uint64, size int) (r, q uint64) { return f(a, size) }
}

func one(f func(a uint64, size int) uint64) operation {
	return func(_, a, _ uint64, size int) (r, q uint64) { return f(a, size), 0 }
}

// by is the form with an immediate amount from 1 to the width, taken from b.
func by(f func(d, a uint64, n, size int) uint64) operation {
	return func(d, a, b uint64, size int) (r, q uint64) { return f(d, a, rightAmount(b, 8<<size), size), 0 }
}

func rightAmount(b uint64, bits int) int { return int(b%uint64(bits)) + 1 }

func amountOf(y *big.Int, bits int) int {
	low := new(big.Int).And(y, big.NewInt(255)) // every width divides 256
	return rightAmount(low.Uint64(), bits)
}

// Bits that say which operands are signed numbers.
const (
	unsigned = 0
	signedD  = 1
	signedX  = 2
	signedY  = 4
	signed   = signedD | signedX | signedY
)

var models = []struct {
	name   string
	amount bool // b is an immediate, the same in every lane
	sizes  []int
	f      operation
	signs  int
	as     result
	model  model
}{
	{"Add", false, all, two(Add), unsigned, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(x, y) }},
	{"Sub", false, all, two(Sub), unsigned, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Sub(x, y) }},
	{"Mul", false, all, two(Mul), unsigned, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Mul(x, y) }},
	{"MLA", false, all, three(MLA), unsigned, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(d, x.Mul(x, y)) }},
	{"MLS", false, all, three(MLS), unsigned, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Sub(d, x.Mul(x, y)) }},
	{"Neg", false, all, one(Neg), signed, cut, func(d, x, _ *big.Int, _ int) *big.Int { return d.Neg(x) }},
	{"Abs", false, all, one(Abs), signed, cut, func(d, x, _ *big.Int, _ int) *big.Int { return d.Abs(x) }},
	{"SHADD", false, all, two(SHADD), signed, cut, halved(1, 0)},
	{"UHADD", false, all, two(UHADD), unsigned, cut, halved(1, 0)},
	{"SRHADD", false, all, two(SRHADD), signed, cut, halved(1, 1)},
	{"URHADD", false, all, two(URHADD), unsigned, cut, halved(1, 1)},
	{"SHSUB", false, all, two(SHSUB), signed, cut, halved(-1, 0)},
	{"UHSUB", false, all, two(UHSUB), unsigned, cut, halved(-1, 0)},

	{"SMAX", false, all, two(SMAX), signed, cut, greatest},
	{"UMAX", false, all, two(UMAX), unsigned, cut, greatest},
	{"SMIN", false, all, two(SMIN), signed, cut, least},
	{"UMIN", false, all, two(UMIN), unsigned, cut, least},
	{"SABD", false, all, two(SABD), signed, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Abs(d.Sub(x, y)) }},
	{"UABD", false, all, two(UABD), unsigned, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Abs(d.Sub(x, y)) }},
	{"SABA", false, all, three(SABA), signed, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(d, x.Abs(x.Sub(x, y))) }},
	{"UABA", false, all, three(UABA), unsigned, cut, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(d, x.Abs(x.Sub(x, y))) }},
	{"CMEQ", false, all, two(CMEQ), unsigned, cut, test(func(x, y *big.Int) bool { return x.Cmp(y) == 0 })},
	{"CMGT", false, all, two(CMGT), signed, cut, test(func(x, y *big.Int) bool { return x.Cmp(y) > 0 })},
	{"CMHI", false, all, two(CMHI), unsigned, cut, test(func(x, y *big.Int) bool { return x.Cmp(y) > 0 })},
	{"CMGE", false, all, two(CMGE), signed, cut, test(func(x, y *big.Int) bool { return x.Cmp(y) >= 0 })},
	{"CMHS", false, all, two(CMHS), unsigned, cut, test(func(x, y *big.Int) bool { return x.Cmp(y) >= 0 })},
	{"CMTST", false, all, two(CMTST), unsigned, cut, test(func(x, y *big.Int) bool { return x.And(x, y).Sign() != 0 })},

	{"SQADD", false, all, twoQ(SQADD), signed, saturateSigned, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(x, y) }},
	{"UQADD", false, all, twoQ(UQADD), unsigned, saturateUnsigned, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(x, y) }},
	{"SQSUB", false, all, twoQ(SQSUB), signed, saturateSigned, func(d, x, y *big.Int, _ int) *big.Int { return d.Sub(x, y) }},
	{"UQSUB", false, all, twoQ(UQSUB), unsigned, saturateUnsigned, func(d, x, y *big.Int, _ int) *big.Int { return d.Sub(x, y) }},
	{"SUQADD", false, all, twoQ(SUQADD), signedX, saturateSigned, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(x, y) }},
	{"USQADD", false, all, twoQ(USQADD), signedY, saturateUnsigned, func(d, x, y *big.Int, _ int) *big.Int { return d.Add(x, y) }},
	{"SQNEG", false, all, oneQ(SQNEG), signed, saturateSigned, func(d, x, _ *big.Int, _ int) *big.Int { return d.Neg(x) }},
	{"SQABS", false, all, oneQ(SQABS), signed, saturateSigned, func(d, x, _ *big.Int, _ int) *big.Int { return d.Abs(x) }},
	{"SQDMULH", false, []int{1, 2}, twoQ(SQDMULH), signed, saturateSigned, doubledHigh(0)},
	{"SQRDMULH", false, []int{1, 2}, twoQ(SQRDMULH), signed, saturateSigned, doubledHigh(1)},

	{"SSHL", false, all, two(SSHL), signed, cut, shifted(0)},
	{"USHL", false, all, two(USHL), unsigned, cut, shifted(0)},
	{"SRSHL", false, all, two(SRSHL), signed, cut, shifted(1)},
	{"URSHL", false, all, two(URSHL), unsigned, cut, shifted(1)},
	{"SQSHL", false, all, twoQ(SQSHL), signed, saturateSigned, shifted(0)},
	{"UQSHL", false, all, twoQ(UQSHL), unsigned, saturateUnsigned, shifted(0)},
	{"SQRSHL", false, all, twoQ(SQRSHL), signed, saturateSigned, shifted(1)},
	{"UQRSHL", false, all, twoQ(UQRSHL), unsigned, saturateUnsigned, shifted(1)},

	{"SSHR", true, all, by(noD(SSHR)), signed, cut, shiftedRight(0, 0)},
	{"USHR", true, all, by(noD(USHR)), unsigned, cut, shiftedRight(0, 0)},
	{"SRSHR", true, all, by(noD(SRSHR)), signed, cut, shiftedRight(1, 0)},
	{"URSHR", true, all, by(noD(URSHR)), unsigned, cut, shiftedRight(1, 0)},
	{"SSRA", true, all, by(SSRA), signed, cut, shiftedRight(0, 1)},
	{"USRA", true, all, by(USRA), unsigned, cut, shiftedRight(0, 1)},
	{"SRSRA", true, all, by(SRSRA), signed, cut, shiftedRight(1, 1)},
	{"URSRA", true, all, by(URSRA), unsigned, cut, shiftedRight(1, 1)},
	{"SRI", true, all, by(SRI), unsigned, cut, inserted(func(x *big.Int, n, _ int) { x.Rsh(x, uint(n)) })},
	{"SLI", true, all, by(func(d, a uint64, n, size int) uint64 { return SLI(d, a, n-1, size) }), unsigned, cut,
		inserted(func(x *big.Int, n, _ int) { x.Lsh(x, uint(n-1)) })},
	{"SHL", true, all, by(noD(func(a uint64, n, size int) uint64 { return SHL(a, n-1, size) })), unsigned, cut,
		func(d, x, y *big.Int, bits int) *big.Int { return d.Lsh(x, uint(amountOf(y, bits)-1)) }},

	{"CLZ", false, all, one(CLZ), unsigned, cut, func(d, x, _ *big.Int, bits int) *big.Int { return d.SetInt64(int64(bits - x.BitLen())) }},
	{"CLS", false, all, one(CLS), signed, cut, func(d, x, _ *big.Int, bits int) *big.Int {
		if x.Sign() < 0 {
			x.Not(x)
		}
		return d.SetInt64(int64(bits - 1 - x.BitLen()))
	}},
}

var all = []int{0, 1, 2, 3}

func noD(f func(a uint64, n, size int) uint64) func(d, a uint64, n, size int) uint64 {
	return func(_, a uint64, n, size int) uint64 { return f(a, n, size) }
}

func halved(sign, round int64) model {
	return func(d, x, y *big.Int, _ int) *big.Int {
		d.Mul(y, big.NewInt(sign))
		return d.Rsh(d.Add(d.Add(d, x), big.NewInt(round)), 1)
	}
}

func greatest(_, x, y *big.Int, _ int) *big.Int {
	if x.Cmp(y) >= 0 {
		return x
	}
	return y
}

func least(_, x, y *big.Int, _ int) *big.Int {
	if x.Cmp(y) <= 0 {
		return x
	}
	return y
}

func test(holds func(x, y *big.Int) bool) model {
	return func(d, x, y *big.Int, _ int) *big.Int {
		if holds(x, y) {
			return d.SetInt64(-1)
		}
		return d.SetInt64(0)
	}
}

func doubledHigh(round int64) model {
	return func(d, x, y *big.Int, bits int) *big.Int {
		d.Mul(x, y).Lsh(d, 1)
		d.Add(d, new(big.Int).Lsh(big.NewInt(round), uint(bits-1)))
		return d.Rsh(d, uint(bits))
	}
}

// shifted takes the amount from the low byte of y.
func shifted(round int64) model {
	return func(d, x, y *big.Int, _ int) *big.Int {
		n := int(int8(new(big.Int).And(y, big.NewInt(255)).Uint64()))
		if n >= 0 {
			return d.Lsh(x, uint(n))
		}
		half := new(big.Int).Lsh(big.NewInt(round), uint(-n-1))
		return d.Rsh(d.Add(x, half), uint(-n))
	}
}

// shiftedRight adds d if accumulate is 1.
func shiftedRight(round, accumulate int64) model {
	return func(d, x, y *big.Int, bits int) *big.Int {
		n := uint(amountOf(y, bits))
		half := new(big.Int).Lsh(big.NewInt(round), n-1)
		x.Rsh(x.Add(x, half), n)
		return d.Add(d.Mul(d, big.NewInt(accumulate)), x)
	}
}

// inserted shifts a mask of ones like x. Outside of the mask d keeps its bits.
func inserted(shift func(x *big.Int, n, bits int)) model {
	return func(d, x, y *big.Int, bits int) *big.Int {
		ones := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(bits)), big.NewInt(1))
		n := amountOf(y, bits)
		shift(ones, n, bits)
		shift(x, n, bits)
		return d.Or(d.AndNot(d, ones), x)
	}
}

// operand returns lane i of a as a number.
func operand(a uint64, i, bits int, signed bool) *big.Int {
	x := a >> i & (1<<bits - 1)
	if signed {
		return big.NewInt(int64(x<<(64-bits)) >> (64 - bits))
	}
	return new(big.Int).SetUint64(x)
}

// fit returns the low bits of x after saturation.
func fit(x *big.Int, bits int, as result) (r uint64, q bool) {
	lowest, highest := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(bits))
	if as == saturateSigned {
		highest.Rsh(highest, 1)
		lowest.Neg(highest)
	}
	highest.Sub(highest, big.NewInt(1))
	if as != cut && x.Cmp(lowest) < 0 {
		x, q = lowest, true
	}
	if as != cut && x.Cmp(highest) > 0 {
		x, q = highest, true
	}
	all := new(big.Int).SetUint64(1<<bits - 1)
	return new(big.Int).And(x, all).Uint64(), q
}

func TestModels(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, m := range models {
		for _, size := range m.sizes {
			bits := 8 << size
			for range 300 {
				d, a, b := randomLanes(r, bits), randomLanes(r, bits), randomLanes(r, bits)
				if m.amount {
					b = Dup(b, size)
				}
				var want uint64
				var wantQ bool
				for i := 0; i < 64; i += bits {
					x := m.model(operand(d, i, bits, m.signs&signedD != 0), operand(a, i, bits, m.signs&signedX != 0),
						operand(b, i, bits, m.signs&signedY != 0), bits)
					w, q := fit(x, bits, m.as)
					want |= w << i
					wantQ = wantQ || q
				}
				got, q := m.f(d, a, b, size)
				if got != want || (q != 0) != wantQ {
					t.Fatalf("%s, %d bits, of d %016x, a %016x, b %016x: got %016x, saturated %v; want %016x, %v",
						m.name, bits, d, a, b, got, q != 0, want, wantQ)
				}
			}
		}
	}
}

// randomLanes returns lanes whose values are often extreme or small.
func randomLanes(r *rand.Rand, bits int) (x uint64) {
	for i := 0; i < 64; i += bits {
		var lane uint64
		switch r.IntN(6) {
		case 0:
			lane = 1 << (bits - 1)
		case 1:
			lane = 1<<(bits-1) - 1
		case 2:
			lane = 1<<r.IntN(bits) - 1
		case 3, 4:
			lane = uint64(r.IntN(2*bits+3) - bits - 1)
		default:
			lane = r.Uint64()
		}
		x |= (lane & (1<<bits - 1)) << i
	}
	return x
}
