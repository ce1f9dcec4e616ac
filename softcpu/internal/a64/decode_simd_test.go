package a64

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// randomSIMD returns a random word of the Advanced SIMD space; classes with
// many fixed bits get their share.
func randomSIMD(r *rand.Rand) uint32 {
	w := r.Uint32()&^(1<<31) | 7<<25
	if w>>28&0b0101 == 0b0001 {
		w |= 1 << 30
	}
	switch r.IntN(6) {
	case 0: // two-register miscellaneous, across lanes, AES, SHA with two registers
		return w&^(1<<24|15<<17|3<<10) | 1<<21 | []uint32{0, 4, 8}[r.IntN(3)]<<17 | 2<<10
	case 1: // copy, permute, look-up, SHA with three registers
		return w &^ (1<<24 | 7<<21 | 1<<15)
	case 2: // modified immediate
		return w&^(31<<19|3<<10) | 1<<24 | 1<<10
	}
	return w
}

// TestSIMDMnemonics compares allocation and mnemonic of random words with
// golang.org/x/arch.
func TestSIMDMnemonics(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	n := 100_000
	if testing.Short() {
		n = 50_000
	}
	for range n {
		w := randomSIMD(r)
		want := ""
		inst, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, w))
		if err == nil {
			want = strings.ToLower(inst.Op.String())
		}
		got := simdMnemonic(w)
		if op := Decode(w); (op.Code == VSSHLL || op.Code == VUSHLL) && op.Index() == 0 {
			got = strings.Replace(got, "shll", "xtl", 1) // arm64asm's alias, not LLVM's
		}
		if got != want {
			t.Errorf("word %08x: got %q, arm64asm says %q", w, got, want)
		}
	}
}

// simdMnemonic returns the mnemonic that disassemblers print: the preferred alias in lower
// case, or nothing for an undefined word.
func simdMnemonic(w uint32) string {
	op := Decode(w)
	if op.Code == Undefined {
		return ""
	}
	m := strings.ToLower(op.Code.String())
	if op.Q() && hasUpperHalf(op.Code) {
		m += "2"
	}
	switch {
	case op.Code == VORR && op.Rn == op.Rm:
		return "mov"
	case op.Code == VNOT:
		return "mvn"
	case op.Code == VUMOV && op.Size() >= 2, op.Code == VINSElem, op.Code == VINSGeneral, op.Code == VDUPElem && op.Scalar():
		return "mov"
	}
	return m
}

// hasUpperHalf says whether Q of the vector form chooses a half of a register.
func hasUpperHalf(c Code) bool {
	switch {
	case c >= VSADDL && c <= VPMULL, c == VXTN, c == VSQXTN, c == VUQXTN, c == VSQXTUN, c == VSHLL,
		c >= VSMULLElem && c <= VSQDMLSLElem, c >= VSHRN && c <= VUSHLL, c >= VFCVTN && c <= VFCVTL:
		return true
	}
	return false
}

