package vec

import (
	"math"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
)

// BenchmarkFP measures executors with IXC set, as it soon is in a program, and with IXC clear, which takes the software
// path.
func BenchmarkFP(b *testing.B) {
	words := []struct {
		text string
		word uint32
	}{
		{"fadd d0,d1,d2", 0x1e622820},
		{"fadd s0,s4,s5", 0x1e252880},
		{"fmul d0,d1,d2", 0x1e620820},
		{"fdiv d0,d1,d2", 0x1e621820},
		{"fmadd d0,d1,d2,d3", 0x1f420c20},
		{"fmadd s0,s4,s5,s6", 0x1f051880},
		{"fsqrt d0,d1", 0x1e61c020},
		{"fcmp d1,d2", 0x1e622020},
		{"fcsel d0,d1,d2,ne", 0x1e621c20},
		{"fmov d0,d1", 0x1e604020},
		{"fmov x0,d1", 0x9e660020},
		{"fcvt s0,d1", 0x1e624020},
		{"fcvt d0,s4", 0x1e22c080},
		{"fcvtzs x0,d1", 0x9e780020},
		{"scvtf d0,x1", 0x9e620020},
		{"frintm d0,d1", 0x1e654020},
		{"fmax d0,d1,d2", 0x1e624820},
		{"fadd v0.2d,v1.2d,v2.2d", 0x4e62d420},
		{"fmla v0.4s,v4.4s,v5.4s", 0x4e25cc80},
		{"fcmgt v0.4s,v4.4s,v5.4s", 0x6ea5e480},
	}
	for _, w := range words {
		for _, env := range []struct {
			name string
			fp.Env
		}{{"host", fp.Env{FPSR: fp.IXC}}, {"soft", fp.Env{FPCR: fp.FZ, FPSR: fp.IXC}}} {
			b.Run(w.text+"/"+env.name, func(b *testing.B) {
				b.ReportAllocs()
				var s a64.State
				s.FP = env.Env
				s.X[1] = 12345
				for i := range 4 {
					d := math.Float64bits(1.1 + float64(i))
					s.V[i] = [2]uint64{d, d}
					f := uint64(math.Float32bits(1.1 + float32(i)))
					s.V[4+i] = [2]uint64{f<<32 | f, f<<32 | f}
				}
				op := a64.Decode(w.word)
				for b.Loop() {
					Exec[op.Code-a64.FirstVector](&s, &op)
				}
			})
		}
	}
}
