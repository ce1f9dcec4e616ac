package oracle

import (
	"math/rand/v2"
	"slices"
)

// Generator makes cases of one class. The same class and seed give the same
// cases.
type Generator struct {
	// Excluded counts, by row of Exclusions, the words that were drawn and not used.
	Excluded map[string]int

	// Undefined, if not nil, says whether a word is undefined. Only one in
	// undefinedOneIn of such words is used, so that longer cases get to their end.
	Undefined func(w uint32) bool

	// Repeat, if not 0, is the number of states from which each sequence of words
	// starts. It saves both sides much of their decoding.
	Repeat int

	class *Class
	rnd   *rand.Rand
	count int
	last  []uint32 // the words of the last case
	left  int      // how often they are still to be used
	words []uint32 // if not nil, the words to draw from
}

// NewGenerator returns a generator for class.
func NewGenerator(class *Class, seed uint64) *Generator {
	return &Generator{Excluded: map[string]int{}, class: class, rnd: rand.New(rand.NewPCG(seed, 0))}
}

// NewWordsGenerator returns a generator that draws from words, such as those
// that a kernel's boot executed.
func NewWordsGenerator(words []uint32, seed uint64) *Generator {
	g := NewGenerator(nil, seed)
	g.words = words
	return g
}

// undefinedOneIn is how many undefined words Generator.Undefined lets through.
const undefinedOneIn = 32

// longestSequence is the length of the longest case. One case in two is a single instruction,
// whose differences are the easiest to understand.
const longestSequence = 12

// Next returns the next case.
func (g *Generator) Next() Case {
	if g.left > 0 {
		g.left--
	} else {
		g.last = g.sequence(SlotPC(g.count))
		g.count++
		g.left = max(g.Repeat, 1) - 1
	}
	seed := uint64(g.rnd.Uint32()) &^ 1 // short in a vector file
	if !slices.ContainsFunc(g.last, usesMemory) {
		seed |= 1
	}
	c := Case{Seed: seed, Words: g.last, In: Fill(seed)}
	c.In.PC = SlotPC(g.count - 1)
	g.steer(&c)
	return c
}

// sequence returns the words of a case at pc.
func (g *Generator) sequence(pc uint64) []uint32 {
	n := 1
	if g.rnd.IntN(2) > 0 {
		n = 2 + g.rnd.IntN(longestSequence-1)
	}
	regs := g.pool()
	words := make([]uint32, n)
	for i := range words {
		words[i] = g.word(words[:i], n, pc, regs)
	}
	return words
}

// pool returns the registers that a case may use: either a few, so that results feed further
// instructions, or all.
func (g *Generator) pool() []uint32 {
	if g.rnd.IntN(2) > 0 {
		return nil
	}
	regs := make([]uint32, 2+g.rnd.IntN(5))
	for i := range regs {
		regs[i] = g.rnd.Uint32() & 31
	}
	return regs
}

// word returns the word that follows before, in a case of n.
func (g *Generator) word(before []uint32, n int, pc uint64, regs []uint32) uint32 {
	for {
		w := g.draw(regs)
		if mayLoop(before, w) || setsReserved(before, w) {
			continue
		}
		if g.Undefined != nil && g.Undefined(w) && g.rnd.IntN(undefinedOneIn) > 0 {
			continue
		}
		w = g.retarget(w, len(before), n, pc)
		x := Excluded(w)
		if x == nil && g.class != nil && g.class.Avoid != nil {
			x = g.class.Avoid.of(w)
		}
		if x == nil && mismatches(before, w) {
			x = mismatched
		}
		if x == nil {
			return w
		}
		g.Excluded[x.Name]++
	}
}

// mayLoop says whether w branches to a register that a word before it may have changed, or
// that an earlier branch uses. Such a branch could go backward, and the case might not end.
func mayLoop(before []uint32, w uint32) bool {
	if !isRegisterBranch(w) {
		return false
	}
	return names(before, bits(w, 5, 5))
}

// names says whether any of words may name general register r.
func names(words []uint32, r uint32) bool {
	for _, w := range words {
		link := w&0xfc00_0000 == 0x9400_0000 || w&0xffff_fc1f == 0xd63f_0000 // BL, BLR
		if link && r == 30 {
			return true
		}
		for _, lo := range []int{0, 5, 10, 16} {
			if bits(w, lo, 5) == r {
				return true
			}
		}
	}
	return false
}

// setsReserved says whether w writes a register to FPCR or FPSR that a word before it may
// have changed. Some bits are RES0 without AArch32, which QEMU's models have. steer clears
// them only in the state from which a case starts.
func setsReserved(before []uint32, w uint32) bool {
	return floatControl(w) != 0 && names(before, bits(w, 0, 5))
}

// floatControl returns the bits that MSR FPCR or MSR FPSR can set.
func floatControl(w uint32) uint64 {
	switch w &^ 31 {
	case 0xd51b_4400:
		return 0x07c0_0000 // AHP, DN, FZ, RMode
	case 0xd51b_4420:
		return 0x0800_009f // QC, IDC, IXC to IOC
	}
	return 0
}

// isRegisterBranch says whether w is BR, BLR or RET.
func isRegisterBranch(w uint32) bool {
	return w&0xff9f_fc1f == 0xd61f_0000 && bits(w, 21, 2) != 3
}

func (g *Generator) draw(regs []uint32) uint32 {
	if g.words != nil {
		return g.words[g.rnd.IntN(len(g.words))]
	}
	return g.class.Encodings[g.rnd.IntN(len(g.class.Encodings))].random(g.rnd, regs)
}
