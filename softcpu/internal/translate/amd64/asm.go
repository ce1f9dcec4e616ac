package amd64

import "encoding/binary"

// Reg is a general register, by the number that instructions encode it with.
type Reg uint8

const (
	RAX Reg = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
)

// none says that a Mem has no index: RSP cannot be one.
const none = RSP

// Mem is the address Base + Index<<Scale + Disp.
type Mem struct {
	Base, Index Reg
	Scale       uint8
	Disp        int32
}

// At is the address base + disp.
func At(base Reg, disp int32) Mem { return Mem{Base: base, Index: none, Disp: disp} }

// Sum is the address base + index + disp.
func Sum(base, index Reg, disp int32) Mem { return Mem{Base: base, Index: index, Disp: disp} }

// Inst is how an instruction is encoded: the mandatory prefix, the opcode map,
// the opcode, and what else it always has (Intel SDM, volume 2, chapter 2).
type Inst uint32

const (
	pfx66 Inst = 1 << 16 // mandatory prefixes
	pfxF3 Inst = 2 << 16
	pfxF2 Inst = 3 << 16
	pfx        = 3 << 16

	map0F   Inst = 1 << 8 // opcode maps; none is that of one byte
	map0F38 Inst = 2 << 8
	map0F3A Inst = 3 << 8
	opMap        = 3 << 8

	rexW  Inst = 1 << 20 // always with REX.W
	byteR Inst = 1 << 21 // the register in ModRM.reg is of one byte
)

// Asm writes instructions into a buffer. Room checks once for what a run of
// instructions can take; the methods that emit do not.
type Asm struct {
	buf []byte
	n   int
}

// Pos is where the next instruction goes, in bytes from the buffer's start.
func (a *Asm) Pos() int { return a.n }

// Room is how many bytes are left.
func (a *Asm) Room() int { return len(a.buf) - a.n }

// emit writes the low n bytes of v. The buffer has room for 8.
func (a *Asm) emit(v uint64, n int) {
	binary.LittleEndian.PutUint64(a.buf[a.n:], v)
	a.n += n
}

func (a *Asm) byte(b byte) {
	a.buf[a.n] = b
	a.n++
}

func (a *Asm) imm16(v uint16) {
	binary.LittleEndian.PutUint16(a.buf[a.n:], v)
	a.n += 2
}

func (a *Asm) imm32(v int32) {
	binary.LittleEndian.PutUint32(a.buf[a.n:], uint32(v))
	a.n += 4
}

func (a *Asm) imm64(v uint64) {
	binary.LittleEndian.PutUint64(a.buf[a.n:], v)
	a.n += 8
}

// opcode emits the prefixes and the opcode. rex has W, R, X and B in bits 3:0;
// bit 6 asks for a REX prefix even if they are 0.
func (a *Asm) opcode(i Inst, rex byte) {
	v, n := uint64(byte(i)), 1
	switch i & opMap {
	case map0F:
		v, n = v<<8|0x0f, 2
	case map0F38:
		v, n = v<<16|0x380f, 3
	case map0F3A:
		v, n = v<<16|0x3a0f, 3
	}
	if i&rexW != 0 {
		rex |= 8
	}
	if rex != 0 {
		v, n = v<<8|0x40|uint64(rex), n+1
	}
	switch i & pfx {
	case pfx66:
		v, n = v<<8|0x66, n+1
	case pfxF3:
		v, n = v<<8|0xf3, n+1
	case pfxF2:
		v, n = v<<8|0xf2, n+1
	}
	a.emit(v, n)
}

// rexRR returns the REX bits of a register form. SPL to DIL need the prefix.
func rexRR(i Inst, w bool, reg, rm Reg) (rex byte) {
	if w {
		rex = 8
	}
	rex |= byte(reg>>3)<<2 | byte(rm>>3)
	if i&byteR != 0 && (reg|rm)&^3 != 0 {
		rex |= 0x40
	}
	return rex
}

// RR emits an instruction of two registers: reg in ModRM.reg, rm in ModRM.rm. w
// is 64-bit operation.
func (a *Asm) RR(i Inst, w bool, reg, rm Reg) {
	a.opcode(i, rexRR(i, w, reg, rm))
	a.byte(0xc0 | byte(reg&7)<<3 | byte(rm&7))
}

// RM emits an instruction of a register and memory.
func (a *Asm) RM(i Inst, w bool, reg Reg, m Mem) {
	rex := byte(reg>>3) << 2
	if w {
		rex |= 8
	}
	rex |= byte(m.Base >> 3)
	if m.Index != none {
		rex |= byte(m.Index>>3) << 1
	}
	if i&byteR != 0 && reg&^3 != 0 {
		rex |= 0x40
	}
	a.opcode(i, rex)
	a.modrm(byte(reg&7)<<3, m)
}

