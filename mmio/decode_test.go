package mmio

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/arch/arm64/arm64asm"
)

// decodeRow is a word, its text, and what it decodes to. The test checks that arm64asm
// gives the same text. A text that starts with "+" belongs to an extension that arm64asm
// does not know.
type decodeRow struct {
	word uint32
	text string
	want Insn
}

var decodeSingleRows = []decodeRow{
	{0xf9400041, "ldr x1, [x2]", Insn{Op: Load, Size: 8, Count: 1, Rt: 1, Rn: 2}},
	{0xb9000be3, "str w3, [sp,#8]", Insn{Op: Store, Size: 4, Count: 1, Rt: 3, Rn: 31, Imm: 8}},
	{0x397ffc41, "ldrb w1, [x2,#4095]", Insn{Op: Load, Size: 1, Count: 1, Rt: 1, Rn: 2, Imm: 4095}},
	{0x3900005f, "strb wzr, [x2]", Insn{Op: Store, Size: 1, Count: 1, Rt: 31, Rn: 2}},
	{0x79400441, "ldrh w1, [x2,#2]", Insn{Op: Load, Size: 2, Count: 1, Rt: 1, Rn: 2, Imm: 2}},
	{0x39c00041, "ldrsb w1, [x2]", Insn{Op: Load, Size: 1, Count: 1, Signed: true, Rt: 1, Rn: 2}},
	{0x39800041, "ldrsb x1, [x2]", Insn{Op: Load, Size: 1, Count: 1, Signed: true, Wide: true, Rt: 1, Rn: 2}},
	{0x79c00041, "ldrsh w1, [x2]", Insn{Op: Load, Size: 2, Count: 1, Signed: true, Rt: 1, Rn: 2}},
	{0xb9800441, "ldrsw x1, [x2,#4]", Insn{Op: Load, Size: 4, Count: 1, Signed: true, Wide: true, Rt: 1, Rn: 2, Imm: 4}},
	{0xf85f8041, "ldur x1, [x2,#-8]", Insn{Op: Load, Size: 8, Count: 1, Rt: 1, Rn: 2, Imm: -8}},
	{0x380ff041, "sturb w1, [x2,#255]", Insn{Op: Store, Size: 1, Count: 1, Rt: 1, Rn: 2, Imm: 255}},
	{0xb8900041, "ldursw x1, [x2,#-256]", Insn{Op: Load, Size: 4, Count: 1, Signed: true, Wide: true, Rt: 1, Rn: 2, Imm: -256}},
	{0xf8408c41, "ldr x1, [x2,#8]!", Insn{Op: Load, Size: 8, Count: 1, Mode: PreIndex, Rt: 1, Rn: 2, Imm: 8}},
	{0xb81fc441, "str w1, [x2],#-4", Insn{Op: Store, Size: 4, Count: 1, Mode: PostIndex, Rt: 1, Rn: 2, Imm: -4}},
	{0x78802441, "ldrsh x1, [x2],#2", Insn{Op: Load, Size: 2, Count: 1, Signed: true, Wide: true, Mode: PostIndex, Rt: 1, Rn: 2, Imm: 2}},
	{0x381fffe1, "strb w1, [sp,#-1]!", Insn{Op: Store, Size: 1, Count: 1, Mode: PreIndex, Rt: 1, Rn: 31, Imm: -1}},
	{0xf8408841, "ldtr x1, [x2,#8]", Insn{Op: Load, Size: 8, Count: 1, Unprivileged: true, Rt: 1, Rn: 2, Imm: 8}},
	{0x78000841, "sttrh w1, [x2]", Insn{Op: Store, Size: 2, Count: 1, Unprivileged: true, Rt: 1, Rn: 2}},
	{0xf8635841, "ldr x1, [x2,w3,uxtw #3]", Insn{Op: Load, Size: 8, Count: 1, Mode: RegisterOffset, Extend: UXTW, Shift: 3, Rt: 1, Rn: 2, Rm: 3}},
	{0xf8636841, "ldr x1, [x2,x3]", Insn{Op: Load, Size: 8, Count: 1, Mode: RegisterOffset, Extend: LSL, Rt: 1, Rn: 2, Rm: 3}},
	{0x3823c841, "strb w1, [x2,w3,sxtw]", Insn{Op: Store, Size: 1, Count: 1, Mode: RegisterOffset, Extend: SXTW, Rt: 1, Rn: 2, Rm: 3}},
	{0xb8a3f841, "ldrsw x1, [x2,x3,sxtx #2]", Insn{Op: Load, Size: 4, Count: 1, Signed: true, Wide: true, Mode: RegisterOffset, Extend: SXTX, Shift: 2, Rt: 1, Rn: 2, Rm: 3}},
	{0x18ffffe1, "ldr w1, .+0xfffffffffffffffc", Insn{Op: Load, Size: 4, Count: 1, Mode: Literal, Rt: 1, Imm: -4}},
	{0x58000041, "ldr x1, .+0x8", Insn{Op: Load, Size: 8, Count: 1, Mode: Literal, Rt: 1, Imm: 8}},
	{0x987fffe1, "ldrsw x1, .+0xffffc", Insn{Op: Load, Size: 4, Count: 1, Signed: true, Wide: true, Mode: Literal, Rt: 1, Imm: 0xffffc}},
	{0xf9800020, "prfm pldl1keep, [x1]", Insn{}},
	{0xd8000040, "prfm pldl1keep, .+0x8", Insn{}},
	{0xf89ff020, "prfum pldl1keep, [x1,#-1]", Insn{}},
	{0xf8a26820, "prfm pldl1keep, [x1,x2]", Insn{}},
	{0xd95f8041, "+ldapur x1, [x2, #-8]", Insn{Op: Load, Size: 8, Count: 1, Rt: 1, Rn: 2, Imm: -8}},
	{0x19c00041, "+ldapursb w1, [x2]", Insn{Op: Load, Size: 1, Count: 1, Signed: true, Rt: 1, Rn: 2}},
	{0x99800041, "+ldapursw x1, [x2]", Insn{Op: Load, Size: 4, Count: 1, Signed: true, Wide: true, Rt: 1, Rn: 2}},
	{0x59004041, "+stlurh w1, [x2, #4]", Insn{Op: Store, Size: 2, Count: 1, Rt: 1, Rn: 2, Imm: 4}},
}

