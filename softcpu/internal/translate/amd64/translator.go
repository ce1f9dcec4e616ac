// Package amd64 translates A64 instructions into those of amd64.
//
// While generated code runs, RBX points at State.X[16], R12 is Layout.Count, R15
// points to the TLB's array, and some of the guest's registers are in the
// host's: see pins. RAX, RCX and RDX are free between instructions. The stack is
// not used.
package amd64

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

const (
	opsPerPage = 1024
	pageSize   = 4096

	// maxRun bounds how many instructions a run has, and roomForRun the code
	// that they can take. A run ends early when that in line is longRun; what
	// is out of line has the rest.
	maxRun     = 200
	roomForRun = 128 << 10
	longRun    = roomForRun / 2

	// MinBuffer is the least that New can work with, in bytes.
	MinBuffer = 2 * roomForRun
)

// Registers with a fixed use.
const (
	state  = RBX // &State.X[16]
	count  = R12
	tlbReg = R15
)

// pins says which host register holds a guest's, by index into State.X. RAX
// stands for none.
var pins = [34]Reg{
	0: R8, 1: R9, 2: R10, 3: R11, 4: RDI, 5: RSI, 6: R13, 7: R14, a64.SP: RBP,
}

// Page is what the translator sees of a page of predecoded instructions.
type Page struct {
	Ops     *[opsPerPage]a64.Op
	Entries *[opsPerPage]uint32
	Decoder
}

// Decoder fills in an Op of a page that is not decoded.
type Decoder interface{ Decode(i uint64) }

// Translator writes code for one processor.
type Translator struct {
	Asm
	l translate.Layout

	enter   int // where generated code is entered, with the code's address in RAX
	fixed   int // end of what is never thrown away
	resets  int
	exits   [translate.Exits]int
	itlbMax int32 // mask that selects an itlb entry, in bytes
	tlbMax  int32

	// Checked makes loads and stores that are not aligned to their size go the
	// general way: SCTLR_EL1.A is set.
	Checked bool

	// Host is what more the processor can do.
	Host Host

	page      Page
	i         uint64 // index of the current instruction
	fl        flags
	fixes     []fixup
	cold      []coldBranch
	crossings []crossing
	slows     []slowExit
	done      bool

	unaligned []unalignedSP
	group     group
	leaders   []leader
}

// unalignedSP leaves before instruction next, which may be of the next page.
type unalignedSP struct {
	site int
	next uint64
	fl   flags
}

// fixup is a jump to instruction t of the page.
type fixup struct {
	site int
	t    uint64
}

// coldBranch is the taken path of a conditional branch that is not in line.
type coldBranch struct {
	site int
	i    uint64 // the branch
	to   int64  // byte offset of the target from the page's beginning
	fl   flags
}

// slowExit leads to the interpreter, which executes instruction i, and back.
type slowExit struct {
	sites  [3]int
	n      int
	i      uint64
	resume int
	fl     flags
}

// New prepares a translator that writes into buf. tlbSize and itlbSize are the
// numbers of entries.
func New(buf []byte, l translate.Layout, tlbSize, itlbSize int) *Translator {
	t := &Translator{l: l, tlbMax: int32(tlbSize-1) << translate.TLBEntryShift, itlbMax: int32(itlbSize-1) << translate.TLBEntryShift}
	t.buf = buf
	t.writeExits()
	t.writeEnter()
	t.fixed = t.Pos()
	return t
}

// Enter is the offset of the code that enters generated code whose address is
// in RAX, with RBX at State.X[16].
func (t *Translator) Enter() int { return t.enter }

// Full says whether the buffer may not hold another run.
func (t *Translator) Full() bool { return t.Room() < roomForRun }

// Reset throws all code away. The entries of all pages must be cleared with it.
func (t *Translator) Reset() {
	t.n = t.fixed
	t.resets++
}

// Resets counts the calls of Reset.
func (t *Translator) Resets() int { return t.resets }

// Used is how many bytes of the buffer hold code.
func (t *Translator) Used() int { return t.n }

func (t *Translator) field(off int32) Mem { return At(state, off) }

// writeExits writes the ways out. That of ExitNoCode is at offset 0, where an
// entry that is 0 leads. They expect the index in EAX and the site in RDX, or
// the PC in RAX.
func (t *Translator) writeExits() {
	var ends []int
	for r := range t.exits {
		t.exits[r] = t.Pos()
		if translate.Exit(r) == translate.ExitPC {
			t.RM(MOVM, true, RAX, t.field(t.l.PC))
		} else {
			t.RM(MOVM, true, RAX, t.field(t.l.Index))
			t.RM(MOVM, true, RDX, t.field(t.l.Site))
		}
		t.MovMemImm(true, t.field(t.l.Reason), int32(r))
		ends = append(ends, t.Jmp())
	}
	for _, e := range ends {
		t.Link(e, t.Pos())
	}
	for x, p := range pins {
		if p != RAX {
			t.RM(MOVM, true, p, t.x(uint8(x)))
		}
	}
	t.RM(MOVM, true, count, t.field(t.l.Count))
	t.Ret()
}

