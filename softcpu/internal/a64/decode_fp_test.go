package a64

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// randomFP returns a random word of the scalar floating-point space.
func randomFP(r *rand.Rand) uint32 {
	w := r.Uint32()&^(0x5f<<24) | 0x1e<<24
	if r.IntN(8) == 0 {
		w |= 1 << 24
	}
	switch r.IntN(6) { // the groups with many fixed bits
	case 0:
		w &^= 0b111111 << 10
	case 1:
		w = w&^(0b11111<<10) | 0b10000<<10
	case 2:
		w = w&^(0b1111<<10|0b111) | 0b1000<<10
	case 3:
		w = w&^(0b111<<10|31<<5) | 0b100<<10
	}
	if r.IntN(2) == 0 {
		w &^= 5 << 29 // M and S
	}
	return w
}

// TestFPMnemonics compares allocation and mnemonic of random words with golang.org/x/arch.
func TestFPMnemonics(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 200_000
	if testing.Short() {
		n = 50_000
	}
	for range n {
		w := randomFP(r)
		want := "UNDEFINED"
		inst, err := arm64asm.Decode([]byte{byte(w), byte(w >> 8), byte(w >> 16), byte(w >> 24)})
		if err == nil {
			want = inst.Op.String()
		}
		if got := Decode(w).Code.String(); got != want {
			t.Errorf("word %08x: got %s, arm64asm says %s", w, got, want)
		}
	}
}

// TestFPFields checks formats and register indices, register 31 among them.
func TestFPFields(t *testing.T) {
	tests := []struct {
		word uint32
		text string
		want Op // Imm is the word
	}{
		{0x1e622820, "fadd d0, d1, d2", Op{Code: FADD, Rd: 0, Rn: 1, Rm: 2, Aux: 1}},
		{0x1f42101f, "fmadd d31, d0, d2, d4", Op{Code: FMADD, Rd: 31, Rn: 0, Rm: 2, Ra: 4, Aux: 1}},
		{0x1ee24020, "fcvt s0, h1", Op{Code: FCVT, Rd: 0, Rn: 1, Aux: 3}},
		{0x1e63c020, "fcvt h0, d1", Op{Code: FCVT, Rd: 0, Rn: 1, Aux: 1 | 3<<2}},
		{0x9e78001f, "fcvtzs xzr, d0", Op{Code: FCVTZS, Rd: Sink, Rn: 0, Aux: 1 | 1<<4}},
		{0x1e2203e0, "scvtf s0, wzr", Op{Code: SCVTF, Rd: 0, Rn: ZR, Aux: 0}},
		{0x9eaf03e5, "fmov v5.d[1], xzr", Op{Code: FMOVTopFromGeneral, Rd: 5, Rn: ZR, Aux: 2 | 1<<4}},
		{0x9eae00bf, "fmov xzr, v5.d[1]", Op{Code: FMOVTopToGeneral, Rd: Sink, Rn: 5, Aux: 2 | 1<<4}},
		{0x1e260000, "fmov w0, s0", Op{Code: FMOVToGeneral}},
		{0x9e42fc00, "scvtf d0, x0, #1", Op{Code: SCVTFFixed, Aux: 1 | 1<<4}},
	}
	for _, tt := range tests {
		got := Decode(tt.word)
		want := tt.want
		want.Imm = uint64(tt.word)
		want.Rm, want.Ra = got.Rm, got.Ra
		if tt.want.Rm != 0 || tt.want.Ra != 0 {
			want.Rm, want.Ra = uint8(tt.word>>16&31), uint8(tt.word>>10&31)
		}
		if got != want {
			t.Errorf("%08x %s: got %+v, want %+v", tt.word, tt.text, got, want)
		}
	}
}

// TestFPAgainstLLVM compares allocation and mnemonic of random words with LLVM's disassembler.
func TestFPAgainstLLVM(t *testing.T) {
	path, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("no llvm-mc (Debian package llvm)")
	}
	t.Parallel()
	n := 60_000
	if testing.Short() {
		n = 20_000
	}
	r := rand.New(rand.NewPCG(8, 0))
	words := make([]uint32, n)
	for i := range words {
		words[i] = randomFP(r)
	}
	for i, want := range llvmMnemonics(t, path, words) {
		got := Decode(words[i]).Code.String()
		if got == "UNDEFINED" {
			got = ""
		}
		if got != strings.ToUpper(want) {
			t.Errorf("word %08x: got %q, llvm-mc %q", words[i], got, want)
		}
	}
}
