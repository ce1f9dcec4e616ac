package vec

import (
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/fp/fptest"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

var fpCases = flag.Int("fpcases", 2000, "cases of seven instructions for each comparison of floating point with QEMU")

// fpWords holds random words of each code.
type fpWords struct {
	codes []a64.Code
	words map[a64.Code][]uint32
}

// newFPWords collects words whose code lies from first to below end, drawn by next.
func newFPWords(first, end a64.Code, r *rand.Rand, next func(*rand.Rand) uint32) *fpWords {
	const enough = 200
	w := &fpWords{words: make(map[a64.Code][]uint32)}
	for range 4_000_000 {
		word := next(r)
		code := a64.Decode(word).Code
		if code < first || code >= end || len(w.words[code]) == enough {
			continue
		}
		if len(w.words[code]) == 0 {
			w.codes = append(w.codes, code)
		}
		w.words[code] = append(w.words[code], word)
	}
	return w
}

func (w *fpWords) next(r *rand.Rand) uint32 {
	words := w.words[w.codes[r.IntN(len(w.codes))]]
	return words[r.IntN(len(words))]
}

// The instructions between those under test. They read the flags of each, and set FPSR to X9.
const (
	mrsNZCV = 0xd53b4200 // mrs x0, nzcv
	mrsFPSR = 0xd53b4420 // mrs x0, fpsr
	msrFPSR = 0xd51b4429 // msr fpsr, x9
)

// fpCase returns seven instructions under test with corner-case operands.
func fpCase(slot int, w *fpWords, double, single, half *fptest.Operands) oracle.Case {
	r := double.Rand
	c := oracle.Case{In: oracle.State{PC: oracle.SlotPC(slot)}}
	for i := range uint32(7) {
		word := w.next(r)
		for word&31 == 9 {
			word = w.next(r)
		}
		c.Words = append(c.Words, word, mrsFPSR|10+i, mrsNZCV|20+i, msrFPSR)
	}
	c.In.FPCR = uint32(r.IntN(4)) << fp.RModeShift
	if r.IntN(2) == 0 {
		c.In.FPCR |= uint32(r.IntN(8)) << 24
	}
	c.In.FPSR = uint32(r.IntN(2)) * fp.IXC
	c.In.X[9] = uint64(c.In.FPSR)
	c.In.NZCV = r.Uint32() & 0xf000_0000
	for i := range 9 {
		c.In.X[i] = double.Integer()
	}
	for i := range c.In.V {
		for j := range c.In.V[i] {
			switch r.IntN(5) {
			case 0, 1:
				c.In.V[i][j] = double.Next()
			case 2, 3:
				c.In.V[i][j] = single.Next() | single.Next()<<32
			default:
				c.In.V[i][j] = half.Next() | half.Next()<<16 | half.Next()<<32 | half.Next()<<48
			}
		}
	}
	return c
}

// runFP executes a case of fpCase with this package.
func runFP(c *oracle.Case) oracle.Result {
	s := a64.State{V: c.In.V, FP: fp.Env{FPCR: c.In.FPCR, FPSR: c.In.FPSR}}
	copy(s.X[:], c.In.X[:])
	s.SetNZCV(c.In.NZCV)
	for _, w := range c.Words {
		switch {
		case w&^31 == mrsFPSR:
			s.X[w&31] = uint64(s.FP.FPSR)
		case w&^31 == mrsNZCV:
			s.X[w&31] = uint64(s.NZCV())
		case w == msrFPSR:
			s.FP.FPSR = uint32(s.X[9])
		default:
			op := a64.Decode(w)
			Exec[op.Code-a64.FirstVector](&s, &op)
		}
	}
	r := oracle.Result{State: c.In, Signal: oracle.SIGTRAP}
	copy(r.X[:], s.X[:31])
	r.V, r.FPSR, r.NZCV, r.PC = s.V, s.FP.FPSR, s.NZCV(), c.End()
	r.Mem = make([]byte, oracle.MemSize)
	return r
}

// compareFPWithQEMU runs random cases of the words on both sides.
func compareFPWithQEMU(t *testing.T, w *fpWords, seed uint64) {
	if _, err := oracle.Find(); err != nil {
		t.Skip(err)
	}
	o, err := oracle.Start(oracle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	double, single, half := fptest.New(64, seed), fptest.New(32, seed), fptest.New(16, seed)
	differences := 0
	for done := 0; done < *fpCases && differences < 20; done += 1024 {
		cases := make([]oracle.Case, 1024)
		for i := range cases {
			cases[i] = fpCase(i, w, double, single, half)
		}
		want, err := o.Run(cases)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			if d := oracle.Diff(runFP(&cases[i]), want[i]); d != "" {
				explainFP(t, o, cases[i], d)
				differences++
			}
		}
	}
}

// explainFP reports the first instruction of a case at which the two sides differ, with its operands.
func explainFP(t *testing.T, o *oracle.Oracle, c oracle.Case, d string) {
	t.Helper()
	words := c.Words
	for n := 4; n <= len(words); n += 4 {
		c.Words = words[:n-3]
		want, err := o.Run([]oracle.Case{c})
		if err != nil {
			t.Fatal(err)
		}
		got := runFP(&c)
		if d := oracle.Diff(got, want[0]); d != "" {
			op := a64.Decode(words[n-4])
			c.Words = words[:n-4]
			before := runFP(&c)
			t.Errorf("%08x %+v FPCR %08x FPSR %02x\n\tVn %016x Vm %016x Va %016x Vd %016x\n\t%s", words[n-4], op, before.FPCR, before.FPSR,
				before.V[op.Rn&31], before.V[op.Rm&31], before.V[op.Ra&31], before.V[op.Rd&31], d)
			return
		}
	}
	t.Errorf("case %08x: %s", words, d)
}

// TestScalarFPWithQEMU compares the scalar instructions with QEMU.
func TestScalarFPWithQEMU(t *testing.T) {
	w := newFPWords(a64.FirstVector, a64.FirstSIMD, rand.New(rand.NewPCG(3, 3)), func(r *rand.Rand) uint32 {
		word := r.Uint32()&^(0x5f<<24) | 0x1e<<24
		switch r.IntN(6) { // groups with many fixed bits
		case 0:
			word = word&^(0b111111<<10|1<<29) | 1<<21
		case 1:
			word = word&^(0b11111<<10|5<<29) | 0b10000<<10 | 1<<21
		case 2:
			word = word&^(0b111111<<10|0b111|5<<29) | 0b001000<<10 | 1<<21
		case 3:
			word = word&^(0b111<<10|31<<5|5<<29) | 0b100<<10 | 1<<21
		case 4:
			word |= 1 << 24
		}
		return word
	})
	if want := int(a64.FMOVTopFromGeneral-a64.FirstVector) + 1; len(w.codes) != want {
		t.Errorf("words for %d codes, want %d", len(w.codes), want)
	}
	compareFPWithQEMU(t, w, 1)
}

// TestVectorFPWithQEMU compares the Advanced SIMD instructions with floating-point elements with QEMU.
func TestVectorFPWithQEMU(t *testing.T) {
	w := newFPWords(a64.FirstSIMDFP, a64.EndVector, rand.New(rand.NewPCG(4, 4)), func(r *rand.Rand) uint32 {
		word := r.Uint32()&^(7<<25) | 7<<25
		switch r.IntN(3) {
		case 0: // two-register miscellaneous, across lanes, pairwise
			word = word&^(0b1111<<17|3<<10) | 0b1000<<17 | 2<<10
		case 1: // three same
			word = word | 1<<21 | 1<<10
		}
		return word &^ (1 << 31)
	})
	if want := int(a64.VFCVTZUFixed-a64.FirstSIMDFP) + 1; len(w.codes) != want {
		t.Errorf("words for %d codes, want %d", len(w.codes), want)
	}
	compareFPWithQEMU(t, w, 2)
}
