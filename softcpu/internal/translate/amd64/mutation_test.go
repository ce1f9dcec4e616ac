package amd64

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// agrees says whether code disassembles to the text of s.
func (s sample) agrees(code []byte) bool {
	return disassemble(code, s.bits) == signed(s.want, s.bits)
}

// TestWrongOperandIsSeen gives each form another register or another address
// than the text has: the disassembly has to differ.
func TestWrongOperandIsSeen(t *testing.T) {
	for _, f := range allForms() {
		if f.rr != nil {
			f.testWrongRegister(t)
		}
		if f.rm != nil {
			f.testWrongMemory(t)
		}
	}
}

func (f form) testWrongRegister(t *testing.T) {
	const reg, rm = RSI, R9
	s := f.withRegister(reg, rm)
	for other := range R15 + 1 {
		if other != reg && hasReg.MatchString(f.text) && s.agrees(f.withRegister(other, rm).code) {
			t.Errorf("%s: register %d of ModRM.reg passes for %d", f.text, other, reg)
		}
		if other != rm && hasRM.MatchString(f.text) && s.agrees(f.withRegister(reg, other).code) {
			t.Errorf("%s: register %d of ModRM.rm passes for %d", f.text, other, rm)
		}
	}
}

func (f form) testWrongMemory(t *testing.T) {
	for i, m := range memories {
		s := f.withMemory(RSI, m)
		for j, other := range memories {
			if i != j && s.agrees(f.withMemory(RSI, other).code) {
				t.Errorf("%s: %s passes for %s", f.text, address(other), address(m))
			}
		}
	}
}

// mandatory are the prefixes that are part of an opcode; many have none.
var mandatory = []byte{0x66, 0xf2, 0xf3}

// TestWrongPrefixIsSeen changes prefixes where they matter.
func TestWrongPrefixIsSeen(t *testing.T) {
	for _, f := range allForms() {
		var samples []sample
		if f.rr != nil {
			samples = append(samples, f.withRegister(RSI, R9), f.withRegister(RAX, RCX))
		}
		if f.rm != nil {
			samples = append(samples, f.withMemory(RSI, memories[0]))
		}
		for _, s := range samples {
			for _, code := range f.wrongPrefixes(s.code) {
				if s.agrees(code) {
					t.Errorf("%s: % x passes for % x", f.text, code, s.code)
				}
			}
		}
	}
}

var (
	usesXMM   = regexp.MustCompile(`\bxmm`)
	usesREXW  = regexp.MustCompile(`\br(/m)?(16|32|64)\b`)
	has32Bits = regexp.MustCompile(`\br(/m)?32\b`)
)

// wrongPrefixes returns code with each other mandatory prefix if the form has
// one or works on XMM registers, with 66 if its operands are of 32 bits, and with
// the other REX.W if that decides a width.
func (f form) wrongPrefixes(code []byte) (wrong [][]byte) {
	if code[0] == 0xc4 {
		return wrongVEX(code)
	}
	own, rest := splitPrefix(code)
	sse := usesXMM.MatchString(f.text) || len(own) > 0
	only32 := has32Bits.MatchString(f.text) && !strings.Contains(f.text, "64") // 66 makes it 16
	for _, p := range mandatory {
		if (sse || p == 0x66 && only32) && !slices.Equal(own, []byte{p}) {
			wrong = append(wrong, append([]byte{p}, rest...))
		}
	}
	if len(own) > 0 {
		wrong = append(wrong, rest)
	}
	if !usesREXW.MatchString(f.text) || f.text == "jmp r/m64" { // which is 64 bits wide without REX.W
		return wrong
	}
	rex := byte(0x40)
	if rest[0]&0xf0 == rex {
		rex, rest = rest[0], rest[1:]
	}
	return append(wrong, slices.Concat(own, []byte{rex ^ 8}, rest))
}

// splitPrefix cuts code behind its mandatory prefix.
func splitPrefix(code []byte) (own, rest []byte) {
	if slices.Contains(mandatory, code[0]) {
		return code[:1], code[1:]
	}
	return nil, code
}

// wrongVEX returns code with each bit of the opcode map, W, vvvv and pp
// inverted.
func wrongVEX(code []byte) (wrong [][]byte) {
	for bit := range 13 {
		if bit == 2 { // VEX.L, which scalar instructions ignore
			continue
		}
		c := slices.Clone(code)
		if bit < 8 {
			c[2] ^= 1 << bit
		} else {
			c[1] ^= 1 << (bit - 8)
		}
		wrong = append(wrong, c)
	}
	return wrong
}
