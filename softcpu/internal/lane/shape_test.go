package lane

import (
	"math/rand/v2"
	"testing"
)

// elements cuts words into lanes, those of the first word first.
func elements(size int, words ...uint64) (e []uint64) {
	for _, w := range words {
		for i := 0; i < 64; i += 8 << size {
			e = append(e, w>>i&(1<<(8<<size)-1))
		}
	}
	return e
}

// join is the inverse, for one word.
func join(size int, e []uint64) (w uint64) {
	for i, x := range e {
		w |= x << (i * 8 << size)
	}
	return w
}

func check(t *testing.T, what string, size int, a, b, got, want uint64) {
	t.Helper()
	if got != want {
		t.Errorf("%s, size %d, of %016x, %016x: got %016x, want %016x", what, size, a, b, got, want)
	}
}

// TestShapes compares the functions that move lanes, or change their width, with loops over
// the elements.
func TestShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for size := range 3 {
		w := 8 << size
		lanes := 64 / w
		for range 300 {
			a, b := randomLanes(r, w), randomLanes(r, w)
			x, y := elements(size, a), elements(size, b)
			all := append(append([]uint64{}, x...), y...)
			var even, odd, zip, trn1, trn2, zero, sign, sums, signedSums []uint64
			for i := range lanes {
				even, odd = append(even, all[2*i]), append(odd, all[2*i+1])
				zip = append(zip, x[i], y[i])
				zero = append(zero, x[i])
				sign = append(sign, uint64(signExtend(x[i], w))&Mask(size+1))
			}
			for i := 0; i < lanes; i += 2 {
				trn1, trn2 = append(trn1, x[i], y[i]), append(trn2, x[i+1], y[i+1])
				sums = append(sums, x[i]+x[i+1])
				signedSums = append(signedSums, uint64(signExtend(x[i], w)+signExtend(x[i+1], w))&Mask(size+1))
			}
			check(t, "Even", size, a, b, Even(a, b, size), join(size, even))
			check(t, "Odd", size, a, b, Odd(a, b, size), join(size, odd))
			check(t, "TRN1", size, a, b, TRN1(a, b, size), join(size, trn1))
			check(t, "TRN2", size, a, b, TRN2(a, b, size), join(size, trn2))
			check(t, "UADDLP", size, a, b, UADDLP(a, size), join(size+1, sums))
			check(t, "SADDLP", size, a, b, SADDLP(a, size), join(size+1, signedSums))
			lo, hi := Zip(a, b, size)
			check(t, "Zip, low", size, a, b, lo, join(size, zip[:lanes]))
			check(t, "Zip, high", size, a, b, hi, join(size, zip[lanes:]))
			lo, hi = WidenU(a, size)
			check(t, "WidenU, low", size, a, b, lo, join(size+1, zero[:lanes/2]))
			check(t, "WidenU, high", size, a, b, hi, join(size+1, zero[lanes/2:]))
			lo, hi = WidenS(a, size)
			check(t, "WidenS, low", size, a, b, lo, join(size+1, sign[:lanes/2]))
			check(t, "WidenS, high", size, a, b, hi, join(size+1, sign[lanes/2:]))
		}
	}
}

// TestNarrow compares the narrowing functions with their definition, element by
// element.
func TestNarrow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	functions := []struct {
		name string
		f    func(lo, hi uint64, size int) (r, q uint64)
		one  func(x int64, u uint64, size int) uint64
	}{
		{"XTN", XTN, func(_ int64, u uint64, size int) uint64 { return u & Mask(size) }},
		{"UQXTN", UQXTN, func(_ int64, u uint64, size int) uint64 { return min(u, Mask(size)) }},
		{"SQXTUN", SQXTUN, func(x int64, _ uint64, size int) uint64 { return uint64(max(0, min(x, int64(Mask(size))))) }},
		{"SQXTN", SQXTN, func(x int64, _ uint64, size int) uint64 {
			top := int64(Mask(size) >> 1)
			return uint64(max(^top, min(x, top))) & Mask(size)
		}},
	}
	for size := range 3 {
		for range 1000 {
			lo, hi := randomLanes(r, 16<<size), randomLanes(r, 16<<size)
			for _, f := range functions {
				var want []uint64
				saturated := false
				for _, u := range elements(size+1, lo, hi) {
					x := signExtend(u, 16<<size)
					y := f.one(x, u, size)
					want = append(want, y)
					if back := signExtend(y, 8<<size); f.name == "SQXTN" {
						saturated = saturated || back != x
					} else if f.name != "XTN" {
						saturated = saturated || y != u
					}
				}
				got, q := f.f(lo, hi, size)
				check(t, f.name, size, lo, hi, got, join(size, want))
				if (q != 0) != saturated {
					t.Errorf("%s, size %d, of %016x, %016x: saturated %v, want %v", f.name, size, lo, hi, q != 0, saturated)
				}
			}
		}
	}
}

