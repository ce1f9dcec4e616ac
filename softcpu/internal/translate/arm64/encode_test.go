package arm64

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// base is where code begins in the buffer of assemble: in its page 16.
const base = 16 << 12

// encodings has what the encoder emits, as llvm-mc writes it, and the words.
var encodings = []struct {
	text string
	emit func(a *Asm)
	want []uint32
}{
	{"add x1, x2, x3", func(a *Asm) { a.RRR(ADD, 1, 2, 3) }, []uint32{0x8b030041}},
	{"sub x1, x2, x3", func(a *Asm) { a.RRR(SUB, 1, 2, 3) }, []uint32{0xcb030041}},
	{"and x1, x2, x3", func(a *Asm) { a.RRR(AND, 1, 2, 3) }, []uint32{0x8a030041}},
	{"bic x1, x2, x3", func(a *Asm) { a.RRR(BIC, 1, 2, 3) }, []uint32{0x8a230041}},
	{"orr x1, x2, x3", func(a *Asm) { a.RRR(ORR, 1, 2, 3) }, []uint32{0xaa030041}},
	{"eor x1, x2, xzr", func(a *Asm) { a.RRR(EOR, 1, 2, XZR) }, []uint32{0xca1f0041}},
	{"add x16, x13, w15, uxtw #3", func(a *Asm) { a.RRR(ADDX|2<<13|3<<10, X16, X13, X15) }, []uint32{0x8b2f4db0}},
	{"add x14, x27, x14, lsl #5", func(a *Asm) { a.Shifted(ADD, X14, tlbReg, X14, 5) }, []uint32{0x8b0e176e}},
	{"orr x14, xzr, x15, lsl #6", func(a *Asm) { a.Shifted(ORR, X14, XZR, X15, 6) }, []uint32{0xaa0f1bee}},
	{"mov x14, x17", func(a *Asm) { a.Mov(X14, X17) }, []uint32{0xaa1103ee}},
	{"", func(a *Asm) { a.Mov(X14, X14) }, []uint32{}},
	{"mov x14, xzr", func(a *Asm) { a.Mov(X14, XZR) }, []uint32{0xaa1f03ee}},
	{"mov x14, #0", func(a *Asm) { a.MovImm(X14, 0) }, []uint32{0xd280000e}},
	{"mov x14, #65535", func(a *Asm) { a.MovImm(X14, 0xffff) }, []uint32{0xd29fffee}},
	{"mov x14, #65536", func(a *Asm) { a.MovImm(X14, 0x10000) }, []uint32{0xd2a0002e}},
	{"mov x14, #-281474976710656", func(a *Asm) { a.MovImm(X14, 0xffff_0000_0000_0000) }, []uint32{0xd2ffffee}},
	{"mov x14, #-1", func(a *Asm) { a.MovImm(X14, ^uint64(0)) }, []uint32{0x9280000e}},
	{"mov x14, #-65537", func(a *Asm) { a.MovImm(X14, ^uint64(0x10000)) }, []uint32{0x92a0002e}},
	{"mov x14, #-65536", func(a *Asm) { a.MovImm(X14, ^uint64(0xffff)) }, []uint32{0x929fffee}},
	{"mov x14, #4096; movk x14, #2, lsl #16", func(a *Asm) { a.MovImm(X14, 0x21000) }, []uint32{0xd282000e, 0xf2a0004e}},
	{"mov x14, #-4097; movk x14, #2, lsl #48", func(a *Asm) { a.MovImm(X14, 0x2_ffff_ffff_efff) }, []uint32{0x9282000e, 0xf2e0004e}},
	{"add x16, x3, #1", func(a *Asm) { a.AddImm(X16, 3, 1) }, []uint32{0x91000470}},
	{"sub x16, x3, #4095", func(a *Asm) { a.AddImm(X16, 3, -4095) }, []uint32{0xd13ffc70}},
	{"add x16, x3, #1, lsl #12", func(a *Asm) { a.AddImm(X16, 3, 0x1000) }, []uint32{0x91400470}},
	{"add x16, x3, #4095, lsl #12; add x16, x16, #4095", func(a *Asm) { a.AddImm(X16, 3, 0xffffff) }, []uint32{0x917ffc70, 0x913ffe10}},
	{"sub x16, x3, #1, lsl #12; sub x16, x16, #1", func(a *Asm) { a.AddImm(X16, 3, -0x1001) }, []uint32{0xd1400470, 0xd1000610}},
	{"", func(a *Asm) { a.AddImm(X26, X26, 0) }, []uint32{}},
	{"add x16, x3, #0", func(a *Asm) { a.AddImm(X16, 3, 0) }, []uint32{0x91000070}},
	{"and x17, x16, #0xfffffffffffff000", func(a *Asm) { a.And(X17, X16, 12, 52) }, []uint32{0x9274ce11}},
	{"and x17, x16, #0xfffffffffffff007", func(a *Asm) { a.And(X17, X16, 12, 55) }, []uint32{0x9274da11}},
	{"and x17, x16, #0xfffffffffffff003", func(a *Asm) { a.And(X17, X16, 12, 54) }, []uint32{0x9274d611}},
	{"and x14, x13, #0xf", func(a *Asm) { a.And(X14, X13, 0, 4) }, []uint32{0x92400dae}},
	{"and x14, x3, #0xf0000000", func(a *Asm) { a.And(X14, 3, 28, 4) }, []uint32{0x92640c6e}},
	{"and x16, x3, #0xffffffffffffffc0", func(a *Asm) { a.And(X16, 3, 6, 58) }, []uint32{0x927ae470}},
	{"eor x15, x15, #0x1", func(a *Asm) { a.Flip(X15, X15, 0) }, []uint32{0xd24001ef}},
	{"eor x15, x15, #0x8", func(a *Asm) { a.Flip(X15, X15, 3) }, []uint32{0xd27d01ef}},
	{"ubfx x14, x16, #12, #10", func(a *Asm) { a.Field(X14, X16, 12, 10) }, []uint32{0xd34c560e}},
	{"ldrb w14, [x25, #4095]", func(a *Asm) { a.Mem(LDRB, X14, state, 4095) }, []uint32{0x397fff2e}},
	{"ldrh w14, [x25, #8190]", func(a *Asm) { a.Mem(LDRH, X14, state, 8190) }, []uint32{0x797fff2e}},
	{"ldr w14, [x25, #16380]", func(a *Asm) { a.Mem(LDRW, X14, state, 16380) }, []uint32{0xb97fff2e}},
	{"ldr x14, [x25, #32760]", func(a *Asm) { a.Mem(LDRX, X14, state, 32760) }, []uint32{0xf97fff2e}},
	{"strb w14, [x25, #1]", func(a *Asm) { a.Mem(STRB, X14, state, 1) }, []uint32{0x3900072e}},
	{"str w14, [x25, #4]", func(a *Asm) { a.Mem(STRW, X14, state, 4) }, []uint32{0xb900072e}},
	{"str xzr, [x25, #8]", func(a *Asm) { a.Mem(STRX, XZR, state, 8) }, []uint32{0xf900073f}},
	{"ldr x14, [sp, #8]", func(a *Asm) { a.Mem(LDRX, X14, sp, 8) }, []uint32{0xf94007ee}},
	{"ldp x1, x2, [x25, #504]", func(a *Asm) { a.Pair(LDPX, 1, 2, state, 504) }, []uint32{0xa95f8b21}},
	{"stp xzr, xzr, [x16, #-512]", func(a *Asm) { a.Pair(STPX, XZR, XZR, X16, -512) }, []uint32{0xa9207e1f}},
	{"ldp q30, q31, [x15, #480]", func(a *Asm) { a.Pair(LDPQ, 30, 31, X15, 480) }, []uint32{0xad4f7dfe}},
	{"stp q0, q1, [x15]", func(a *Asm) { a.Pair(STPQ, 0, 1, X15, 0) }, []uint32{0xad0005e0}},
	{"ldarb w1, [x16]", func(a *Asm) { a.Mem(LDAR, 1, X16, 0) }, []uint32{0x08dffe01}},
	{"ldar x1, [x16]", func(a *Asm) { a.Mem(LDAR|3<<30, 1, X16, 0) }, []uint32{0xc8dffe01}},
	{"stlrh w1, [x16]", func(a *Asm) { a.Mem(STLR|1<<30, 1, X16, 0) }, []uint32{0x489ffe01}},
	{"ldxr w14, [x16]", func(a *Asm) { a.Mem(LDXR|2<<30, X14, X16, 0) }, []uint32{0x885f7e0e}},
	{"ldaxr x14, [x16]", func(a *Asm) { a.Mem(LDXR|order|3<<30, X14, X16, 0) }, []uint32{0xc85ffe0e}},
	{"stxrb w14, w1, [x16]", func(a *Asm) { a.RRR(STXR, 1, X16, X14) }, []uint32{0x080e7e01}},
	{"stlxr w14, x1, [x16]", func(a *Asm) { a.RRR(STXR|order|3<<30, 1, X16, X14) }, []uint32{0xc80efe01}},
	{"casb w14, w1, [x16]", func(a *Asm) { a.RRR(CAS, 1, X16, X14) }, []uint32{0x08ae7e01}},
	{"casl x14, x1, [x16]", func(a *Asm) { a.RRR(CAS|order|3<<30, 1, X16, X14) }, []uint32{0xc8aefe01}},
	{"casp x14, x15, x16, x17, [x27]", func(a *Asm) { a.RRR(CASP|1<<30, X16, tlbReg, X14) }, []uint32{0x482e7f70}},
	{"caspl x14, x15, x16, x17, [x27]", func(a *Asm) { a.RRR(CASP|1<<30|order, X16, tlbReg, X14) }, []uint32{0x482eff70}},
	{"mrs x14, nzcv", func(a *Asm) { a.Get(X14, NZCV) }, []uint32{0xd53b420e}},
	{"msr nzcv, x14", func(a *Asm) { a.Set(NZCV, X14) }, []uint32{0xd51b420e}},
	{"mrs x14, fpcr", func(a *Asm) { a.Get(X14, FPCR) }, []uint32{0xd53b440e}},
	{"msr fpsr, xzr", func(a *Asm) { a.Set(FPSR, XZR) }, []uint32{0xd51b443f}},
	{"dmb ishld", func(a *Asm) { a.Word(uint32(dmb | 1<<8)) }, []uint32{0xd50339bf}},
	{"dmb ishst", func(a *Asm) { a.Word(uint32(dmb | 2<<8)) }, []uint32{0xd5033abf}},
	{"dmb ish", func(a *Asm) { a.Word(uint32(dmb | 3<<8)) }, []uint32{0xd5033bbf}},
	{"str x30, [sp, #-16]!", func(a *Asm) { a.Push(X30) }, []uint32{0xf81f0ffe}},
	{"ldr x30, [sp], #16", func(a *Asm) { a.Pop(X30) }, []uint32{0xf84107fe}},
	{"br x15", func(a *Asm) { a.JumpReg(BR, X15) }, []uint32{0xd61f01e0}},
	{"ret", func(a *Asm) { a.JumpReg(RET, X30) }, []uint32{0xd65f03c0}},
	{"b #-4", func(a *Asm) { a.JumpTo(base - 4) }, []uint32{0x17ffffff}},
	{"cbz x24, #8", func(a *Asm) { a.Link(a.Jump(CBZ, fpHere), base+8) }, []uint32{0xb4000058}},
	{"cbnz x14, #-1048576", func(a *Asm) { a.Link(a.Jump(CBNZ, X14), base-1<<20) }, []uint32{0xb580000e}},
	{"tbz w14, #3, #32764", func(a *Asm) { a.Link(a.Jump(TBZ|Bit(3), X14), base+32764) }, []uint32{0x361bffee}},
	{"tbnz x26, #63, #-32768", func(a *Asm) { a.Link(a.Jump(TBNZ|Bit(63), count), base-32768) }, []uint32{0xb7fc001a}},
	{"b.ne #8", func(a *Asm) { a.Link(a.Jump(0x54000001, 0), base+8) }, []uint32{0x54000041}},
	{"adr x17, #-3", func(a *Asm) { a.Adr(X17, base-3) }, []uint32{0x30fffff1}},
	{"adr x17, #1048575", func(a *Asm) { a.Adr(X17, base+1<<20-1) }, []uint32{0x707ffff1}},
	{"adrp x15, #-65536", func(a *Asm) { a.Start(X15) }, []uint32{0x90ffff8f}},
}