// modrm emits ModRM, SIB and displacement.
func (a *Asm) modrm(reg byte, m Mem) {
	v, n := uint64(reg)|4, 2
	if m.Index != none || m.Base&7 == RSP {
		v |= uint64(m.Scale<<6|byte(m.Index&7)<<3|byte(m.Base&7)) << 8
	} else {
		v, n = uint64(reg|byte(m.Base&7)), 1
	}
	disp := uint64(uint32(m.Disp)) << (8 * n)
	switch {
	case m.Disp == 0 && m.Base&7 != RBP:
		a.emit(v, n)
	case m.Disp == int32(int8(m.Disp)):
		a.emit(v|0x40|disp, n+1)
	default:
		a.emit(v|0x80|disp, n+4)
	}
}

// RIP emits an instruction of a register and the memory at a position of this
// buffer.
func (a *Asm) RIP(i Inst, w bool, reg Reg, pos int) {
	rex := byte(reg>>3) << 2
	if w {
		rex |= 8
	}
	a.opcode(i, rex)
	a.byte(byte(reg&7)<<3 | 5)
	a.imm32(int32(pos - a.n - 4))
}

// ALU is one of the eight operations of two operands that encode alike. Their
// digit, and bits 5:3 of their opcodes, is the value.
type ALU uint8

const (
	ADD ALU = iota
	OR
	ADC
	SBB
	AND
	SUB
	XOR
	CMP
)

// toReg and toMem are the forms whose destination is ModRM.reg and ModRM.rm.
func (o ALU) toReg() Inst { return Inst(o)<<3 | 3 }
func (o ALU) toMem() Inst { return Inst(o)<<3 | 1 }

// ALURR emits dst = dst o src.
func (a *Asm) ALURR(o ALU, w bool, dst, src Reg) { a.RR(o.toReg(), w, dst, src) }

// ALURM emits dst = dst o memory.
func (a *Asm) ALURM(o ALU, w bool, dst Reg, m Mem) { a.RM(o.toReg(), w, dst, m) }

// ALUMR emits memory = memory o src.
func (a *Asm) ALUMR(o ALU, w bool, m Mem, src Reg) { a.RM(o.toMem(), w, src, m) }

// ALURI emits dst = dst o imm.
func (a *Asm) ALURI(o ALU, w bool, dst Reg, imm int32) {
	if imm == int32(int8(imm)) {
		a.RR(0x83, w, Reg(o), dst)
		a.byte(byte(imm))
		return
	}
	a.RR(0x81, w, Reg(o), dst)
	a.imm32(imm)
}

// ALUMI emits memory = memory o imm.
func (a *Asm) ALUMI(o ALU, w bool, m Mem, imm int32) {
	if imm == int32(int8(imm)) {
		a.RM(0x83, w, Reg(o), m)
		a.byte(byte(imm))
		return
	}
	a.RM(0x81, w, Reg(o), m)
	a.imm32(imm)
}

// Shift is a shift or rotation; the value is its digit.
type Shift uint8

const (
	ROL Shift = 0
	ROR Shift = 1
	SHL Shift = 4
	SHR Shift = 5
	SAR Shift = 7
)

// ShiftI emits a shift by a constant; none for 0.
func (a *Asm) ShiftI(s Shift, w bool, r Reg, by uint8) {
	if by == 0 {
		return
	}
	a.RR(0xc1, w, Reg(s), r)
	a.byte(by)
}

// RORX emits dst = src rotated right, and leaves the flags alone (BMI2;
// VEX.LZ.F2.0F3A F0).
func (a *Asm) RORX(w bool, dst, src Reg, by uint8) {
	vex := uint64(0xc4) | uint64(byte(^dst>>3&1)<<7|1<<6|byte(^src>>3&1)<<5|3)<<8 | 0x7b<<16
	if w {
		vex |= 0x80 << 16
	}
	a.emit(vex|0xf0<<24|uint64(0xc0|byte(dst&7)<<3|byte(src&7))<<32|uint64(by)<<40, 6)
}

// ShiftCL emits a shift by CL.
func (a *Asm) ShiftCL(s Shift, w bool, r Reg) { a.RR(0xd3, w, Reg(s), r) }

