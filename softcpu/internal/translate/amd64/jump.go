package amd64

import "encoding/binary"

// Cond is a condition of Jcc, SETcc and CMOVcc.
type Cond uint8

const (
	O Cond = iota
	NO
	B
	AE
	E
	NE
	BE
	A
	S
	NS
	P
	NP
	L
	GE
	LE
	G
)

// Not is the opposite condition.
func (c Cond) Not() Cond { return c ^ 1 }

// CMOV and SET return the instruction of a condition.
func CMOV(c Cond) Inst { return 0x40 | map0F | Inst(c) }
func SET(c Cond) Inst  { return 0x90 | map0F | byteR | Inst(c) }

// Jcc emits a conditional jump to nowhere and returns where its displacement
// of 32 bits is, for Link.
func (a *Asm) Jcc(c Cond) (site int) {
	a.byte(0x0f)
	a.byte(0x80 | byte(c))
	a.imm32(0)
	return a.n - 4
}

// Jmp is Jcc without a condition.
func (a *Asm) Jmp() (site int) {
	a.byte(0xe9)
	a.imm32(0)
	return a.n - 4
}

// JmpTo and JccTo jump to a position of this buffer.
func (a *Asm) JmpTo(pos int)         { a.Link(a.Jmp(), pos) }
func (a *Asm) JccTo(c Cond, pos int) { a.Link(a.Jcc(c), pos) }

// Link makes the jump whose displacement is at site go to pos.
func (a *Asm) Link(site, pos int) {
	binary.LittleEndian.PutUint32(a.buf[site:], uint32(pos-site-4))
}

// Jcc8 and Jmp8 are jumps of at most 127 bytes forward, to where Land8 is
// called.
func (a *Asm) Jcc8(c Cond) (site int) {
	a.byte(0x70 | byte(c))
	a.byte(0)
	return a.n - 1
}

func (a *Asm) Jmp8() (site int) {
	a.byte(0xeb)
	a.byte(0)
	return a.n - 1
}

// Land8 makes a short jump go to the present position.
func (a *Asm) Land8(site int) { a.buf[site] = byte(a.n - site - 1) }

// JmpReg jumps to the address in r.
func (a *Asm) JmpReg(r Reg) { a.RR(0xff, false, 4, r) }