// TestSIMDFields checks what the decoder puts into Aux, and the general
// registers among the operands.
func TestSIMDFields(t *testing.T) {
	const q, scalar = auxQ, auxScalar
	for _, c := range []struct {
		word uint32
		text string
		want Op // Imm is the word unless it is set
	}{
		{0x0e228420, "add v0.8b, v1.8b, v2.8b", Op{Code: VADD, Rn: 1, Rm: 2, Aux: 0}},
		{0x4ee28420, "add v0.2d, v1.2d, v2.2d", Op{Code: VADD, Rn: 1, Rm: 2, Aux: 3 | q}},
		{0x5ee28420, "add d0, d1, d2", Op{Code: VADD, Rn: 1, Rm: 2, Aux: 3 | scalar}},
		{0x0ee28420, "add v0.1d, v1.1d, v2.1d: reserved", Op{Code: Undefined, Rn: 1, Rm: 2}},
		{0x4f62813f, "mul v31.8h, v9.8h, v2.h[2]", Op{Code: VMULElem, Rd: 31, Rn: 9, Rm: 2, Aux: 1 | q | 2<<8}},
		{0x4f728a3f, "mul v31.8h, v17.8h, v2.h[7]", Op{Code: VMULElem, Rd: 31, Rn: 17, Rm: 2, Aux: 1 | q | 7<<8}},
		{0x4fb28a3f, "mul v31.4s, v17.4s, v18.s[3]", Op{Code: VMULElem, Rd: 31, Rn: 17, Rm: 18, Aux: 2 | q | 3<<8}},
		{0x4fd29a3f, "fmul v31.2d, v17.2d, v18.d[1]", Op{Code: VFMULElem, Rd: 31, Rn: 17, Rm: 18, Aux: 3 | q | 1<<8}},
		{0x0f0f0420, "sshr v0.8b, v1.8b, #1", Op{Code: VSSHR, Rn: 1, Rm: 15, Aux: 1 << 8}},
		{0x4f400420, "sshr v0.2d, v1.2d, #64", Op{Code: VSSHR, Rn: 1, Rm: 0, Aux: 3 | q | 64<<8}},
		{0x4f7f5420, "shl v0.2d, v1.2d, #63", Op{Code: VSHL, Rn: 1, Rm: 31, Aux: 3 | q | 63<<8}},
		{0x0f08a420, "sshll v0.8h, v1.8b, #0", Op{Code: VSSHLL, Rn: 1, Rm: 8, Aux: 0}},
		{0x4f0f8420, "shrn2 v0.16b, v1.8h, #1", Op{Code: VSHRN, Rn: 1, Rm: 15, Aux: q | 1<<8}},
		{0x6e1f4420, "ins v0.b[15], v1.b[8]", Op{Code: VINSElem, Rn: 1, Rm: 31, Aux: q | 15<<8 | 8<<4}},
		{0x6e182420, "ins v0.d[1], v1.d[0], lowest bits of imm4 ignored", Op{Code: VINSElem, Rn: 1, Rm: 24, Aux: 3 | q | 1<<8}},
		{0x4e181fe0, "ins v0.d[1], xzr", Op{Code: VINSGeneral, Rn: ZR, Rm: 24, Aux: 3 | q | 1<<8}},
		{0x0e0e3c3f, "umov wzr, v1.h[3]", Op{Code: VUMOV, Rd: Sink, Rn: 1, Rm: 14, Aux: 1 | 3<<8}},
		{0x4e042c3e, "smov x30, v1.s[0]", Op{Code: VSMOV, Rd: 30, Rn: 1, Rm: 4, Aux: 2 | q}},
		{0x6e027820, "ext v0.16b, v1.16b, v2.16b, #15", Op{Code: VEXT, Rn: 1, Rm: 2, Aux: q | 15<<8}},
		{0x4e0363e0, "tbl v0.16b, {v31.16b-v2.16b}, v3.16b", Op{Code: VTBL, Rn: 31, Rm: 3, Aux: q | 3<<8}},
		{0x0e217820, "fcvtl v0.4s, v1.4h", Op{Code: VFCVTL, Rn: 1, Rm: 1, Aux: 2}},
		{0x4f07e7e0, "movi v0.16b, #0xff", Op{Code: VMOVI, Rn: 31, Rm: 7, Aux: q, Imm: 0xffff_ffff_ffff_ffff}},
		{0x6f00e520, "movi v0.2d, #0x0000ff000000ff: bit by bit", Op{Code: VMOVI, Rn: 9, Rm: 0, Aux: q, Imm: 0x0000_0000_ff00_00ff}},
		{0x4f00c420, "movi v0.4s, #1, msl #8", Op{Code: VMOVI, Rn: 1, Rm: 0, Aux: q, Imm: 0x0000_01ff_0000_01ff}},
		{0x6f002420, "mvni v0.4s, #1, lsl #8", Op{Code: VMVNI, Rn: 1, Rm: 0, Aux: q, Imm: 0xffff_feff_ffff_feff}},
		{0x2f00b420, "bic v0.4h, #1, lsl #8", Op{Code: VBICImm, Rn: 1, Rm: 0, Imm: 0xfeff_feff_feff_feff}},
		{0x4f03f600, "fmov v0.4s, #1.0", Op{Code: VFMOVImm, Rn: 16, Rm: 3, Aux: q, Imm: 0x3f80_0000_3f80_0000}},
		{0x6f04f400, "fmov v0.2d, #-2.0", Op{Code: VFMOVImm, Rn: 0, Rm: 4, Aux: q, Imm: 0xc000_0000_0000_0000}},
	} {
		got := Decode(c.word)
		if c.want.Imm == 0 {
			c.want.Imm = uint64(c.word)
		}
		c.want.Ra = got.Ra // means nothing here
		if c.want.Code == Undefined {
			c.want.Aux = got.Aux
		}
		if got != c.want {
			t.Errorf("%08x %s:\n\tgot  %+v\n\twant %+v", c.word, c.text, got, c.want)
		}
	}
}

func BenchmarkDecodeSIMD(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 0))
	var words [1024]uint32
	for i := range words {
		words[i] = randomSIMD(r)
	}
	for i := 0; b.Loop(); i++ {
		_ = Decode(words[i%len(words)])
	}
}
