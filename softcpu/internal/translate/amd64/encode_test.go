package amd64

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
)

// form is an instruction in one form of its operands. text is how the Intel
// SDM, volume 2, writes it: r32 and xmm1 are registers in ModRM.reg; r/m32 and
// xmm2/m64 are a register or memory in ModRM.rm; m32 and xmm2 are only one of
// the two. rr and rm encode it with a register and with memory in ModRM.rm.
type form struct {
	text string
	rr   func(a *Asm, reg, rm Reg)
	rm   func(a *Asm, reg Reg, m Mem)
}

// inst is the form of an instruction that RR and RM encode.
func inst(text string, i Inst, w bool) form {
	f := form{text: text}
	if strings.Contains(text, "r/m") || strings.Contains(text, "xmm2") {
		f.rr = func(a *Asm, reg, rm Reg) { a.RR(i, w, reg, rm) }
	}
	if hasMemory.MatchString(text) {
		f.rm = func(a *Asm, reg Reg, m Mem) { a.RM(i, w, reg, m) }
	}
	return f
}

// digit is inst with a part of the opcode in ModRM.reg, and with bytes of an
// immediate.
func digit(text string, i Inst, w bool, d Reg, imm ...byte) form {
	f := inst(text, i, w)
	if rr := f.rr; rr != nil {
		f.rr = func(a *Asm, _, rm Reg) { rr(a, d, rm); a.n += copy(a.buf[a.n:], imm) }
	}
	if rm := f.rm; rm != nil {
		f.rm = func(a *Asm, _ Reg, m Mem) { rm(a, d, m); a.n += copy(a.buf[a.n:], imm) }
	}
	return f
}

// register is a form of a method that takes registers only.
func register(text string, rr func(a *Asm, reg, rm Reg)) form { return form{text: text, rr: rr} }

// memory is a form of a method that takes memory.
func memory(text string, rm func(a *Asm, reg Reg, m Mem)) form { return form{text: text, rm: rm} }

// plain is a form without operands.
func plain(text string, emit func(a *Asm)) form {
	return form{text: text, rr: func(a *Asm, _, _ Reg) { emit(a) }}
}

var (
	hasReg    = regexp.MustCompile(`\br(8|16|32|64)\b|\bxmm1\b`)
	hasRM     = regexp.MustCompile(`\br/m|\bxmm2\b`)
	hasMemory = regexp.MustCompile(`\bm(8|16|32|64|128)?\b`)
	operand   = regexp.MustCompile(`\b(r|r/m|m|xmm2/m)(8|16|32|64|128)\b|\bm\b|\bxmm[12]\b`)
)

// registerNames are by operand size in bits.
var registerNames = map[string][]string{
	"8":  strings.Fields("al cl dl bl spl bpl sil dil r8b r9b r10b r11b r12b r13b r14b r15b"),
	"16": strings.Fields("ax cx dx bx sp bp si di r8w r9w r10w r11w r12w r13w r14w r15w"),
	"32": strings.Fields("eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d"),
	"64": {
		RAX: "rax", RCX: "rcx", RDX: "rdx", RBX: "rbx", RSP: "rsp", RBP: "rbp", RSI: "rsi", RDI: "rdi",
		R8: "r8", R9: "r9", R10: "r10", R11: "r11", R12: "r12", R13: "r13", R14: "r14", R15: "r15",
	},
}

var memorySizes = map[string]string{
	"8": "byte ptr ", "16": "word ptr ", "32": "dword ptr ", "64": "qword ptr ", "128": "xmmword ptr ",
}

// memories are one of each kind of address: with and without a SIB byte, with
// the bases that need one, with the bases that need a displacement, and with
// displacements on both sides of what a byte holds.
var memories = []Mem{
	At(RAX, 0), At(RSP, 0), At(RBP, 0), At(R12, 0), At(R13, 0),
	At(RBX, 0x7f), At(R15, 0x80), At(RSP, -0x80), At(R12, -0x81), At(RBX, 0x7fff_ffff),
	Sum(RBP, RAX, 0), Sum(R13, R15, -8), Sum(RSP, RBP, 0x1234_5678),
	{Base: RBX, Index: R12, Scale: 1}, {Base: R12, Index: RCX, Scale: 2, Disp: 1}, {Base: R13, Index: R13, Scale: 3},
}

// allMemories are all bases, indices and scales with some displacements.
func allMemories() (all []Mem) {
	for _, disp := range []int32{0, -1, 0x1000} {
		for base := range R15 + 1 {
			all = append(all, At(base, disp))
			for index := range R15 + 1 {
				for scale := range uint8(4) {
					if index != RSP {
						all = append(all, Mem{base, index, scale, disp})
					}
				}
			}
		}
	}
	return all
}

// address is how the tables write an address.
func address(m Mem) string {
	s := registerNames["64"][m.Base]
	if m.Index != none {
		s += "+"
		if m.Scale > 0 {
			s += fmt.Sprintf("%d*", 1<<m.Scale)
		}
		s += registerNames["64"][m.Index]
	}
	if m.Disp != 0 {
		s += fmt.Sprintf("%+#x", m.Disp)
	}
	return "[" + s + "]"
}

// sample is an encoding, the text that a disassembler must give for it, and the
// size of the first operand in bits.
type sample struct {
	want string
	bits uint
	code []byte
}

// base is where code begins in the buffer of assemble.
const base = 0x100

