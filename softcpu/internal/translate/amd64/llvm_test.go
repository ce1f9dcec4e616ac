package amd64

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestEncodingsLLVM is TestEncodings with a second disassembler.
func TestEncodingsLLVM(t *testing.T) {
	path, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("no llvm-mc: install Debian package llvm")
	}
	samples := allSamples()
	for i, got := range llvmDisassemble(t, path, samples) {
		s := samples[i]
		if want := signed(s.want, s.bits); got != want {
			t.Errorf("% x is %q, want %q", s.code, got, want)
		}
	}
}

// llvmDisassemble returns llvm-mc's texts in the spelling of the tables. A HLT
// behind each instruction shows where its text ends.
func llvmDisassemble(t *testing.T, path string, samples []sample) []string {
	t.Helper()
	var in, diagnostics bytes.Buffer
	for _, s := range samples {
		in.WriteString("[")
		for _, b := range s.code {
			fmt.Fprintf(&in, " %#x", b)
		}
		in.WriteString(" ]\n0xf4\n")
	}
	cmd := exec.Command(path, "-disassemble", "-triple=x86_64", "-output-asm-variant=1", "-print-imm-hex")
	cmd.Stdin, cmd.Stderr = &in, &diagnostics
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("llvm-mc: %v: %s", err, diagnostics.String())
	}
	texts := strings.Split(string(out), "\thlt\n")
	if len(texts) != len(samples)+1 {
		t.Fatalf("llvm-mc: %d instructions, want %d: %s", len(texts)-1, len(samples), diagnostics.String())
	}
	for i, s := range samples {
		texts[i] = signed(llvmSpelling(texts[i]), s.bits)
	}
	return texts[:len(samples)]
}

// llvmRemark matches what is no part of an instruction's text.
var llvmRemark = regexp.MustCompile(`(?m)^\t\.text$| *#.*$`)

// llvmSpelling puts a prefix of its own line before the instruction, and takes
// the spaces out of addresses.
func llvmSpelling(text string) string {
	text = strings.Join(strings.Fields(llvmRemark.ReplaceAllString(text, "")), " ")
	return llvmOperands.Replace(text)
}

var llvmOperands = strings.NewReplacer(" + ", "+", " - ", "-", "movabs ", "mov ")
