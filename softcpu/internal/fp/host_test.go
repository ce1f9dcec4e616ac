package fp

import (
	"math"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp/fptest"
)

// hostOps pairs operations with the host's arithmetic.
var hostOps = []struct {
	name   string
	op     func(e *Env, f Format, a, b, c uint64) uint64
	double func(a, b, c float64) float64
	single func(a, b, c float32) float32 // nil: not correctly rounded by the host
}{
	{"Add", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Add(f, a, b) },
		func(a, b, _ float64) float64 { return a + b }, func(a, b, _ float32) float32 { return a + b }},
	{"Sub", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Sub(f, a, b) },
		func(a, b, _ float64) float64 { return a - b }, func(a, b, _ float32) float32 { return a - b }},
	{"Mul", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Mul(f, a, b) },
		func(a, b, _ float64) float64 { return a * b }, func(a, b, _ float32) float32 { return a * b }},
	{"Div", func(e *Env, f Format, a, b, _ uint64) uint64 { return e.Div(f, a, b) },
		func(a, b, _ float64) float64 { return a / b }, func(a, b, _ float32) float32 { return a / b }},
	{"Sqrt", func(e *Env, f Format, a, _, _ uint64) uint64 { return e.Sqrt(f, a) },
		func(a, _, _ float64) float64 { return math.Sqrt(a) },
		func(a, _, _ float32) float32 { return float32(math.Sqrt(float64(a))) }},
	{"MulAdd", func(e *Env, f Format, a, b, c uint64) uint64 { return e.MulAdd(f, a, b, c) },
		func(a, b, c float64) float64 { return math.FMA(b, c, a) }, nil},
	{"RoundInt", func(e *Env, f Format, a, _, _ uint64) uint64 { return e.RoundInt(f, a, TieEven, false) },
		func(a, _, _ float64) float64 { return math.RoundToEven(a) }, nil},
}

// TestHost compares results, rounded to nearest, with the host's: once by the software path, with IXC clear, and once
// by the host path.
func TestHost(t *testing.T) {
	n := rounds(200_000)
	for i, h := range hostOps {
		for _, f := range []Format{Single, Double} {
			if f == Single && h.single == nil {
				continue
			}
			o := fptest.New(f.Width(), uint64(i)+100)
			for range n {
				a, b, c := o.Next(), o.Next(), o.Next()
				var want uint64
				if f == Double {
					want = math.Float64bits(h.double(math.Float64frombits(a), math.Float64frombits(b), math.Float64frombits(c)))
				} else {
					want = uint64(math.Float32bits(h.single(math.Float32frombits(uint32(a)), math.Float32frombits(uint32(b)), math.Float32frombits(uint32(c)))))
				}
				if f.Abs(want) > f.layout().infinity(false) {
					continue // NaNs are the host's own
				}
				var soft Env
				got := h.op(&soft, f, a, b, c)
				host := Env{FPSR: IXC}
				if fast := h.op(&host, f, a, b, c); got != want || fast != want || host.FPSR != soft.FPSR|IXC {
					t.Fatalf("%s format %d (%x, %x, %x) = %x FPSR %02x, with IXC set %x FPSR %02x, want %x",
						h.name, f, a, b, c, got, soft.FPSR, fast, host.FPSR, want)
				}
			}
		}
	}
}

// TestHostMulAddSingle compares both paths of the fused operation for sums near a tie, where rounding twice is wrong.
func TestHostMulAddSingle(t *testing.T) {
	o := fptest.New(32, 9)
	for range 200_000 {
		a, b, c := o.Next(), o.Next(), o.Next()
		if o.IntN(2) == 0 { // addend and product 24 or so bits apart
			l := Single.layout()
			b = l.power(false, 0) | b&l.fracMask()&0x7ff800
			c = l.power(o.IntN(2) == 0, -24-o.IntN(8)) | c&l.fracMask()&(1<<o.IntN(12)-1)
			a = l.power(false, o.IntN(4)) | a&l.fracMask()
		}
		soft, host := Env{}, Env{FPSR: IXC}
		want, got := soft.MulAdd(Single, a, b, c), host.MulAdd(Single, a, b, c)
		if got != want || host.FPSR != soft.FPSR|IXC {
			t.Fatalf("MulAdd (%x, %x, %x) = %x FPSR %02x, software path %x FPSR %02x", a, b, c, got, host.FPSR, want, soft.FPSR)
		}
	}
}

var sink uint64

func BenchmarkOps(b *testing.B) {
	x, y := math.Float64bits(1.1), math.Float64bits(3.3)
	for _, h := range hostOps {
		for _, path := range []struct {
			name string
			env  Env
		}{{"software", Env{FPCR: uint32(Zero) << RModeShift, FPSR: IXC}}, {"host", Env{FPSR: IXC}}} {
			b.Run(h.name+"/"+path.name, func(b *testing.B) {
				b.ReportAllocs()
				e := path.env
				for range b.N {
					sink = h.op(&e, Double, x, y, x)
				}
			})
		}
	}
}