// assemble returns what emit writes at base.
func assemble(emit func(a *Asm)) []byte {
	a := &Asm{buf: make([]byte, 2*base), n: base}
	emit(a)
	return a.buf[base:a.n]
}

// withRegister encodes the form with a register in ModRM.rm.
func (f form) withRegister(reg, rm Reg) sample {
	want := f.fill(reg, rm, "")
	return sample{want, f.bits(), assemble(func(a *Asm) { f.rr(a, reg, rm) })}
}

// withMemory encodes the form with memory in ModRM.rm.
func (f form) withMemory(reg Reg, m Mem) sample {
	want := f.fill(reg, 0, address(m))
	return sample{want, f.bits(), assemble(func(a *Asm) { f.rm(a, reg, m) })}
}

// fill puts operands into the form's text. ModRM.rm is rm if memory is "".
func (f form) fill(reg, rm Reg, memory string) string {
	return operand.ReplaceAllStringFunc(f.text, func(o string) string {
		size := o[strings.LastIndexAny(o, "rm")+1:]
		switch {
		case o == "xmm1":
			return fmt.Sprintf("xmm%d", reg)
		case o[0] == 'r' && o[1] != '/':
			return registerNames[size][reg]
		case memory != "" && o != "xmm2":
			return memorySizes[size] + memory
		case o[0] == 'x':
			return fmt.Sprintf("xmm%d", rm)
		}
		return registerNames[size][rm]
	})
}

// bits is the size of the first operand.
func (f form) bits() uint {
	o := operand.FindString(f.text)
	n, err := strconv.ParseUint(o[strings.LastIndexAny(o, "rm")+1:], 10, 8)
	if err != nil || o[0] == 'x' {
		return 64
	}
	return uint(n)
}

// samples are the form with all pairs of registers, and with memory of every
// kind, which has as many kinds as there are registers.
func (f form) samples() (all []sample) {
	regs, rms := Reg(1), Reg(1)
	if hasReg.MatchString(f.text) {
		regs = 16
	}
	if hasRM.MatchString(f.text) {
		rms = 16
	}
	for reg := range regs {
		for rm := range rms {
			if f.rr != nil {
				all = append(all, f.withRegister(reg, rm))
			}
		}
		for i, m := range memories {
			if f.rm != nil && i%int(regs) == int(reg) {
				all = append(all, f.withMemory(reg, m))
			}
		}
	}
	return all
}

// allForms are the tables.
func allForms() []form {
	var all []form
	for _, table := range [][]form{moveForms, integerForms, aluForms(), lockForms(), conditionForms(), jumpForms(), sseForms, fmaForms(), vectorForms, vexForms()} {
		all = append(all, table...)
	}
	return all
}

// allSamples are those of all forms, and one instruction with all addresses.
func allSamples() (all []sample) {
	for _, f := range allForms() {
		all = append(all, f.samples()...)
	}
	load := inst("mov r64, r/m64", MOV, true)
	for _, m := range allMemories() {
		all = append(all, load.withMemory(R9, m))
	}
	return all
}

func TestEncodings(t *testing.T) {
	for _, s := range allSamples() {
		if got := disassemble(s.code, s.bits); got != signed(s.want, s.bits) {
			t.Errorf("% x is %q, want %q", s.code, got, s.want)
		}
	}
}

// spelling writes x86asm's operands as these tables do.
var spelling = strings.NewReplacer(", ptr ", ", ", " .+", " ", " .-", " -")

// disassemble is x86asm's text in the spelling of these tables, or why there is
// none.
func disassemble(code []byte, bits uint) string {
	d, err := x86asm.Decode(code, 64)
	if err != nil {
		return err.Error()
	}
	if d.Len != len(code) {
		return fmt.Sprintf("an instruction of %d bytes in %d", d.Len, len(code))
	}
	text := x86asm.IntelSyntax(d, 0, nil)
	text = spelling.Replace(text)
	text = condition.ReplaceAllStringFunc(text, func(s string) string {
		m := condition.FindStringSubmatch(s)
		return m[1] + conditionAliases[m[2]]
	})
	return signed(negative.ReplaceAllStringFunc(text, func(s string) string {
		d, _ := strconv.ParseUint(s[len("+0x"):len(s)-1], 16, 32)
		return fmt.Sprintf("%#x]", int32(d))
	}), bits)
}

// negative matches a negative displacement of 32 bits as x86asm writes it.
var negative = regexp.MustCompile(`\+0x[89a-f][0-9a-f]{7}]`)

// condition matches the mnemonics whose condition x86asm gives its other name.
var condition = regexp.MustCompile(`^(j|set|cmov)(nb|z|nz|nbe|nl|nle)\b`)

var conditionAliases = map[string]string{"nb": "ae", "z": "e", "nz": "ne", "nbe": "a", "nl": "ge", "nle": "g"}

// immediate matches the last operand, if that is a number.
var immediate = regexp.MustCompile(`, (-?)0x([0-9a-f]+)$`)

// signed writes the immediate as a signed number of so many bits:
// disassemblers differ in that.
func signed(text string, bits uint) string {
	return immediate.ReplaceAllStringFunc(text, func(s string) string {
		m := immediate.FindStringSubmatch(s)
		v, err := strconv.ParseUint(m[2], 16, 64)
		if err != nil {
			return s
		}
		if m[1] != "" {
			v = -v
		}
		return fmt.Sprintf(", %#x", int64(v<<(64-bits))>>(64-bits))
	})
}