// TestDoublingLong takes one wide element: the product of the extreme values,
// and sums at the edge.
func TestDoublingLong(t *testing.T) {
	const lowest, highest = 1 << 63, 1<<63 - 1
	const low32 = 0xffff_ffff_8000_0000
	for _, c := range []struct {
		name    string
		f       func(d, a, b uint64, size int) (r, q uint64)
		d, a, b uint64
		want    uint64
		q       bool
	}{
		{"SQDMLAL", SQDMLAL, 0, low32, low32, highest, true},
		{"SQDMLAL", SQDMLAL, 1, low32, low32, highest, true},
		{"SQDMLAL", SQDMLAL, ^uint64(0), low32, low32, highest - 1, true}, // the product saturates first
		{"SQDMLAL", SQDMLAL, 5, 3, 4, 29, false},
		{"SQDMLAL", SQDMLAL, highest, 1, 1, highest, true},
		{"SQDMLAL", SQDMLAL, highest - 2, 1, 1, highest, false},
		{"SQDMLSL", SQDMLSL, 0, low32, low32, lowest + 1, true},
		{"SQDMLSL", SQDMLSL, lowest, 1, 1, lowest, true},
		{"SQDMLSL", SQDMLSL, lowest + 2, 1, 1, lowest, false},
	} {
		if got, q := c.f(c.d, c.a, c.b, 3); got != c.want || (q != 0) != c.q {
			t.Errorf("%s of d %#x, %#x, %#x: got %#x, saturated %v; want %#x, %v", c.name, c.d, c.a, c.b, got, q != 0, c.want, c.q)
		}
	}
}

func TestBits(t *testing.T) {
	const x = 0x0123_4567_89ab_cdef
	for _, c := range []struct {
		name string
		got  uint64
		want uint64
	}{
		{"CNT", CNT(x, 0), 0x0103_0305_0305_0507},
		{"Not", Not(x, 0), 0xfedc_ba98_7654_3210},
		{"RBIT", RBIT(x, 0), 0x80c4_a2e6_91d5_b3f7},
		{"REV16, bytes", REV16(x, 0), 0x2301_6745_ab89_efcd},
		{"REV32, bytes", REV32(x, 0), 0x6745_2301_efcd_ab89},
		{"REV32, halfwords", REV32(x, 1), 0x4567_0123_cdef_89ab},
		{"REV64, bytes", REV64(x, 0), 0xefcd_ab89_6745_2301},
		{"REV64, halfwords", REV64(x, 1), 0xcdef_89ab_4567_0123},
		{"REV64, words", REV64(x, 2), 0x89ab_cdef_0123_4567},
		{"Dup, byte", Dup(x, 0), 0xefef_efef_efef_efef},
		{"Dup, word", Dup(x, 2), 0x89ab_cdef_89ab_cdef},
	} {
		if c.got != c.want {
			t.Errorf("%s of %#x: got %016x, want %016x", c.name, uint64(x), c.got, c.want)
		}
	}
}

// TestPolynomials compares carry-less products with a shift for each term.
func TestPolynomials(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 2000 {
		a, b := randomLanes(r, 64), randomLanes(r, 64)
		var lo, hi uint64
		for i := range 64 {
			if b>>i&1 != 0 {
				lo ^= a << i
				hi ^= a >> (64 - i)
			}
		}
		if gotLo, gotHi := ClMul(a, b); gotLo != lo || gotHi != hi {
			t.Fatalf("ClMul(%#x, %#x) = %016x_%016x, want %016x_%016x", a, b, gotHi, gotLo, hi, lo)
		}
		want := make([]uint64, 8)
		x, y := elements(0, a), elements(0, b)
		for i := range want {
			p, _ := ClMul(x[i], y[i])
			want[i] = p & 0xff
		}
		check(t, "PMUL", 0, a, b, PMUL(a, b, 0), join(0, want))
		p, _ := ClMul(a&0xff, b&0xff)
		check(t, "PMUL", 1, a, b, PMUL(a&0xff, b&0xff, 1), p)
	}
	if lo, hi := ClMul(^uint64(0), ^uint64(0)); lo != 0x5555_5555_5555_5555 || hi != lo {
		t.Errorf("ClMul of all ones: got %016x_%016x, want only even terms", hi, lo)
	}
}