var decodeVectorRows = []decodeRow{
	{0x3ca37841, "str q1, [x2,x3,lsl #4]", Insn{Op: Store, Size: 16, Count: 1, Vector: true, Mode: RegisterOffset, Extend: LSL, Shift: 4, Rt: 1, Rn: 2, Rm: 3}},
	{0x1c000081, "ldr s1, .+0x10", Insn{Op: Load, Size: 4, Count: 1, Vector: true, Mode: Literal, Rt: 1, Imm: 16}},
	{0x5c000081, "ldr d1, .+0x10", Insn{Op: Load, Size: 8, Count: 1, Vector: true, Mode: Literal, Rt: 1, Imm: 16}},
	{0x9c000081, "ldr q1, .+0x10", Insn{Op: Load, Size: 16, Count: 1, Vector: true, Mode: Literal, Rt: 1, Imm: 16}},
	{0x3d400041, "ldr b1, [x2]", Insn{Op: Load, Size: 1, Count: 1, Vector: true, Rt: 1, Rn: 2}},
	{0x7d000441, "str h1, [x2,#2]", Insn{Op: Store, Size: 2, Count: 1, Vector: true, Rt: 1, Rn: 2, Imm: 2}},
	{0xbc404c41, "ldr s1, [x2,#4]!", Insn{Op: Load, Size: 4, Count: 1, Vector: true, Mode: PreIndex, Rt: 1, Rn: 2, Imm: 4}},
	{0xfc008441, "str d1, [x2],#8", Insn{Op: Store, Size: 8, Count: 1, Vector: true, Mode: PostIndex, Rt: 1, Rn: 2, Imm: 8}},
	{0x3dc00441, "ldr q1, [x2,#16]", Insn{Op: Load, Size: 16, Count: 1, Vector: true, Rt: 1, Rn: 2, Imm: 16}},
	{0x3c9f03ff, "stur q31, [sp,#-16]", Insn{Op: Store, Size: 16, Count: 1, Vector: true, Rt: 31, Rn: 31, Imm: -16}},
	{0x2d400861, "ldp s1, s2, [x3]", Insn{Op: Load, Size: 4, Count: 2, Vector: true, Rt: 1, Rt2: 2, Rn: 3}},
	{0x6c810861, "stp d1, d2, [x3],#16", Insn{Op: Store, Size: 8, Count: 2, Vector: true, Mode: PostIndex, Rt: 1, Rt2: 2, Rn: 3, Imm: 16}},
	{0xade00861, "ldp q1, q2, [x3,#-1024]!", Insn{Op: Load, Size: 16, Count: 2, Vector: true, Mode: PreIndex, Rt: 1, Rt2: 2, Rn: 3, Imm: -1024}},
	{0xac010861, "stnp q1, q2, [x3,#32]", Insn{Op: Store, Size: 16, Count: 2, Vector: true, Rt: 1, Rt2: 2, Rn: 3, Imm: 32}},
}