// assemble returns what emit writes at base.
func assemble(emit func(a *Asm)) (words []uint32) {
	a := &Asm{buf: make([]byte, base+64), n: base}
	emit(a)
	for b := a.buf[base:a.n]; len(b) != 0; b = b[4:] {
		words = append(words, binary.LittleEndian.Uint32(b))
	}
	return words
}

func TestEncodings(t *testing.T) {
	for _, c := range encodings {
		if got := assemble(c.emit); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %08x, want %08x", c.text, got, c.want)
		}
	}
}

// TestEncodingsGo holds the words against the disassembler of golang.org/x/arch,
// which does not know LSE.
func TestEncodingsGo(t *testing.T) {
	for _, c := range encodings {
		var texts []string
		for _, w := range c.want {
			in, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, w))
			if err == nil {
				texts = append(texts, spelling(arm64asm.GNUSyntax(in)))
			}
		}
		if len(texts) == 0 && strings.HasPrefix(c.text, "cas") {
			continue
		}
		if got := strings.Join(texts, "; "); got != spelling(c.text) {
			t.Errorf("%08x is %q, want %q", c.want, got, spelling(c.text))
		}
	}
}

// TestEncodingsLLVM is TestEncodingsGo with a second disassembler.
func TestEncodingsLLVM(t *testing.T) {
	var words []uint32
	for _, c := range encodings {
		words = append(words, c.want...)
	}
	texts, _ := llvm(t, words)
	for _, c := range encodings {
		n := len(c.want)
		if got := spelling(strings.Join(texts[:n], "; ")); got != spelling(c.text) {
			t.Errorf("%08x is %q, want %q", c.want, got, spelling(c.text))
		}
		texts = texts[n:]
	}
}

