package arm64

import (
	"encoding/binary"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// layout has offsets of which none is another's, in reach.
var layout = func() translate.Layout {
	return translate.Layout{
		Flags: 2600, V: 1960, PC: 1952, EL: 2496, DAIF: 2498, Inputs: 2500, Attention: 2504, Posted: 2508, NoZVA: 2509,
		FPTrapped: 2510, FPCR: 2472, FPSR: 2476, TPIDR0: 2608, TPIDRRO0: 2616, TPIDR1: 2624, SPOther: 2632,
		ExclusiveHost: 2640, ExclusiveSize: 2648, ExclusiveValue: 2656, Count: 2672, PageVA: 2680, Page: 2688, Index: 2696,
		Site: 2704, Reason: 2712, TLB: 2720, ITLB: 2728, Code: 2736, TLBEL0: 5000,
	}
}()

// code is a page's instructions, as Memory.
type code []uint32

func (c code) Word(i uint64) uint32 {
	if i < uint64(len(c)) {
		return c[i]
	}
	return 0xd4400000 // hlt #0
}

func (code) Decode(uint64) {}

// halts is a page without code.
var halts = [opsPerPage]a64.Op(slices.Repeat([]a64.Op{a64.Decode(code.Word(nil, 0))}, opsPerPage))

// translateAll translates code from its beginning on, and returns the run.
func translateAll(tr *Translator, c code) (run []byte) {
	ops := halts
	page := Page{Ops: &ops, Entries: new([opsPerPage]uint32), Memory: c}
	for i := range c {
		page.Ops[i] = a64.Decode(c[i])
	}
	start := tr.Used()
	tr.Translate(page, 0)
	return tr.buf[start:tr.Used()]
}

var everything = Host{LSE: true, CRC32: true, AES: true, PMULL: true, SHA1: true, SHA2: true}

// newTranslator returns one for tests, whose code is never executed.
func newTranslator(h Host) *Translator {
	tr := New(make([]byte, MinBuffer), layout, 1024, 1024)
	tr.Host = h
	return tr
}

// emitted returns the words that are written for an instruction.
func emitted(tr *Translator, w uint32) (words []uint32) {
	tr.Reset()
	for b := translateAll(tr, code{w}); len(b) != 0; b = b[4:] {
		words = append(words, binary.LittleEndian.Uint32(b))
	}
	return words
}

var (
	notOurs  = regexp.MustCompile(`\b[xw](18|28)\b`)
	flags    = regexp.MustCompile(`^(adds|subs|ands|bics|adcs|sbcs|negs|ngcs|cmp|cmn|tst|ccmp|ccmn|fcmpe?|fccmpe?|msr\s+nzcv,)\b`)
	ownStack = regexp.MustCompile(`\bw?sp\b`)
)

// TestWords translates random instructions of all kinds, and looks at what is
// emitted: the host must have it defined, it must leave the registers of the
// system and of Go alone, and the flags unless the guest's own instruction
// changes them.
func TestWords(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 8000
	if testing.Short() {
		n = 1000
	}
	var words []uint32
	var from []uint32 // the guest's words that words are of
	for _, h := range []Host{everything, {}} {
		tr := newTranslator(h)
		for range n {
			w := oracle.RandomWord(r)
			out := emitted(tr, w)
			words = append(words, out...)
			from = append(from, slices.Repeat([]uint32{w}, len(out))...)
		}
	}
	texts, warnings := llvm(t, words)
	if warnings != "" {
		t.Errorf("not defined: %.2000s", warnings)
	}
	for i, text := range texts {
		text = strings.TrimSpace(text)
		if notOurs.MatchString(text) || ownStack.MatchString(text) {
			t.Errorf("%08x %s: emits %s", from[i], oracle.Disassemble(from[i]), text)
		}
		if op := a64.Decode(from[i]); flags.MatchString(text) && !setsFlags(&op) {
			t.Errorf("%08x %s: changes the flags by %s", from[i], oracle.Disassemble(from[i]), text)
		}
	}
}

// setsFlags says whether a guest's instruction changes the flags.
func setsFlags(op *a64.Op) bool {
	return op.SetsFlags() || op.Code >= a64.FCMP && op.Code <= a64.FCCMPE || op.Code == a64.MSR && op.Aux == sysNZCV
}

// TestOneWord has instructions of which one is emitted, with other registers
// where the guest's have none of the host's of the same number.
func TestOneWord(t *testing.T) {
	for _, c := range []struct {
		text    string
		word    uint32
		emitted []uint32
	}{
		{"add x0, x1, x2", 0x8b020020, []uint32{0x8b020020}},
		{"adds w23, w30, #1, lsl #12", 0x314007d7, []uint32{0x314007d7}},
		{"add x29, sp, #16: x29, x13", 0x910043fd, []uint32{0x910041bd}},
		{"sub sp, sp, #16: x13, x13", 0xd10043ff, []uint32{0xd10041ad}},
		{"and sp, x1, #-16: x13, x1", 0x927cec3f, []uint32{0x927cec2d}},
		{"cmp sp, x0: x13, x0", 0xeb2063ff, []uint32{0xeb2061bf}},
		{"csel x3, xzr, x4, ne", 0x9a8413e3, []uint32{0x9a8413e3}},
		{"umulh x0, x1, x2, its Ra as it should be", 0x9bc20020, []uint32{0x9bc27c20}},
		{"ccmp x1, #18, #4, ne: 18 is no register", 0xfa521824, []uint32{0xfa521824}},
		{"movk x0, #18, lsl #16", 0xf2a00240, []uint32{0xf2a00240}},
		{"mrs x0, nzcv", 0xd53b4200, []uint32{0xd53b4200}},
		{"add x18, x18, x18: x17 = x14 + x15, between loads and a store", 0x8b120252,
			[]uint32{0xf9404f2e, 0xf9404f2f, 0x8b0f01d1, 0xf9004f31}},
		{"madd x13, x14, x15, x16", 0x9b0f41cd, []uint32{0xf9403f2e, 0xf940432f, 0xf9404730, 0x9b0f41d1, 0xf9003b31}},
		{"movk x28, #1: read and written", 0xf280003c, []uint32{0xf9407731, 0xf2800031, 0xf9007731}},
		{"fmla v18.4s, v28.4s, v18.4s", 0x4e32cf92, []uint32{0x4e32cf92}},
		{"scvtf d18, x3", 0x9e620072, []uint32{0x9e620072}},
		{"fcvtzs x28, d18: x17", 0x9e78025c, []uint32{0x9e780251, 0xf9007731}},
		{"fcmp d1, #0.0, its Rm as it should be", 0x1e632028, []uint32{0x1e602028}},
	} {
		op := a64.Decode(c.word)
		out := emitted(newTranslator(everything), c.word)
		if op.Code >= a64.FirstVector {
			out = out[1:] // CBZ of useFP
		}
		if got := out[:len(c.emitted)]; !slices.Equal(got, c.emitted) {
			t.Errorf("%08x %s:\ngot  %08x\nwant %08x", c.word, c.text, got, c.emitted)
		}
	}
}

// TestChangedWord gives the translator a word that is not the one that was
// decoded: only a way to the interpreter may come of it.
func TestChangedWord(t *testing.T) {
	tr := newTranslator(everything)
	page := Page{Ops: new([opsPerPage]a64.Op), Entries: new([opsPerPage]uint32), Memory: code{0x8b020020}}
	page.Ops[0] = a64.Decode(0x8b020021)
	start := tr.Used()
	n := tr.Translate(page, 0)
	if first := binary.LittleEndian.Uint32(tr.buf[start:]); n != 1 || first>>26 != uint32(B)>>26 {
		t.Errorf("%d instructions, the first is %08x, want one that is a branch", n, first)
	}
}

// TestRoom translates pages that are full of one instruction, each of which
// takes much code. A run must keep within the reach of TBZ, with an eighth to
// spare.
func TestRoom(t *testing.T) {
	const most = roomForRun * 7 / 8
	for _, c := range []struct {
		word uint32
		text string
	}{
		{0x37100000, "tbnz w0, #2, .: backward"},
		{0x3613fff2, "tbz w18, #2, .+32764: mostly into another page"},
		{0xb5800012, "cbnz x18, .-1048576"},
		{0xf8617a52, "ldr x18, [x18, x1, lsl #3]"},
		{0xf8120e52, "ldr x18, [x18, #-224]!: left to the interpreter"},
		{0xa9c24e92, "ldp x18, x19, [x20, #32]!"},
		{0xa9424f92, "ldp x18, x19, [x28, #32]"},
		{0xf85ff85a, "ldtr x26, [x2, #-1]"},
		{0x4cdf2240, "ld1 {v0.16b-v3.16b}, [x18], #64"},
		{0xc8127e5c, "stxr w18, x28, [x18]"},
		{0x48327e5c, "casp x18, x19, x28, x29, [x18]"},
		{0xd50b7432, "dc zva, x18"},
		{0xd51b4232, "msr daif, x18"},
		{0x910007ff, "add sp, sp, #1"},
	} {
		for _, h := range []Host{everything, {}} {
			tr := newTranslator(h)
			run := translateAll(tr, slices.Repeat(code{c.word}, opsPerPage))
			if len(run) > most {
				t.Errorf("%08x %s: a run takes %d bytes, want at most %d", c.word, c.text, len(run), most)
			} else {
				t.Logf("%s: %d bytes", c.text, len(run))
			}
		}
	}
}

// interpreted is what is left to the interpreter on a host that has everything.
const interpreted = "LDPX in part, LDPXpost in part, LDST in part, LDSTP in part, LDSTVP in part, STPXpre in part, UNDEFINED"

// TestInterpreted looks at random instructions of all kinds but that of system
// instructions, of which few are translated.
func TestInterpreted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tr := newTranslator(everything)
	translated, left := map[a64.Code]bool{}, map[a64.Code]bool{}
	for range 40_000 {
		w := oracle.RandomWord(r)
		op := a64.Decode(w)
		emitted(tr, w)
		if s := tr.slows; len(s) != 0 && s[0].i == 0 && s[0].sites[0] == tr.fixed {
			left[op.Code] = true
		} else {
			translated[op.Code] = true
		}
	}
	var names []string
	for c := range left {
		switch name := c.String(); {
		case c >= a64.SVC && c <= a64.SYSL:
		case translated[c]:
			names = append(names, name+" in part")
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if got := strings.Join(names, ", "); got != interpreted {
		t.Errorf("left to the interpreter:\n%s\nwant\n%s", got, interpreted)
	}
}
