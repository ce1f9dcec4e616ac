package a64

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
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
	t.Parallel()
	n := 60_000
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

// marker is a word that is none of those to be disassembled, and its first word there.
const marker, markerMnemonic = "0x1f 0x20 0x03 0xd5\n", "nop"

// llvmMnemonics returns the first word of each disassembly, "" for an invalid
// encoding: llvm-mc prints nothing for those, so a marker stands behind each word.
// Its many small writes about them are not looked at.
func llvmMnemonics(t *testing.T, path string, words []uint32) []string {
	var in, out bytes.Buffer
	for _, w := range words {
		fmt.Fprintf(&in, "%#x %#x %#x %#x\n%s", byte(w), byte(w>>8), byte(w>>16), byte(w>>24), marker)
	}
	cmd := exec.Command(path, "--disassemble", "-triple=aarch64", "-mattr=+v8a,+neon,+fp-armv8,+crypto,-fullfp16")
	cmd.Stdin, cmd.Stdout = &in, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("llvm-mc: %v", err)
	}
	result := make([]string, 0, len(words))
	mnemonic := ""
	for line := range strings.Lines(out.String()) {
		switch f := strings.Fields(line); {
		case len(f) == 0 || f[0] == ".text":
		case f[0] == markerMnemonic:
			result, mnemonic = append(result, mnemonic), ""
		case mnemonic != "":
			t.Fatalf("llvm-mc: %s and %s between two markers", mnemonic, f[0])
		default:
			mnemonic = f[0]
		}
	}
	if len(result) != len(words) {
		t.Fatalf("llvm-mc: %d markers of %d words", len(result), len(words))
	}
	return result
}