var decodePairRows = []decodeRow{
	{0xa9400861, "ldp x1, x2, [x3]", Insn{Op: Load, Size: 8, Count: 2, Rt: 1, Rt2: 2, Rn: 3}},
	{0x293f0861, "stp w1, w2, [x3,#-8]", Insn{Op: Store, Size: 4, Count: 2, Rt: 1, Rt2: 2, Rn: 3, Imm: -8}},
	{0x28c10861, "ldp w1, w2, [x3],#8", Insn{Op: Load, Size: 4, Count: 2, Mode: PostIndex, Rt: 1, Rt2: 2, Rn: 3, Imm: 8}},
	{0xa9bf7fe1, "stp x1, xzr, [sp,#-16]!", Insn{Op: Store, Size: 8, Count: 2, Mode: PreIndex, Rt: 1, Rt2: 31, Rn: 31, Imm: -16}},
	{0x69408861, "ldpsw x1, x2, [x3,#4]", Insn{Op: Load, Size: 4, Count: 2, Signed: true, Wide: true, Rt: 1, Rt2: 2, Rn: 3, Imm: 4}},
	{0x69c08861, "ldpsw x1, x2, [x3,#4]!", Insn{Op: Load, Size: 4, Count: 2, Signed: true, Wide: true, Mode: PreIndex, Rt: 1, Rt2: 2, Rn: 3, Imm: 4}},
	{0xa8410861, "ldnp x1, x2, [x3,#16]", Insn{Op: Load, Size: 8, Count: 2, Rt: 1, Rt2: 2, Rn: 3, Imm: 16}},
	{0x28000861, "stnp w1, w2, [x3]", Insn{Op: Store, Size: 4, Count: 2, Rt: 1, Rt2: 2, Rn: 3}},
}

