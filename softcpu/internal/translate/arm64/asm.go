package arm64

import "encoding/binary"

// Reg is a general register of the host, or XZR.
type Reg uint32

const (
	X13 Reg = iota + 13
	X14
	X15
	X16
	X17
)

const (
	X24 Reg = iota + 24
	X25
	X26
	X27
)

const (
	X30 Reg = 30
	XZR Reg = 31
)

// Inst is an instruction word whose fields for registers and immediates are 0.
type Inst uint32

// Three registers: Rm in bits 20:16, Rn in 9:5, Rd in 4:0. All of 64 bits.
const (
	ADD  Inst = 0x8b000000
	SUB  Inst = 0xcb000000
	AND  Inst = 0x8a000000
	BIC  Inst = 0x8a200000
	ORR  Inst = 0xaa000000
	EOR  Inst = 0xca000000
	ADDX Inst = 0x8b200000 // extended register
)

// Immediates.
const (
	addImm Inst = 0x91000000
	subImm Inst = 0xd1000000
	andImm Inst = 0x92400000 // N is set: a mask of 64 bits
	eorImm Inst = 0xd2400000
	ubfm   Inst = 0xd3400000
	movz   Inst = 0xd2800000
	movn   Inst = 0x92800000
	movk   Inst = 0xf2800000
	adr    Inst = 0x10000000
	adrp   Inst = 0x90000000
)

// Loads and stores with an unsigned offset, scaled.
const (
	LDRB Inst = 0x39400000
	LDRH Inst = 0x79400000
	LDRW Inst = 0xb9400000
	LDRX Inst = 0xf9400000
	STRB Inst = 0x39000000
	STRW Inst = 0xb9000000
	STRX Inst = 0xf9000000
)

// Pairs with a signed offset, scaled.
const (
	LDPX Inst = 0xa9400000
	STPX Inst = 0xa9000000
	LDPQ Inst = 0xad400000
	STPQ Inst = 0xad000000
)

// Ordered, exclusive and atomic accesses, of bytes: their size is in bits 31:30,
// but for CASP, which has it in bit 30. The address is in Rn, what is transferred
// in the lowest field, and the status or the operand in Rm.
const (
	LDAR  Inst = 0x08dffc00
	STLR  Inst = 0x089ffc00
	LDXR  Inst = 0x085f7c00
	STXR  Inst = 0x08007c00
	CAS   Inst = 0x08a07c00
	CASP  Inst = 0x08207c00
	order Inst = 1 << 15 // of LDXR, STXR: acquire, release
)

// Branches.
const (
	B    Inst = 0x14000000
	CBZ  Inst = 0xb4000000
	CBNZ Inst = 0xb5000000
	TBZ  Inst = 0x36000000 // the number of the bit is split: see Bit
	TBNZ Inst = 0x37000000
	BR   Inst = 0xd61f0000
	RET  Inst = 0xd65f0000
)

// System registers, as MRS; MSR has bit 21 clear.
const (
	NZCV Inst = 0xd53b4200
	FPCR Inst = 0xd53b4400
	FPSR Inst = 0xd53b4420
)

// dmb is DMB of the inner shareable domain; its type is in bits 9:8.
const dmb Inst = 0xd50338bf

// Asm writes instructions into a buffer.
type Asm struct {
	buf []byte
	n   int
}

// Pos is where the next instruction goes.
func (a *Asm) Pos() int { return a.n }

// Room is how many bytes are left.
func (a *Asm) Room() int { return len(a.buf) - a.n }

// Word emits an instruction word.
func (a *Asm) Word(w uint32) {
	binary.LittleEndian.PutUint32(a.buf[a.n:], w)
	a.n += 4
}

// RRR emits an instruction of three registers.
func (a *Asm) RRR(i Inst, d, n, m Reg) { a.Word(uint32(i) | uint32(m<<16|n<<5|d)) }

// Shifted is RRR with m shifted to the left.
func (a *Asm) Shifted(i Inst, d, n, m Reg, by uint32) { a.RRR(i|Inst(by<<10), d, n, m) }

// Mov emits d = m.
func (a *Asm) Mov(d, m Reg) {
	if d != m {
		a.RRR(ORR, d, XZR, m)
	}
}

// MovImm emits d = v.
func (a *Asm) MovImm(d Reg, v uint64) {
	halves := [4]uint32{uint32(v & 0xffff), uint32(v >> 16 & 0xffff), uint32(v >> 32 & 0xffff), uint32(v >> 48)}
	zeros, ones := 0, 0
	for _, half := range halves {
		switch half {
		case 0:
			zeros++
		case 0xffff:
			ones++
		}
	}
	i, rest := movz, uint32(0) // what the halfwords have that are not given
	if ones > zeros {
		i, rest = movn, 0xffff
	}
	start := a.n
	for shift, half := range halves {
		switch {
		case half == rest:
			continue
		case i == movn:
			half ^= 0xffff
		}
		a.Word(uint32(i) | uint32(shift)<<21 | half<<5 | uint32(d))
		i = movk
	}
	if a.n == start {
		a.Word(uint32(i) | uint32(d))
	}
}

