// Package arm64 translates A64 instructions into those of an arm64 host, which
// are the same ones: most are emitted as the guest's words, with registers
// renumbered.
//
// While generated code runs, the guest's condition flags are the host's: nothing
// that is emitted beside the guest's own instructions changes them. Some of the
// guest's general registers are in the host's: see pins. Its SIMD and FP
// registers, FPCR and FPSR are the host's from the first instruction on that uses
// them, until generated code is left: see Translator.useFP. X25 points to the
// state, X26 is Layout.Count, X27 points to the TLB's array, and X24 says whether
// the SIMD and FP registers are there. X14 to X17 are free between instructions.
// X18 and X28 are the system's and Go's, and are left alone; so is what is on the
// stack.
package arm64

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

const (
	opsPerPage = 1024
	pageSize   = 4096

	// maxRun bounds how many instructions a run has, and roomForRun the code
	// that they can take: conditional branches reach 32 KiB. A run ends early
	// when what is in line is longRun; what is out of line has the rest.
	maxRun     = 200
	roomForRun = 32 << 10
	longRun    = roomForRun / 2

	// MinBuffer is the least that New can work with, in bytes.
	MinBuffer = 2 * roomForRun
)

// Registers with a fixed use.
const (
	fpHere = X24
	state  = X25
	count  = X26
	tlbReg = X27
)

// Page is what the translator sees of a page of instructions.
type Page struct {
	Ops     *[opsPerPage]a64.Op
	Entries *[opsPerPage]uint32
	Memory
}

// Memory is where a page's instructions come from.
type Memory interface {
	// Word returns the word of instruction i.
	Word(i uint64) uint32
	// Decode fills in an Op of the page that is not decoded.
	Decode(i uint64)
}

// Host is what the processor can do beyond Armv8.0.
type Host struct {
	LSE, CRC32, AES, PMULL, SHA1, SHA2 bool
}

// Translator writes code for one processor.
type Translator struct {
	Asm
	l    translate.Layout
	bias int32 // how far the state register points before State.X[16]

	enter    int // where generated code is entered, with the code's address in X16
	fixed    int // end of what is never thrown away
	loadFP   int // brings the SIMD and FP registers into the host's
	resets   int
	exits    [translate.Exits]int
	itlbBits uint32 // log2 of the number of entries
	tlbBits  uint32

	// Checked makes loads and stores that are not aligned to their size go the
	// general way: SCTLR_EL1.A is set.
	Checked bool

	// Host is what more the processor can do.
	Host Host

	page Page
	i    uint64 // index of the current instruction
	done bool
	outOfLine
}

// New prepares a translator that writes into buf, which is executed at an
// address that is a multiple of 4 KiB. tlbSize and itlbSize are the numbers of
// entries, powers of 2.
func New(buf []byte, l translate.Layout, tlbSize, itlbSize int) *Translator {
	t := &Translator{l: l, tlbBits: log2(tlbSize), itlbBits: log2(itlbSize)}
	t.bias = 16*8 + (-(l.V + 16*8))&15 // V is loaded and stored in multiples of 16 bytes
	t.buf = buf
	t.writeExits()
	t.writeLoadFP()
	t.writeEnter()
	t.fixed = t.Pos()
	return t
}

// Enter is the offset of the code that enters generated code whose address is
// in X16, with X25 at State.X[16].
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

// Chain makes the branch at site, an offset into the buffer, lead to the code at
// offset pos.
func (t *Translator) Chain(site, pos int) { t.Link(site, pos) }

// Translate writes code from instruction first of the page on. It returns how
// many instructions it translated.
func (t *Translator) Translate(page Page, first uint64) (n int) {
	t.page, t.done = page, false
	t.forget()
	start := t.n
	for t.i = first; !t.done; t.i++ {
		if t.i >= opsPerPage || n >= maxRun || t.n-start > longRun || n > 0 && t.page.Entries[t.i] != 0 {
			t.leaveTo(t.i)
			break
		}
		t.page.Entries[t.i] = uint32(t.Pos())
		t.lowerNext()
		n++
	}
	t.finish()
	t.page = Page{}
	return n
}

// lowerNext translates the present instruction, from its word. A word that the
// guest has changed since it was decoded, without maintenance, is left to the
// interpreter, which executes what was decoded.
func (t *Translator) lowerNext() {
	cached := &t.page.Ops[t.i%opsPerPage]
	if cached.Code == a64.NotDecoded {
		t.page.Decode(t.i)
	}
	w := t.page.Word(t.i)
	if op := a64.Decode(w); op == *cached {
		t.lower(&op, w)
	} else {
		t.stop()
	}
}

// leaveTo ends the run: it goes on with instruction i of the page, or of the
// next one.
func (t *Translator) leaveTo(i uint64) {
	t.done = true
	if i >= opsPerPage {
		t.crossTo(pageSize, i)
		return
	}
	t.fixes = append(t.fixes, fixup{t.Jump(B, 0), i})
}

// interpret leaves the present instruction to the interpreter.
func (t *Translator) interpret() { t.slow(t.Jump(B, 0)) }

// stop is interpret at the end of a run: what follows is hardly ever next.
func (t *Translator) stop() {
	t.interpret()
	t.leaveTo(t.i + 1)
}

func log2(n int) (bits uint32) {
	for ; n > 1; n /= 2 {
		bits++
	}
	return bits
}