// llvm returns llvm-mc's texts of words, and what it warns of.
func llvm(t *testing.T, words []uint32) (texts []string, warnings string) {
	t.Helper()
	path, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("no llvm-mc: install Debian package llvm")
	}
	var in, diagnostics bytes.Buffer
	for _, w := range words {
		fmt.Fprintf(&in, "%#02x %#02x %#02x %#02x\n", byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	cmd := exec.Command(path, "-disassemble", "-triple=aarch64", "-mattr=+v8.1a,+aes,+sha2")
	cmd.Stdin, cmd.Stderr = &in, &diagnostics
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("llvm-mc: %v: %s", err, diagnostics.String())
	}
	text := strings.TrimSpace(strings.Replace(string(out), ".text", "", 1))
	if texts = strings.Split(text, "\n"); len(texts) != len(words) {
		t.Fatalf("llvm-mc: %d instructions, want %d: %s", len(texts), len(words), diagnostics.String())
	}
	return texts, diagnostics.String()
}

var number = regexp.MustCompile(`#-?(0x)?[0-9a-f]+|\.[+-]0x[0-9a-f]+`)

// remark is what llvm-mc adds to an instruction.
var remark = regexp.MustCompile(` *// =[0-9]+`)

// spelling writes numbers, spaces and system registers in one way.
func spelling(text string) string {
	text = remark.ReplaceAllString(strings.Join(strings.Fields(strings.ToLower(text)), " "), "")
	text = strings.NewReplacer(", ", ",", "s3_3_c4_c2_0", "nzcv", "s3_3_c4_c4_0", "fpcr", "s3_3_c4_c4_1", "fpsr").Replace(text)
	return number.ReplaceAllStringFunc(text, func(s string) string {
		s = strings.TrimPrefix(strings.TrimPrefix(s, "#"), ".")
		s = strings.TrimPrefix(s, "+")
		if v, err := strconv.ParseUint(s, 0, 64); err == nil {
			return "#" + strconv.FormatInt(int64(v), 10)
		}
		v, _ := strconv.ParseInt(s, 0, 64)
		return "#" + strconv.FormatInt(v, 10)
	})
}