var decodeAtomicRows = []decodeRow{
	{0xc85f7c41, "ldxr x1, [x2]", Insn{Op: Load, Size: 8, Count: 1, Rt: 1, Rn: 2}},
	{0x085ffc41, "ldaxrb w1, [x2]", Insn{Op: Load, Size: 1, Count: 1, Rt: 1, Rn: 2}},
	{0xc8017c62, "stxr w1, x2, [x3]", Insn{Op: StoreExclusive, Size: 8, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0x4801fc62, "stlxrh w1, w2, [x3]", Insn{Op: StoreExclusive, Size: 2, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0xc87f0861, "ldxp x1, x2, [x3]", Insn{Op: Load, Size: 8, Count: 2, Rt: 1, Rt2: 2, Rn: 3}},
	{0x887f8861, "ldaxp w1, w2, [x3]", Insn{Op: Load, Size: 4, Count: 2, Rt: 1, Rt2: 2, Rn: 3}},
	{0xc8211062, "stxp w1, x2, x4, [x3]", Insn{Op: StoreExclusive, Size: 8, Count: 2, Rs: 1, Rt: 2, Rt2: 4, Rn: 3}},
	{0x88219062, "stlxp w1, w2, w4, [x3]", Insn{Op: StoreExclusive, Size: 4, Count: 2, Rs: 1, Rt: 2, Rt2: 4, Rn: 3}},
	{0xc8dffc41, "ldar x1, [x2]", Insn{Op: Load, Size: 8, Count: 1, Rt: 1, Rn: 2}},
	{0x089ffc41, "stlrb w1, [x2]", Insn{Op: Store, Size: 1, Count: 1, Rt: 1, Rn: 2}},
	{0x88df7c41, "+ldlar w1, [x2]", Insn{Op: Load, Size: 4, Count: 1, Rt: 1, Rn: 2}},
	{0xc89f7c41, "+stllr x1, [x2]", Insn{Op: Store, Size: 8, Count: 1, Rt: 1, Rn: 2}},
	{0xb8bfc041, "+ldapr w1, [x2]", Insn{Op: Load, Size: 4, Count: 1, Rt: 1, Rn: 2}},
	{0x88a17c62, "+cas w1, w2, [x3]", Insn{Op: CompareAndSwap, Size: 4, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0x08e1fc62, "+casalb w1, w2, [x3]", Insn{Op: CompareAndSwap, Size: 1, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0x48227cc4, "+casp x2, x3, x4, x5, [x6]", Insn{Op: CompareAndSwap, Size: 8, Count: 2, Rs: 2, Rt: 4, Rt2: 5, Rn: 6}},
	{0x0862fcc4, "+caspal w2, w3, w4, w5, [x6]", Insn{Op: CompareAndSwap, Size: 4, Count: 2, Rs: 2, Rt: 4, Rt2: 5, Rn: 6}},
	{0xf8210062, "+ldadd x1, x2, [x3]", Insn{Op: AtomicAdd, Size: 8, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0x3821107f, "+stclrb w1, [x3]", Insn{Op: AtomicClear, Size: 1, Count: 1, Rs: 1, Rt: 31, Rn: 3}},
	{0x78a12062, "+ldeorah w1, w2, [x3]", Insn{Op: AtomicXor, Size: 2, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0xb8213062, "+ldset w1, w2, [x3]", Insn{Op: AtomicSet, Size: 4, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0xb8614062, "+ldsmaxl w1, w2, [x3]", Insn{Op: AtomicSignedMax, Size: 4, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0xf8215062, "+ldsmin x1, x2, [x3]", Insn{Op: AtomicSignedMin, Size: 8, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0xb8e16062, "+ldumaxal w1, w2, [x3]", Insn{Op: AtomicMax, Size: 4, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0x38217062, "+lduminb w1, w2, [x3]", Insn{Op: AtomicMin, Size: 1, Count: 1, Rs: 1, Rt: 2, Rn: 3}},
	{0xf82183ff, "+swp x1, xzr, [sp]", Insn{Op: AtomicSwap, Size: 8, Count: 1, Rs: 1, Rt: 31, Rn: 31}},
}

var decodeStructureRows = []decodeRow{
	{0x4c407041, "ld1 {v1.16b}, [x2]", Insn{Op: LoadStructure, Size: 1, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 16, Interleave: 1, Quad: true}}},
	{0x0c402041, "ld1 {v1.8b-v4.8b}, [x2]", Insn{Op: LoadStructure, Size: 1, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 4, Lanes: 8, Interleave: 1}}},
	{0x0c9fac5f, "st1 {v31.1d, v0.1d}, [x2],#16", Insn{Op: StoreStructure, Size: 8, Vector: true, Rt: 31, Rn: 2, Mode: PostIndex, Imm: 16,
		Structure: Structure{Repeat: 2, Lanes: 1, Interleave: 1}}},
	{0x0c408441, "ld2 {v1.4h, v2.4h}, [x2]", Insn{Op: LoadStructure, Size: 2, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 4, Interleave: 2}}},
	{0x4c854841, "st3 {v1.4s-v3.4s}, [x2], x5", Insn{Op: StoreStructure, Size: 4, Vector: true, Rt: 1, Rn: 2, Mode: RegisterPostIndex, Rm: 5,
		Structure: Structure{Repeat: 1, Lanes: 4, Interleave: 3, Quad: true}}},
	{0x4cdf0fe1, "ld4 {v1.2d-v4.2d}, [sp],#64", Insn{Op: LoadStructure, Size: 8, Vector: true, Rt: 1, Rn: 31, Mode: PostIndex, Imm: 64,
		Structure: Structure{Repeat: 1, Lanes: 2, Interleave: 4, Quad: true}}},
	{0x4d401c41, "ld1 {v1.b}[15], [x2]", Insn{Op: LoadStructure, Size: 1, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 1, First: 15, Single: true, Quad: true}}},
	{0x4d9f5841, "st1 {v1.h}[7], [x2],#2", Insn{Op: StoreStructure, Size: 2, Vector: true, Rt: 1, Rn: 2, Mode: PostIndex, Imm: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 1, First: 7, Single: true, Quad: true}}},
	{0x4d609041, "ld2 {v1.s, v2.s}[3], [x2]", Insn{Op: LoadStructure, Size: 4, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 2, First: 3, Single: true, Quad: true}}},
	{0x4d00a441, "st3 {v1.d-v3.d}[1], [x2]", Insn{Op: StoreStructure, Size: 8, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 3, First: 1, Single: true, Quad: true}}},
	{0x0de52041, "ld4 {v1.b-v4.b}[0], [x2], x5", Insn{Op: LoadStructure, Size: 1, Vector: true, Rt: 1, Rn: 2, Mode: RegisterPostIndex, Rm: 5,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 4, Single: true}}},
	{0x4d40c841, "ld1r {v1.4s}, [x2]", Insn{Op: LoadStructure, Size: 4, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 1, Replicate: true, Quad: true}}},
	{0x0dffc041, "ld2r {v1.8b, v2.8b}, [x2],#2", Insn{Op: LoadStructure, Size: 1, Vector: true, Rt: 1, Rn: 2, Mode: PostIndex, Imm: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 2, Replicate: true}}},
	{0x4d40ec41, "ld3r {v1.2d-v3.2d}, [x2]", Insn{Op: LoadStructure, Size: 8, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 3, Replicate: true, Quad: true}}},
	{0x4d60e441, "ld4r {v1.8h-v4.8h}, [x2]", Insn{Op: LoadStructure, Size: 2, Vector: true, Rt: 1, Rn: 2,
		Structure: Structure{Repeat: 1, Lanes: 1, Interleave: 4, Replicate: true, Quad: true}}},
}

