package oracle_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"
)

var decodeWords = flag.Int("decodewords", 100_000, "random words for the comparison of decoders")

// gap is a kind of word that a reference decoder judges wrongly, or by other rules than ours.
type gap struct {
	reason      string
	mask, value uint32
	accepts     bool // the reference does, and ours does not
}

func inGap(gaps []gap, w uint32, accepts bool) bool {
	for _, g := range gaps {
		if w&g.mask == g.value && g.accepts == accepts {
			return true
		}
	}
	return false
}

// asmGaps are those of arm64asm, which knows ARMv8.0.
var asmGaps = []gap{
	{"LSE: LDADD to SWP", 0x3f20_0c00, 0x3820_0000, false},
	{"LSE: CAS", 0x3fa0_7c00, 0x08a0_7c00, false},
	{"LSE: CASP", 0xbfa0_7c00, 0x0820_7c00, false},
	{"PAN: MSR PAN, #imm", 0xffff_f0ff, 0xd500_409f, false},
	{"HVC", 0xffe0_001f, 0xd400_0002, false},
	{"SMC", 0xffe0_001f, 0xd400_0003, false},
	{"SYS: some", 0xfff8_0000, 0xd508_0000, false},
	{"extended register shifted by 5 or 7", 0x1fe0_1400, 0x0b20_1400, true},
	{"extended register shifted by 6 or 7", 0x1fe0_1800, 0x0b20_1800, true},
	{"logical immediate: the reserved mask of all ones", 0x1f80_0000, 0x1200_0000, true},
}

// llvmGaps are those of llvm-mc 14.
var llvmGaps = []gap{
	{"UDF, which is undefined by definition", 0xffff_0000, 0x0000_0000, true},
	{"MRS, MSR: op0 is 2 or 3, it prints 0 too", 0xffd8_0000, 0xd500_0000, true},
}

// manyWords returns *decodeWords, or a tenth of it with -short.
func manyWords() int {
	if testing.Short() {
		return *decodeWords / 10
	}
	return *decodeWords
}

// randomWords returns words of any kind, half of them from the encoding table,
// where uniformly random words are rare.
func randomWords(r *rand.Rand, n int) []uint32 {
	words := make([]uint32, n)
	for i := range words {
		words[i] = r.Uint32()
		if i%2 == 0 {
			words[i] = oracle.RandomWord(r)
		}
	}
	return words
}

// TestDecodeLLVM compares which words are allocated with llvm-mc.
func TestDecodeLLVM(t *testing.T) {
	path, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("no llvm-mc: install Debian package llvm")
	}
	r := rand.New(rand.NewPCG(3, 0))
	for left := manyWords(); left > 0; left -= 1 << 20 {
		words := randomWords(r, min(left, 1<<20))
		for i, text := range llvmDisassemble(t, path, words) {
			w := words[i]
			if ours := !undefined(w); ours != (text != "") && !inGap(llvmGaps, w, !ours) {
				t.Errorf("%08x: allocated is %v, llvm-mc says %q", w, ours, text)
			}
		}
	}
}

// llvmWarning matches what llvm-mc says of a word that it cannot decode. Of
// unpredictable ones it says "potentially undefined" and decodes them.
var llvmWarning = regexp.MustCompile(`(?m)^<stdin>:(\d+):\d+: warning: invalid instruction encoding`)

// llvmDisassemble returns the text of each word, "" for an unallocated one.
func llvmDisassemble(t *testing.T, path string, words []uint32) []string {
	var in, out bytes.Buffer
	diag, err := os.Create(filepath.Join(t.TempDir(), "warnings")) // a pipe costs a switch for each of many small writes
	if err != nil {
		t.Fatal(err)
	}
	defer diag.Close()
	for _, w := range words {
		fmt.Fprintf(&in, "%#x %#x %#x %#x\n", byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	// Exactly the extensions that the software CPU has.
	cmd := exec.Command(path, "--disassemble", "-triple=aarch64", "-mattr=+v8a,+neon,+fp-armv8,+crc,+aes,+sha2,+lse,+pan,-fullfp16,-rdm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, diag
	if err := cmd.Run(); err != nil {
		t.Fatalf("llvm-mc: %v", err)
	}
	warnings, err := os.ReadFile(diag.Name())
	if err != nil {
		t.Fatal(err)
	}
	invalid := make([]bool, len(words))
	for _, m := range llvmWarning.FindAllStringSubmatch(string(warnings), -1) {
		line, _ := strconv.Atoi(m[1])
		invalid[line-1] = true
	}
	texts := make([]string, len(words))
	i := 0
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(line)
		if line == "" || line == ".text" {
			continue
		}
		for i < len(words) && invalid[i] {
			i++
		}
		texts[i] = line
		i++
	}
	return texts
}

// FuzzDecodeASM compares which words are allocated with arm64asm.
func FuzzDecodeASM(f *testing.F) {
	for _, w := range randomWords(rand.New(rand.NewPCG(4, 0)), manyWords()) {
		if text := asmDifference(w); text != "" {
			f.Error(text)
		}
	}
	f.Add(uint32(0xd503201f)) // nop
	f.Fuzz(func(t *testing.T, w uint32) {
		if text := asmDifference(w); text != "" {
			t.Error(text)
		}
	})
}

func asmDifference(w uint32) string {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], w)
	in, err := arm64asm.Decode(b[:])
	if ours := !undefined(w); ours == (err == nil) || inGap(asmGaps, w, !ours) {
		return ""
	} else if ours {
		return fmt.Sprintf("%08x is allocated, arm64asm does not know it", w)
	}
	return fmt.Sprintf("%08x is unallocated, arm64asm says %v", w, in)
}