// AddImm emits d = n + v, for a v of less than 2^24. It emits nothing if that
// changes nothing.
func (a *Asm) AddImm(d, n Reg, v int64) {
	i := addImm
	if v < 0 {
		i, v = subImm, -v
	}
	if hi := v >> 12; hi != 0 {
		a.Word(uint32(i) | 1<<22 | uint32(hi)<<10 | uint32(n<<5|d))
		n, v = d, v&0xfff
	}
	if v != 0 || d != n {
		a.Word(uint32(i) | uint32(v)<<10 | uint32(n<<5|d))
	}
}

// ones emits an instruction with a mask of count ones from bit lo on, which go
// on at bit 0 behind bit 63.
func (a *Asm) ones(i Inst, d, n Reg, lo, count uint32) {
	a.Word(uint32(i) | (64-lo)%64<<16 | (count-1)<<10 | uint32(n<<5|d))
}

// And emits d = n & a mask: see ones.
func (a *Asm) And(d, n Reg, lo, count uint32) { a.ones(andImm, d, n, lo, count) }

// Flip emits d = n with one bit inverted.
func (a *Asm) Flip(d, n Reg, bit uint32) { a.ones(eorImm, d, n, bit, 1) }

// Field emits d = count bits of n from bit lo on.
func (a *Asm) Field(d, n Reg, lo, count uint32) {
	a.Word(uint32(ubfm) | lo<<16 | (lo+count-1)<<10 | uint32(n<<5|d))
}

// Mem emits a load or store at n + off; off is a multiple of the size, and less
// than 4096 times as much.
func (a *Asm) Mem(i Inst, t, n Reg, off int32) {
	a.Word(uint32(i) | uint32(off)>>(i>>30)<<10 | uint32(n<<5|t))
}

// Pair emits a load or store of two registers at n + off.
func (a *Asm) Pair(i Inst, t, t2, n Reg, off int32) {
	scale := 3
	if i>>26&1 != 0 {
		scale = 4
	}
	a.Word(uint32(i) | uint32(off>>scale)&0x7f<<15 | uint32(t2<<10|n<<5|t))
}

// Get and Set emit moves from and to a system register.
func (a *Asm) Get(t Reg, sys Inst) { a.Word(uint32(sys) | uint32(t)) }
func (a *Asm) Set(sys Inst, t Reg) { a.Word(uint32(sys)&^(1<<21) | uint32(t)) }

// Push and Pop emit a move of a register to the stack, of which 16 bytes are
// taken, and back.
func (a *Asm) Push(t Reg) { a.Word(0xf81f0fe0 | uint32(t)) }
func (a *Asm) Pop(t Reg)  { a.Word(0xf84107e0 | uint32(t)) }

// Bit is the field of TBZ and TBNZ for a bit's number.
func Bit(b uint32) Inst { return Inst(b>>5<<31 | b&31<<19) }

// Jump emits a branch to a place that Link names. It returns the site for that.
func (a *Asm) Jump(i Inst, t Reg) (site int) {
	site = a.n
	a.Word(uint32(i) | uint32(t))
	return site
}

// JumpTo emits a branch to a place that is known.
func (a *Asm) JumpTo(pos int) { a.Link(a.Jump(B, 0), pos) }

// JumpReg emits a branch to the address in n.
func (a *Asm) JumpReg(i Inst, n Reg) { a.Word(uint32(i) | uint32(n<<5)) }

// Adr emits d = the address of pos.
func (a *Asm) Adr(d Reg, pos int) {
	off := uint32(pos - a.n)
	a.Word(uint32(adr) | off&3<<29 | off>>2&0x7ffff<<5 | uint32(d))
}

// Literal emits a load of the 32 bits at pos.
func (a *Asm) Literal(t Reg, pos int) {
	a.Word(0x18000000 | uint32(pos-a.n)>>2&0x7ffff<<5 | uint32(t))
}

// Start emits d = the address of the buffer, which is aligned to pages of 4 KiB.
func (a *Asm) Start(d Reg) {
	pages := uint32(-(a.n >> 12))
	a.Word(uint32(adrp) | pages&3<<29 | pages>>2&0x7ffff<<5 | uint32(d))
}

// Link makes the branch at site lead to pos.
func (a *Asm) Link(site, pos int) {
	w := binary.LittleEndian.Uint32(a.buf[site:])
	off := uint32(pos-site) >> 2
	switch {
	case w>>26&31 == 5: // B, BL
		w = w&^0x3ffffff | off&0x3ffffff
	case w>>25&63 == 0x1b: // TBZ, TBNZ
		w = w&^(0x3fff<<5) | off&0x3fff<<5
	default: // B.cond, CBZ, CBNZ
		w = w&^(0x7ffff<<5) | off&0x7ffff<<5
	}
	binary.LittleEndian.PutUint32(a.buf[site:], w)
}