var decodeCacheRows = []decodeRow{
	{0xd50b7421, "dc zva, x1", Insn{Op: ZeroBlock, Rt: 1}},
	{0xd5087621, "dc ivac, x1", Insn{}},
	{0xd50b7a21, "dc cvac, x1", Insn{}},
	{0xd50b7b21, "dc cvau, x1", Insn{}},
	{0xd50b7c21, "dc cvap, x1", Insn{}},
	{0xd50b7d21, "dc cvadp, x1", Insn{}},
	{0xd50b7e21, "dc civac, x1", Insn{}},
	{0xd50b7521, "+ic ivau, x1", Insn{}},
}

func disassemble(word uint32) (arm64asm.Inst, error) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], word)
	return arm64asm.Decode(b[:])
}

func TestDecode(t *testing.T) {
	for _, rows := range [][]decodeRow{
		decodeSingleRows, decodeVectorRows, decodePairRows, decodeAtomicRows, decodeStructureRows, decodeCacheRows,
	} {
		for _, row := range rows {
			if insn, err := disassemble(row.word); !strings.HasPrefix(row.text, "+") {
				if text := arm64asm.GNUSyntax(insn); err != nil || text != row.text {
					t.Errorf("0x%08x: arm64asm says %q, %v; the table %q", row.word, text, err, row.text)
				}
			}
			got, ok := Decode(row.word)
			if !ok {
				t.Errorf("0x%08x %s: not decoded", row.word, row.text)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("0x%08x %s: -want +got\n%s", row.word, row.text, diff)
			}
		}
	}
}

