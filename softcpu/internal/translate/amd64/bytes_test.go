package amd64

import (
	"fmt"
	"testing"
)

// TestBytes holds what a disassembly does not show: which of several encodings
// is chosen.
func TestBytes(t *testing.T) {
	for _, c := range []struct {
		text string
		emit func(a *Asm)
		want string
	}{
		{"mov rax, rax", func(a *Asm) { a.Mov(true, RAX, RAX) }, ""},
		{"mov eax, eax", func(a *Asm) { a.Mov(false, RAX, RAX) }, "8b c0"},
		{"mov rax, rcx", func(a *Asm) { a.Mov(true, RAX, RCX) }, "48 8b c1"},
		{"shl rax, 0", func(a *Asm) { a.ShiftI(SHL, true, RAX, 0) }, ""},
		{"shl rax, 1", func(a *Asm) { a.ShiftI(SHL, true, RAX, 1) }, "48 c1 e0 01"},

		{"mov edi, 0", func(a *Asm) { a.MovImm(RDI, 0) }, "bf 00 00 00 00"},
		{"mov r8d, 0xffffffff", func(a *Asm) { a.MovImm(R8, 0xffff_ffff) }, "41 b8 ff ff ff ff"},
		{"mov rdi, -0x80000000", func(a *Asm) { a.MovImm(RDI, 0xffff_ffff_8000_0000) }, "48 c7 c7 00 00 00 80"},
		{"mov r8, -0x80000001", func(a *Asm) { a.MovImm(R8, 0xffff_ffff_7fff_ffff) }, "49 b8 ff ff ff 7f ff ff ff ff"},
		{"mov rdi, 0x100000000", func(a *Asm) { a.MovImm(RDI, 1<<32) }, "48 bf 00 00 00 00 01 00 00 00"},

		{"add ecx, 0x7f", func(a *Asm) { a.ALURI(ADD, false, RCX, 0x7f) }, "83 c1 7f"},
		{"add ecx, 0x80", func(a *Asm) { a.ALURI(ADD, false, RCX, 0x80) }, "81 c1 80 00 00 00"},
		{"cmp rcx, -0x80", func(a *Asm) { a.ALURI(CMP, true, RCX, -0x80) }, "48 83 f9 80"},
		{"cmp rcx, -0x81", func(a *Asm) { a.ALURI(CMP, true, RCX, -0x81) }, "48 81 f9 7f ff ff ff"},
		{"and [rbx], 0x7f", func(a *Asm) { a.ALUMI(AND, false, At(RBX, 0), 0x7f) }, "83 23 7f"},
		{"and [rbx], 0x80", func(a *Asm) { a.ALUMI(AND, false, At(RBX, 0), 0x80) }, "81 23 80 00 00 00"},

		{"mov eax, [rbx]", func(a *Asm) { a.RM(MOV, false, RAX, At(RBX, 0)) }, "8b 03"},
		{"mov eax, [rbx+0x7f]", func(a *Asm) { a.RM(MOV, false, RAX, At(RBX, 0x7f)) }, "8b 43 7f"},
		{"mov eax, [rbx+0x80]", func(a *Asm) { a.RM(MOV, false, RAX, At(RBX, 0x80)) }, "8b 83 80 00 00 00"},
		{"mov eax, [rbx-0x80]", func(a *Asm) { a.RM(MOV, false, RAX, At(RBX, -0x80)) }, "8b 43 80"},
		{"mov eax, [rbx-0x81]", func(a *Asm) { a.RM(MOV, false, RAX, At(RBX, -0x81)) }, "8b 83 7f ff ff ff"},
		{"mov eax, [rbp]", func(a *Asm) { a.RM(MOV, false, RAX, At(RBP, 0)) }, "8b 45 00"},
		{"mov eax, [r13]", func(a *Asm) { a.RM(MOV, false, RAX, At(R13, 0)) }, "41 8b 45 00"},
		{"mov eax, [rsp]", func(a *Asm) { a.RM(MOV, false, RAX, At(RSP, 0)) }, "8b 04 24"},
		{"mov eax, [r12]", func(a *Asm) { a.RM(MOV, false, RAX, At(R12, 0)) }, "41 8b 04 24"},
		{"mov eax, [rbx+8*r12]", func(a *Asm) { a.RM(MOV, false, RAX, Mem{Base: RBX, Index: R12, Scale: 3}) }, "42 8b 04 e3"},

		{"mov [rbx], bl", func(a *Asm) { a.RM(MOVM8, false, RBX, At(RBX, 0)) }, "88 1b"},
		{"mov [rbx], spl", func(a *Asm) { a.RM(MOVM8, false, RSP, At(RBX, 0)) }, "40 88 23"},
		{"lock cmpxchg [r9], si", func(a *Asm) { a.Lock(); a.RM(CMPXCHG|pfx66, false, RSI, At(R9, 0)) }, "f0 66 41 0f b1 31"},
		{"bswap ecx", func(a *Asm) { a.opcode(BSWAP+Inst(RCX), 0) }, "0f c9"},
		{"lzcnt r8, rax", func(a *Asm) { a.RR(LZCNT, true, R8, RAX) }, "f3 4c 0f bd c0"},

		{"jne .+6", func(a *Asm) { a.Link(a.Jcc(NE), base+6) }, "0f 85 00 00 00 00"},
		{"jmp .+5", func(a *Asm) { a.JmpTo(base + 5) }, "e9 00 00 00 00"},
		{"jne .+3; nop", func(a *Asm) { s := a.Jcc8(NE); a.byte(0x90); a.Land8(s) }, "75 01 90"},
		{"jmp .+3; nop", func(a *Asm) { s := a.Jmp8(); a.byte(0x90); a.Land8(s) }, "eb 01 90"},

		// llvm-mc takes these with any prefix, or calls them otherwise.
		{"cmpps xmm0, xmm1, 2", func(a *Asm) { a.RRByte(CMPPS, false, X0, X1, 2) }, "0f c2 c1 02"},
		{"pclmulqdq xmm0, xmm1, 0x11", func(a *Asm) { a.RRByte(PCLMULQDQ, false, X0, X1, 0x11) }, "66 0f 3a 44 c1 11"},
		{"sha1msg2 xmm0, xmm1", func(a *Asm) { a.RR(SHA1MSG2, false, X0, X1) }, "0f 38 ca c1"},
		{"sha256msg1 xmm0, xmm1", func(a *Asm) { a.RR(SHA256MSG1, false, X0, X1) }, "0f 38 cc c1"},
		{"sha256msg2 xmm0, xmm1", func(a *Asm) { a.RR(SHA256MSG2, false, X0, X1) }, "0f 38 cd c1"},
		{"sha256rnds2 xmm0, xmm1", func(a *Asm) { a.RR(SHA256RNDS2, false, X0, X1) }, "0f 38 cb c1"},
		{"sha1rnds4 xmm0, xmm1, 3", func(a *Asm) { a.RRByte(SHA1RNDS4, false, X0, X1, 3) }, "0f 3a cc c1 03"},

		{"rorx rcx, rax, 7", func(a *Asm) { a.RORX(true, RCX, RAX, 7) }, "c4 e3 fb f0 c8 07"},
		{"rorx ecx, eax, 7", func(a *Asm) { a.RORX(false, RCX, RAX, 7) }, "c4 e3 7b f0 c8 07"},
		{"rorx r9, r12, 7", func(a *Asm) { a.RORX(true, R9, R12, 7) }, "c4 43 fb f0 cc 07"},
		{"cmpxchg16b [r12]", func(a *Asm) { a.RM(CMPXCHG16B, true, 1, At(R12, 0)) }, "49 0f c7 0c 24"},
		{"pinsrq xmm2, rax, 1", func(a *Asm) { a.RRByte(PINSRQ, true, X2, RAX, 1) }, "66 48 0f 3a 22 d0 01"},
		{"pmovmskb eax, xmm2", func(a *Asm) { a.RR(PMOVMSKB, false, RAX, X2) }, "66 0f d7 c2"},
		{"movmskps eax, xmm2", func(a *Asm) { a.RR(MOVMSKPS, false, RAX, X2) }, "0f 50 c2"},
		{"vfmadd231sd xmm0, xmm1, xmm2", func(a *Asm) { a.FMA3(VFMADD231SD, true, X0, X1, X2) }, "c4 e2 f1 b9 c2"},
	} {
		if got := fmt.Sprintf("% x", assemble(c.emit)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

// TestSites holds the positions that jumps return for Link and Land8.
func TestSites(t *testing.T) {
	for _, c := range []struct {
		name string
		jump func(a *Asm) (site int)
		want int
	}{
		{"Jcc", func(a *Asm) int { return a.Jcc(E) }, 2},
		{"Jmp", (*Asm).Jmp, 1},
		{"Jcc8", func(a *Asm) int { return a.Jcc8(E) }, 1},
		{"Jmp8", (*Asm).Jmp8, 1},
	} {
		a := &Asm{buf: make([]byte, 16)}
		if got := c.jump(a); got != c.want {
			t.Errorf("%s: displacement at %d, want %d", c.name, got, c.want)
		}
		if a.Pos()+a.Room() != len(a.buf) || a.Pos() == 0 {
			t.Errorf("%s: Pos is %d and Room is %d in %d bytes", c.name, a.Pos(), a.Room(), len(a.buf))
		}
	}
}

func TestNot(t *testing.T) {
	for _, c := range [][2]Cond{{O, NO}, {B, AE}, {E, NE}, {BE, A}, {S, NS}, {P, NP}, {L, GE}, {LE, G}} {
		if c[0].Not() != c[1] || c[1].Not() != c[0] {
			t.Errorf("%s and %s are not opposites", conditionNames[c[0]], conditionNames[c[1]])
		}
	}
}