// Instructions of the form RR or RM by name. Those that end in M have their
// destination in ModRM.rm.
const (
	MOV        Inst = 0x8b
	MOVM       Inst = 0x89
	MOVM8      Inst = 0x88 | byteR
	MOVM16     Inst = 0x89 | pfx66
	MOVZX8          = 0xb6 | map0F | byteR
	MOVZX16         = 0xb7 | map0F
	MOVSX8          = 0xbe | map0F | byteR
	MOVSX16         = 0xbf | map0F
	MOVSXD     Inst = 0x63
	LEA        Inst = 0x8d
	TEST       Inst = 0x85
	IMUL            = 0xaf | map0F
	BSWAP           = 0xc8 | map0F // plus register: see Bswap
	LZCNT           = 0xbd | map0F | pfxF3
	CMPXCHG         = 0xb1 | map0F
	CMPXCHG16B      = 0xc7 | map0F // digit 1, always with w
	XADD            = 0xc1 | map0F
	XCHG       Inst = 0x87
	CRC32w          = 0xf1 | map0F38 | pfxF2
	CRC32b          = 0xf0 | map0F38 | pfxF2 | byteR
	UNARY      Inst = 0xf7 // digit in ModRM.reg: NOT 2, NEG 3, MUL 4, IMUL 5, DIV 6, IDIV 7
	TESTI      Inst = 0xf7 // digit 0, with an immediate
	TESTI8     Inst = 0xf6
	MOVI       Inst = 0xc7
	BT              = 0xba | map0F // digit 4, with an immediate of 8 bits
	SHLD            = 0xa4 | map0F
	SHRD            = 0xac | map0F
	MOVBEM16        = 0xf1 | map0F38 | pfx66
)

// Digits of UNARY.
const (
	NOT  Reg = 2
	NEG  Reg = 3
	MUL  Reg = 4
	SMUL Reg = 5
	DIV  Reg = 6
	IDIV Reg = 7
)

// MovImm loads a constant and leaves the flags alone.
func (a *Asm) MovImm(r Reg, v uint64) {
	switch {
	case v>>32 == 0:
		if r >= 8 {
			a.byte(0x41)
		}
		a.byte(0xb8 | byte(r&7))
		a.imm32(int32(uint32(v)))
	case int64(v) == int64(int32(v)):
		a.RR(MOVI, true, 0, r)
		a.imm32(int32(v))
	default:
		a.byte(0x48 | byte(r>>3))
		a.byte(0xb8 | byte(r&7))
		a.imm64(v)
	}
}

// MovMemImm stores a constant, sign-extended to the width.
func (a *Asm) MovMemImm(w bool, m Mem, v int32) {
	a.RM(MOVI, w, 0, m)
	a.imm32(v)
}

// MovMemImm16 stores a constant of 16 bits.
func (a *Asm) MovMemImm16(m Mem, v uint16) {
	a.RM(MOVI|pfx66, false, 0, m)
	a.imm16(v)
}

// Mov copies a register; in 32 bits it clears the upper half.
func (a *Asm) Mov(w bool, dst, src Reg) {
	if dst != src || !w {
		a.RR(MOV, w, dst, src)
	}
}

// TestMem8 emits TEST byte memory, imm.
func (a *Asm) TestMem8(m Mem, imm uint8) {
	a.RM(TESTI8, false, 0, m)
	a.byte(imm)
}

// TestImm emits TEST r, imm.
func (a *Asm) TestImm(w bool, r Reg, imm int32) {
	a.RR(TESTI, w, 0, r)
	a.imm32(imm)
}

// BTReg and BTMem put a bit into CF.
func (a *Asm) BTReg(w bool, r Reg, n uint8) {
	a.RR(BT, w, 4, r)
	a.byte(n)
}

func (a *Asm) BTMem(m Mem, n uint8) {
	a.RM(BT, false, 4, m)
	a.byte(n)
}

// Bswap reverses the bytes of a register.
func (a *Asm) Bswap(w bool, r Reg) {
	rex := byte(r >> 3)
	if w {
		rex |= 8
	}
	a.opcode(BSWAP+Inst(r&7), rex)
}

// DoubleShift emits SHLD or SHRD of rm by a constant, with bits from reg.
func (a *Asm) DoubleShift(i Inst, w bool, rm, reg Reg, by uint8) {
	a.RR(i, w, reg, rm)
	a.byte(by)
}

// Instructions of one byte, or without operands.
func (a *Asm) Lahf() { a.byte(0x9f) }
func (a *Asm) Sahf() { a.byte(0x9e) }
func (a *Asm) Cmc()  { a.byte(0xf5) }
func (a *Asm) Stc()  { a.byte(0xf9) }
func (a *Asm) Ret()  { a.byte(0xc3) }
func (a *Asm) Int3() { a.byte(0xcc) }
func (a *Asm) Lock() { a.byte(0xf0) }
func (a *Asm) Cdq(w bool) { // CDQ, CQO
	if w {
		a.byte(0x48)
	}
	a.byte(0x99)
}