func (t *Translator) writeEnter() {
	t.align()
	t.enter = t.Pos()
	for x, p := range pins {
		if p != RAX {
			t.RM(MOV, true, p, t.x(uint8(x)))
		}
	}
	t.RM(MOV, true, count, t.field(t.l.Count))
	t.RM(MOV, true, tlbReg, t.field(t.l.TLB))
	t.JmpReg(RAX)
	t.align()
}

func (t *Translator) align() {
	for t.n%16 != 0 {
		t.Int3()
	}
}

// Chain makes the jump at site, an offset into the buffer, lead to the code at
// offset pos.
func (t *Translator) Chain(site, pos int) { t.Link(site, pos) }

// Translate writes code from instruction first of the page on. It returns how
// many instructions it translated.
func (t *Translator) Translate(page Page, first uint64) (n int) {
	t.page, t.done = page, false
	t.fl = flags{mem: true}
	t.fixes, t.cold, t.slows, t.unaligned = t.fixes[:0], t.cold[:0], t.slows[:0], t.unaligned[:0]
	t.leaders, t.group, t.crossings = t.leaders[:0], group{}, t.crossings[:0]
	start := t.n
	for t.i = first; !t.done; t.i++ {
		if t.i >= opsPerPage || t.i-first >= maxRun || t.n-start > longRun || t.i > first && t.page.Entries[t.i] != 0 {
			t.leaveTo(t.i)
			break
		}
		op := t.op(t.i)
		if t.fl.mem && !(t.fl.host && op.ReadsFlags()) && t.i >= t.group.end {
			t.fl.host = false // who comes from elsewhere does not have them there
			t.page.Entries[t.i] = uint32(t.Pos())
		}
		t.lower(op)
		n++
	}
	t.finish()
	t.page = Page{}
	return n
}

// op returns instruction i of the page, decoded.
func (t *Translator) op(i uint64) *a64.Op {
	op := &t.page.Ops[i%opsPerPage]
	if op.Code == a64.NotDecoded {
		t.page.Decode(i)
	}
	return op
}

// leaveTo ends the run: it goes on with instruction i of the page, or of the
// next one.
func (t *Translator) leaveTo(i uint64) {
	t.done = true
	if i >= opsPerPage {
		t.saveFlags()
		t.crossTo(pageSize, i)
		return
	}
	t.saveFlagsFor(i)
	t.fixes = append(t.fixes, fixup{t.Jmp(), i})
}

// finish writes what is out of line and settles the jumps.
func (t *Translator) finish() {
	for k := range t.cold {
		b := &t.cold[k]
		t.Link(b.site, t.Pos())
		t.i, t.fl = b.i, b.fl
		t.takeBranch(b.to)
	}
	for k := range t.crossings {
		t.finishCrossing(&t.crossings[k])
	}
	for k := range t.leaders {
		t.finishLeader(&t.leaders[k])
	}
	for k := range t.slows {
		s := &t.slows[k]
		for _, site := range s.sites[:s.n] {
			t.Link(site, t.Pos())
		}
		t.fl = s.fl
		t.saveFlags()
		t.MovImm(RAX, s.i)
		t.RIP(LEA, true, RDX, s.resume)
		t.JmpTo(t.exits[translate.ExitInterpret])
	}
	for k := range t.unaligned {
		u := &t.unaligned[k]
		t.Link(u.site, t.Pos())
		t.fl = u.fl
		t.saveFlags()
		t.MovImm(RAX, u.next)
		t.JmpTo(t.exits[translate.ExitBudget])
	}
	for _, f := range t.fixes {
		if e := t.page.Entries[f.t]; e != 0 {
			t.Link(f.site, int(e))
			continue
		}
		t.Link(f.site, t.Pos())
		t.MovImm(RAX, f.t)
		t.RIP(LEA, true, RDX, f.site)
		t.JmpTo(t.exits[translate.ExitChain])
	}
}

// slow makes the jumps at sites lead to the interpreter, for the present
// instruction, which then continues here.
func (t *Translator) slow(sites ...int) {
	s := slowExit{n: len(sites), i: t.i, resume: t.Pos(), fl: t.fl}
	copy(s.sites[:], sites)
	t.slows = append(t.slows, s)
}

// wroteSP follows a change of the stack pointer that may leave it unaligned:
// generated code runs with an aligned one, so that it need not look at each use.
func (t *Translator) wroteSP() {
	t.clobber()
	p, _ := pinned(a64.SP)
	t.TestImm(false, p, 15)
	t.unaligned = append(t.unaligned, unalignedSP{t.Jcc(NE), t.i + 1, t.fl})
}

// interpret leaves the present instruction to the interpreter.
func (t *Translator) interpret() {
	t.saveFlags()
	t.fl.host = false
	t.slow(t.Jmp())
}