// Words that a decoder may take for a load or store by mistake.
func TestDecodeRefuses(t *testing.T) {
	for _, row := range []struct {
		word uint32
		why  string
	}{
		{0x00000000, "udf #0"},
		{0xd503201f, "nop"},
		{0x8b020020, "add x0, x1, x2"},
		{0x14000000, "b ."},
		{0xd50b7461, "dc gva, x1 (tags)"},
		{0xd5087641, "dc isw, x1 (no address)"},
		{0xd52b7421, "sysl: the read form of dc zva"},
		{0xf8200c41, "ldraa x1, [x2]! (authenticated)"},
		{0xd9200841, "stg x1, [x2] (tags)"},
		{0x69000861, "stgp x1, x2, [x3] (tags)"},
		{0xf83f9041, "st64b x0, [x2]"},
		{0xb8c00841 | 1<<30, "ldtrsw's size 3: unallocated"},
		{0xdc000001, "literal, V, opc 11"},
		{0xe9400861, "pair of opc 11"},
		{0x68400861, "ldnpsw: unallocated"},
		{0xf8a04c20, "pre-indexed prfm with bit 21"},
		{0xf8820c20, "pre-indexed prfm"},
		{0xf8620841, "register offset, option 000"},
		{0x3c400841, "ldtr of a vector register"},
		{0x48237cc4, "casp with odd Rs"},
		{0x48227cc5, "casp with odd Rt"},
		{0x88a17862, "cas, Rt2 not 31"},
		{0x0c408c41, "ld2 of .1d"},
		{0x0c403041, "structure opcode 0011"},
		{0x8c407041, "structure, bit 31"},
		{0x0d40d041, "ld1r, S set"},
		{0x0d00c041, "st1r"},
		{0x0d404441, "ld1 .h with size 01"},
	} {
		if got, ok := Decode(row.word); ok {
			t.Errorf("0x%08x %s: decoded to %+v", row.word, row.why, got)
		}
	}
}

// For random words of the loads and stores, Decode and arm64asm agree on what is
// allocated, except for the extensions that only Decode knows.
func TestDecodeAllocation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		word := canonical(rng.Uint32()&^(1<<25) | 1<<27) // x1x0 in bits 28:25
		in, ok := Decode(word)
		theirs, err := disassemble(word)
		if ok != (err == nil) && !(ok && laterThanV80(word, in)) {
			t.Fatalf("0x%08x: decoded %v %+v, arm64asm says %v %v", word, ok, in, theirs, err)
		}
	}
}

// canonical sets the should-be-one fields of the exclusives, on which Decode
// and arm64asm differ.
func canonical(word uint32) uint32 {
	if word&0x3f00_0000 != 0x0800_0000 {
		return word
	}
	if word&(1<<21) == 0 {
		word |= 31 << 10 // Rt2
	}
	if word&(1<<22|1<<23) != 0 {
		word |= 31 << 16 // Rs
	}
	return word
}

// laterThanV80 reports what arm64asm does not know: CAS and the atomics, LDAPR,
// LDAPUR and STLUR, LDLAR and STLLR.
func laterThanV80(word uint32, in Insn) bool {
	return in.Op >= CompareAndSwap || word&0x3b20_0c00 == 0x1900_0000 ||
		word&0x3f20_fc00 == 0x3820_c000 || word&0x3fa0_8000 == 0x0880_0000
}
