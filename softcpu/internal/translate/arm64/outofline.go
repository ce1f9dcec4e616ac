package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/translate"

// outOfLine is what a run has to write behind its last instruction.
type outOfLine struct {
	fixes     []fixup
	cold      []coldBranch
	slows     []slowExit
	stops     []stopExit
	fps       []fpLoad
	crossings []crossing
	toPC      []int // branches to the exit to the PC in X16
}

// fixup is a branch to instruction t of the page.
type fixup struct {
	site int
	t    uint64
}

// coldBranch is the taken path of a conditional branch that is not in line.
type coldBranch struct {
	site int
	i    uint64 // the branch
	to   int64  // byte offset of the target from the page's beginning
}

// slowExit leads to the interpreter, which executes instruction i, and back.
type slowExit struct {
	sites  [3]int
	n      int
	i      uint64
	resume int
}

// stopExit leaves before instruction next, which may be of the next page.
type stopExit struct {
	site int
	next uint64
}

// fpLoad brings the SIMD and FP registers into the host's for instruction i, and
// goes back to the branch at site.
type fpLoad struct {
	site int
	i    uint64
}

func (o *outOfLine) forget() {
	o.fixes, o.cold, o.slows, o.stops, o.fps, o.toPC = o.fixes[:0], o.cold[:0], o.slows[:0], o.stops[:0], o.fps[:0], o.toPC[:0]
	o.crossings = o.crossings[:0]
}

// slow makes the branches at sites lead to the interpreter, for the present
// instruction, which then continues here.
func (t *Translator) slow(sites ...int) {
	s := slowExit{n: len(sites), i: t.i, resume: t.Pos()}
	copy(s.sites[:], sites)
	t.slows = append(t.slows, s)
}

// finish writes what is out of line and settles the branches.
func (t *Translator) finish() {
	for _, b := range t.cold {
		t.Link(b.site, t.Pos())
		t.i = b.i
		t.takeBranch(b.to)
	}
	for k := range t.crossings {
		t.finishCrossing(&t.crossings[k])
	}
	for _, s := range t.slows {
		for _, site := range s.sites[:s.n] {
			t.Link(site, t.Pos())
		}
		t.leave(translate.ExitInterpret, s.i, s.resume)
	}
	for _, s := range t.stops {
		t.Link(s.site, t.Pos())
		t.MovImm(X16, s.next)
		t.JumpTo(t.exits[translate.ExitBudget])
	}
	for _, f := range t.fps {
		t.Link(f.site, t.Pos())
		t.MovImm(X16, f.i)
		t.Adr(X17, f.site)
		t.JumpTo(t.loadFP)
	}
	for _, f := range t.fixes {
		if e := t.page.Entries[f.t]; e != 0 {
			t.Link(f.site, int(e))
			continue
		}
		t.Link(f.site, t.Pos())
		t.leave(translate.ExitChain, f.t, f.site)
	}
	for _, site := range t.toPC {
		t.Link(site, t.Pos())
	}
	if len(t.toPC) != 0 {
		t.JumpTo(t.exits[translate.ExitPC])
	}
}

// leave goes to an exit with an instruction's index and a place in the code.
func (t *Translator) leave(exit translate.Exit, i uint64, site int) {
	t.MovImm(X16, i)
	t.Adr(X17, site)
	t.JumpTo(t.exits[exit])
}
