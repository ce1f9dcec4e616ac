package a64

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestSIMDAgainstLLVM compares allocation and mnemonic of random Advanced SIMD
// words with LLVM's disassembler.
func TestSIMDAgainstLLVM(t *testing.T) {
	path, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("no llvm-mc (Debian package llvm)")
	}
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	r := rand.New(rand.NewPCG(7, 0))
	words := make([]uint32, 0, n)
	for len(words) < n {
		words = append(words, randomSIMD(r))
	}
	differences := 0
	for i, want := range llvmMnemonics(t, path, words) {
		got := simdMnemonic(words[i])
		if got != want {
			if differences++; differences <= 50 {
				t.Errorf("word %08x: got %q, llvm-mc %q", words[i], got, want)
			}
		}
	}
	if differences > 50 {
		t.Errorf("%d differences in all", differences)
	}
}

var warning = regexp.MustCompile(`(?m)^<stdin>:(\d+):\d+: warning: `)

// llvmMnemonics returns the first word of each disassembly, "" for an invalid
// encoding.
func llvmMnemonics(t *testing.T, path string, words []uint32) []string {
	var in, out bytes.Buffer
	diag, err := os.Create(filepath.Join(t.TempDir(), "warnings")) // a pipe costs a switch for each of many small writes
	if err != nil {
		t.Fatal(err)
	}
	defer diag.Close()
	for _, w := range words {
		fmt.Fprintf(&in, "%#x %#x %#x %#x\n", byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	cmd := exec.Command(path, "--disassemble", "-triple=aarch64", "-mattr=+v8a,+neon,+fp-armv8,+crypto,-fullfp16")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, diag
	if err := cmd.Run(); err != nil {
		t.Fatalf("llvm-mc: %v", err)
	}
	warnings, err := os.ReadFile(diag.Name())
	if err != nil {
		t.Fatal(err)
	}
	invalid := make(map[int]bool)
	for _, m := range warning.FindAllStringSubmatch(string(warnings), -1) {
		line, _ := strconv.Atoi(m[1])
		invalid[line-1] = true
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != ".text" {
			lines = append(lines, f[0])
		}
	}
	if len(lines)+len(invalid) != len(words) {
		t.Fatalf("llvm-mc: %d valid and %d invalid of %d words", len(lines), len(invalid), len(words))
	}
	result := make([]string, len(words))
	for i := range words {
		if !invalid[i] {
			result[i], lines = lines[0], lines[1:]
		}
	}
	return result
}
