package hostile

import (
	"math/bits"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// Instruction words (DDI 0487 C4.1). Sizes are in bytes, distances in bytes from the instruction itself.

func movz(rd, imm16, hw uint32) uint32 { return 0xd280_0000 | hw<<21 | imm16<<5 | rd }
func movk(rd, imm16, hw uint32) uint32 { return 0xf280_0000 | hw<<21 | imm16<<5 | rd }
func movReg(rd, rm uint32) uint32      { return orr(rd, 31, rm) }

func addImm(rd, rn, imm12 uint32) uint32 { return 0x9100_0000 | imm12<<10 | rn<<5 | rd }
func subImm(rd, rn, imm12 uint32) uint32 { return 0xd100_0000 | imm12<<10 | rn<<5 | rd }
func add(rd, rn, rm uint32) uint32       { return 0x8b00_0000 | rm<<16 | rn<<5 | rd }
func sub(rd, rn, rm uint32) uint32       { return 0xcb00_0000 | rm<<16 | rn<<5 | rd }
func and(rd, rn, rm uint32) uint32       { return 0x8a00_0000 | rm<<16 | rn<<5 | rd }
func orr(rd, rn, rm uint32) uint32       { return 0xaa00_0000 | rm<<16 | rn<<5 | rd }
func eorLSL(rd, rn, rm, n uint32) uint32 { return 0xca00_0000 | rm<<16 | n<<10 | rn<<5 | rd }
func eorLSR(rd, rn, rm, n uint32) uint32 { return 0xca40_0000 | rm<<16 | n<<10 | rn<<5 | rd }
func lsr(rd, rn, n uint32) uint32        { return 0xd340_fc00 | n<<16 | rn<<5 | rd }

// ldr and str access [rn]. Less than 8 bytes are loaded with zeros above them.
func ldr(size, rt, rn uint32) uint32 { return str(size, rt, rn) | 1<<22 }
func str(size, rt, rn uint32) uint32 {
	return uint32(bits.TrailingZeros32(size))<<30 | 0x3900_0000 | rn<<5 | rt
}

// ldrIndex and strIndex access the 8 bytes at [rn, rm, lsl #3].
func ldrIndex(rt, rn, rm uint32) uint32 { return 0xf860_7800 | rm<<16 | rn<<5 | rt }
func strIndex(rt, rn, rm uint32) uint32 { return 0xf820_7800 | rm<<16 | rn<<5 | rt }

func b(distance int) uint32        { return 0x1400_0000 | field(distance, 26) }
func cbz(rt uint32, d int) uint32  { return 0xb400_0000 | field(d, 19)<<5 | rt }
func cbnz(rt uint32, d int) uint32 { return 0xb500_0000 | field(d, 19)<<5 | rt }
func tbz(rt, bit uint32, d int) uint32 {
	return 0x3600_0000 | bit>>5<<31 | bit&31<<19 | field(d, 14)<<5 | rt
}
func tbnz(rt, bit uint32, d int) uint32 { return tbz(rt, bit, d) | 1<<24 }
func blr(rn uint32) uint32              { return 0xd63f_0000 | rn<<5 }
func br(rn uint32) uint32               { return 0xd61f_0000 | rn<<5 }

// field is a distance in instructions, in n bits.
func field(distance int, n uint) uint32 { return uint32(distance/4) & (1<<n - 1) }

// system is MRS and SYSL, which read, or MSR and SYS. The name of a SYS is built as a register's is.
func system(read bool, name aarch64.SysReg, rt uint32) uint32 {
	op0, op1, crn, crm, op2 := name.Fields()
	w := 0xd500_0000 | op0<<19 | op1<<16 | crn<<12 | crm<<8 | op2<<5 | rt
	if read {
		w |= 1 << 21
	}
	return w
}

func mrs(rt uint32, r aarch64.SysReg) uint32 { return system(true, r, rt) }
func msr(r aarch64.SysReg, rt uint32) uint32 { return system(false, r, rt) }

const (
	svc     = 0xd400_0001 // svc #0
	hvc     = 0xd400_0002 // hvc #0
	eret    = 0xd69f_03e0
	isb     = 0xd503_3fdf
	dsb     = 0xd503_3f9f // dsb sy
	tlbiAll = 0xd508_871f // tlbi vmalle1
	ret     = 0xd65f_03c0
)

// program is instructions from a guest physical address on, as they are written one after the other.
type program struct {
	base  uint64
	words []uint32
}

func (p *program) emit(words ...uint32) { p.words = append(p.words, words...) }

// here is the address of the next instruction.
func (p *program) here() uint64 { return p.base + uint64(4*len(p.words)) }

// back is the distance from the next instruction to an earlier address.
func (p *program) back(to uint64) int { return int(to) - int(p.here()) }

// skip leaves room for a branch. land puts it there, to the next instruction.
func (p *program) skip() (from int) {
	p.emit(0)
	return len(p.words) - 1
}

func (p *program) land(from int, branch func(distance int) uint32) {
	p.words[from] = branch(4 * (len(p.words) - from))
}

// mov sets a register to any value.
func (p *program) mov(rd uint32, v uint64) {
	p.emit(movz(rd, uint32(v&0xffff), 0))
	for hw := uint32(1); hw < 4; hw++ {
		if part := uint32(v >> (16 * hw) & 0xffff); part != 0 {
			p.emit(movk(rd, part, hw))
		}
	}
}

// movAll is mov with four instructions, whatever the value is.
func (p *program) movAll(rd uint32, v uint64) {
	p.emit(movz(rd, uint32(v&0xffff), 0))
	for hw := uint32(1); hw < 4; hw++ {
		p.emit(movk(rd, uint32(v>>(16*hw)&0xffff), hw))
	}
}

// store writes a value to an address. It uses X1 and X3, as load does, which reads into X1.
func (p *program) store(size uint32, addr, v uint64) {
	p.mov(3, addr)
	p.mov(1, v)
	p.emit(str(size, 1, 3))
}

func (p *program) load(size uint32, addr uint64) {
	p.mov(3, addr)
	p.emit(ldr(size, 1, 3))
}

// setSys writes a system register. It uses X1.
func (p *program) setSys(r aarch64.SysReg, v uint64) {
	p.mov(1, v)
	p.emit(msr(r, 1))
}

// call makes an SMCCC call with HVC. It uses X0 to X3; the result is in X0.
func (p *program) call(function uint64, args ...uint64) {
	p.mov(0, function)
	for i, a := range args {
		p.mov(uint32(1+i), a)
	}
	p.emit(hvc)
}

// repeat makes a loop of n rounds. The body must leave the register alone.
func (p *program) repeat(counter uint32, n uint64, body func()) {
	p.mov(counter, n)
	again := p.here()
	body()
	p.emit(subImm(counter, counter, 1))
	past := p.skip() // a conditional branch reaches only 1 MiB
	p.emit(b(p.back(again)))
	p.land(past, func(d int) uint32 { return cbz(counter, d) })
}

// random makes the register, which is not 0, the next number of xorshift64.
func (p *program) random(r uint32) {
	p.emit(eorLSL(r, r, r, 13), eorLSR(r, r, r, 7), eorLSL(r, r, r, 17))
}
