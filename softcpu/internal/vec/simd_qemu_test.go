package vec

import (
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

var simdCases = flag.Int("simdcases", 4000, "cases of ten instructions for the comparison of integer SIMD with QEMU")

// randomSIMD returns a word in the space of Advanced SIMD. Classes with many
// fixed bits get their share.
func randomSIMD(r *rand.Rand) uint32 {
	w := r.Uint32() | 7<<25
	switch r.IntN(8) {
	case 0: // two-register miscellaneous, across lanes
		w = w&^(1<<24|15<<17|3<<10) | 1<<21 | (r.Uint32()&1)<<20 | 2<<10
	case 1: // permute, copy, look-up, SHA
		w = w &^ (1<<24 | 7<<21 | 1<<15)
	case 2: // modified immediate
		w = w&^(31<<19|3<<10) | 1<<24 | 1<<10
	case 3: // AES, SHA with two registers
		w = 0x4e280800 | w&(1<<28|7<<12|0x3ff)
	case 4: // SHA with three registers
		w = 0x5e000000 | w&(31<<16|7<<12|0x3ff)
	case 5: // three same, three different
		w = w&^(1<<24) | 1<<21
	}
	return w
}

// simdWords holds sample words of each code below a64.FirstSIMDFP.
type simdWords struct {
	codes []a64.Code
	words map[a64.Code][]uint32
}

func newSIMDWords(r *rand.Rand) *simdWords {
	const enough = 400
	w := &simdWords{words: make(map[a64.Code][]uint32)}
	for range 3_000_000 {
		word := randomSIMD(r)
		code := a64.Decode(word).Code
		if code < a64.FirstSIMD || code >= a64.FirstSIMDFP || len(w.words[code]) == enough {
			continue
		}
		if len(w.words[code]) == 0 {
			w.codes = append(w.codes, code)
		}
		w.words[code] = append(w.words[code], word)
	}
	return w
}

// next returns a word with new registers. Half of the time it draws from few registers, so
// that destination and sources coincide. It does not write X9.
func (w *simdWords) next(r *rand.Rand) uint32 {
	words := w.words[w.codes[r.IntN(len(w.codes))]]
	word := words[r.IntN(len(words))]
	code := a64.Decode(word).Code
	for {
		fields := r.Uint32() & (31<<16 | 31<<5 | 31)
		if r.IntN(2) == 0 {
			fields &= 3<<16 | 3<<5 | 3
		}
		mask := uint32(31<<5 | 31)
		if r.IntN(2) == 0 {
			mask |= 31 << 16
		}
		if next := word&^mask | fields&mask; next&31 != 9 && a64.Decode(next).Code == code {
			return next
		}
	}
}

// randomLanes returns a word of lanes that are often extreme or, for shifts,
// small.
func randomLanes(r *rand.Rand) (x uint64) {
	width := 8 << r.IntN(4)
	kind := r.IntN(3)
	for i := 0; i < 64; i += width {
		var lane uint64
		switch k := r.IntN(8); {
		case kind == 0 || k < 2:
			lane = r.Uint64()
		case k == 2:
			lane = 1 << (width - 1)
		case k == 3:
			lane = 1<<(width-1) - 1
		case k == 4:
			lane = 1<<r.IntN(width) - 1
		default:
			lane = uint64(r.IntN(2*width+2) - width - 1)
		}
		x |= (lane & (1<<width - 1)) << i
	}
	return x
}

// simdCase returns ten instructions under test; after each, FPSR goes to a
// general register and is then set from X9.
func simdCase(slot int, w *simdWords, r *rand.Rand) oracle.Case {
	c := oracle.Case{In: oracle.State{PC: oracle.SlotPC(slot)}}
	for i := range uint32(10) {
		c.Words = append(c.Words, w.next(r), mrsFPSR|10+i, msrFPSR)
	}
	for i := range 9 {
		c.In.X[i] = randomLanes(r)
	}
	if r.IntN(4) == 0 {
		c.In.X[9] = qc
	}
	for i := range c.In.V {
		c.In.V[i] = [2]uint64{randomLanes(r), randomLanes(r)}
	}
	return c
}

// TestSIMDWithQEMU compares the Advanced SIMD instructions on integer elements,
// the permutations and the crypto instructions with QEMU.
func TestSIMDWithQEMU(t *testing.T) {
	if _, err := oracle.Find(); err != nil {
		t.Skip(err)
	}
	o, err := oracle.Start(oracle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r := rand.New(rand.NewPCG(5, uint64(*simdCases)))
	w := newSIMDWords(r)
	for code := a64.FirstSIMD; code <= a64.SHA256SU1; code++ {
		if w.words[code] == nil {
			t.Errorf("no words for %v", code)
		}
	}
	differences := 0
	for done := 0; done < *simdCases && differences < 20; done += 1024 {
		cases := make([]oracle.Case, 1024)
		for i := range cases {
			cases[i] = simdCase(i, w, r)
		}
		want, err := o.Run(cases)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			if d := oracle.Diff(runFP(&cases[i]), want[i]); d != "" {
				explainSIMD(t, o, cases[i])
				differences++
			}
		}
	}
}

// explainSIMD reports the first instruction of a case at which the two sides differ.
func explainSIMD(t *testing.T, o *oracle.Oracle, c oracle.Case) {
	t.Helper()
	words := c.Words
	for n := 3; n <= len(words); n += 3 {
		c.Words = words[:n-1]
		want, err := o.Run([]oracle.Case{c})
		if err != nil {
			t.Fatal(err)
		}
		if d := oracle.Diff(runFP(&c), want[0]); d != "" {
			op := a64.Decode(words[n-3])
			c.Words = words[:n-3]
			before := runFP(&c)
			t.Errorf("%08x %v size %d Q %v scalar %v index %d\n\tVn %016x Vm %016x Vd %016x\n\t%s", words[n-3], op.Code, op.Size(), op.Q(),
				op.Scalar(), op.Index(), before.V[op.Rn&31], before.V[op.Rm&31], before.V[op.Rd&31], d)
			return
		}
	}
	t.Errorf("case %08x differs only as a whole", words)
}
