package softcpu

import "github.com/miniboot-vmm/miniboot/softcpu/internal/oracle"

// What a duel's random programs are made of.

// reg is mostly one of few registers, so that results meet.
func (d *duel) reg() uint32 {
	switch d.rng.IntN(8) {
	case 0:
		return d.rng.Uint32() & 31
	case 1:
		return 31
	}
	return d.rng.Uint32N(10)
}

// pointer is a register that starts as an address in the data.
func (d *duel) pointer() uint32 { return 19 + d.rng.Uint32N(7) }

func field(v int64, width, lo int) uint32 { return uint32(v) & (1<<width - 1) << lo }

// words returns one instruction, or a few that belong together, for index i of
// the code.
func (d *duel) words(i int) []uint32 {
	switch n := d.rng.IntN(100); {
	case n < 15:
		return []uint32{oracle.RandomWord(d.rng)}
	case n < 22:
		return []uint32{d.registers(randomHot(d.rng))}
	case n < 50:
		return []uint32{d.registers(d.pick(computing))}
	case n < 72:
		return []uint32{d.registers(d.pick(memoryAccess))&^(31<<5) | d.base()<<5}
	case n < 91:
		return d.branch(i)
	case n < 97:
		return []uint32{d.pick(systemWords)&^31 | d.reg()}
	}
	return d.sequence()
}

func (d *duel) base() uint32 {
	if d.rng.IntN(4) == 0 {
		return 31
	}
	return d.pointer()
}

// registers replaces the register fields of w that all groups of computing
// share.
func (d *duel) registers(w uint32) uint32 {
	return w&^(31|31<<5|31<<16) | d.reg() | d.reg()<<5 | d.reg()<<16
}

// A group is words of which the bits of mask are fixed.
type group struct{ mask, value uint32 }

func (d *duel) pick(groups []group) uint32 {
	g := groups[d.rng.IntN(len(groups))]
	return d.rng.Uint32()&^g.mask | g.value
}

// computing sets and uses flags more often than programs do.
var computing = []group{
	{0x1f000000, 0x11000000}, // ADD, ADDS, SUB, SUBS (immediate)
	{0x3f000000, 0x31000000}, // ADDS, SUBS
	{0x1f200000, 0x0b000000}, // (shifted register)
	{0x3f20fc00, 0x2b000000}, // ADDS, SUBS, not shifted
	{0x3fe00000, 0x2b200000}, // (extended register)
	{0x1f800000, 0x12000000}, // AND, ORR, EOR, ANDS (immediate)
	{0x7f800000, 0x72000000}, // ANDS
	{0x1f000000, 0x0a000000}, // (shifted register)
	{0x7f000000, 0x6a000000}, // ANDS, BICS
	{0x1fe0fc00, 0x1a000000}, // ADC, ADCS, SBC, SBCS
	{0x3fe0fc00, 0x3a000000}, // ADCS, SBCS
	{0x3fe00410, 0x3a400000}, // CCMP, CCMN
	{0x3fe00410, 0x3a400000},
	{0x3fe00800, 0x1a800000}, // CSEL, CSINC, CSINV, CSNEG
	{0x3fe00800, 0x1a800000},
	{0x1f800000, 0x12800000}, // MOVN, MOVZ, MOVK
	{0x1f800000, 0x13000000}, // bitfield
	{0x1f800000, 0x13800000}, // EXTR
	{0x7fe0f000, 0x1ac02000}, // shifts by a register
	{0x7fe0f800, 0x1ac00800}, // UDIV, SDIV
	{0x7fffe000, 0x5ac00000}, // one source
	{0x7f000000, 0x1b000000}, // multiply and add
	{0x9f000000, 0x10000000}, // ADR
}

// memoryAccess has the forms with an immediate reach little beyond the pointers'
// pages.
var memoryAccess = []group{
	{0x3f300000, 0x39000000}, // unsigned offset
	{0x3f200c00, 0x38000000}, // unscaled
	{0x3f200c00, 0x38000400}, // post-indexed
	{0x3f200c00, 0x38000c00}, // pre-indexed
	{0x3f200c00, 0x38000800}, // unprivileged
	{0x3f204c00, 0x38204800}, // register offset
	{0x7e000000, 0x28000000}, // pairs
	{0x7e000000, 0x28000000},
	{0x3f300000, 0x3d000000}, // SIMD and FP
	{0x3f200c00, 0x3c000400},
	{0x3e000000, 0x2c000000},
	{0xbfff0000, 0x0c400000}, // LD1
	{0xbf9f0000, 0x0c9f0000}, // post-indexed
	{0x3f208000, 0x38200000}, // LSE
	{0x3fa07c00, 0x08a07c00}, // CAS
	{0x3fe07c00, 0x08007c00}, // STXR
	{0x3ffffc00, 0x085ffc00}, // LDAXR
	{0x3fbffc00, 0x089ffc00}, // LDAR, STLR
}

var systemWords = []group{
	{^uint32(31), 0xd51b4200}, // msr nzcv, x
	{^uint32(31), 0xd53b4200}, // mrs x, nzcv
	{^uint32(31), 0xd53b4220}, // mrs x, daif
	{^uint32(31), 0xd51b4220}, // msr daif, x
	{^uint32(31), 0xd51bd040}, // msr tpidr_el0, x
	{^uint32(31), 0xd53bd040}, // mrs x, tpidr_el0
	{^uint32(31), 0xd5384100}, // mrs x, sp_el0
	{^uint32(31), 0xd5184100}, // msr sp_el0, x
	{^uint32(31), 0xd538d080}, // mrs x, tpidr_el1
	{^uint32(31), 0xd51b4420}, // msr fpsr, x
	{^uint32(31), 0xd53b4420}, // mrs x, fpsr
	{^uint32(31), 0xd51b4400}, // msr fpcr, x
	{^uint32(31), 0xd53be040}, // mrs x, cntvct_el0
	{0xfffff0ff, 0xd50340df},  // msr daifset
	{0xfffff0ff, 0xd50340ff},  // msr daifclr
	{0xfffffeff, 0xd500409f},  // msr pan
	{0xfffffeff, 0xd50040bf},  // msr spsel
	{0xfffff0ff, 0xd50330bf},  // dmb
	{0xfffff0ff, 0xd503309f},  // dsb
	{0xffffffff, 0xd5033fdf},  // isb
	{0xffffffff, 0xd503201f},  // nop
	{0xffffffff, 0xd503203f},  // yield
	{0xffffffff, 0xd508751f},  // ic iallu
	{^uint32(31), 0xd50b7520}, // ic ivau
	{^uint32(31), 0xd50b7420}, // dc zva
	{^uint32(31), 0xd50b7e20}, // dc civac
	{^uint32(31), 0xd50b7a20}, // dc cvac
	{^uint32(31), 0xd50b7b20}, // dc cvau
	{^uint32(31), 0xd5087620}, // dc ivac
	{^uint32(31), 0xd53b0020}, // mrs x, ctr_el0
	{^uint32(31), 0xd53b00e0}, // mrs x, dczid_el0
	{0xffffffff, 0xd508871f},  // tlbi vmalle1
	{^uint32(31), 0xd5088760}, // tlbi vaae1
	{0xffe0001f, 0xd4000001},  // svc
	{0xffe0001f, 0xd4200000},  // brk
	{0xffffffff, 0xd69f03e0},  // eret
	{^uint32(31), 0xd5181040}, // msr cpacr_el1, x
}

// branch returns a branch of any form to a place near, in the page, or in
// another one.
func (d *duel) branch(i int) []uint32 {
	to := i
	switch d.rng.IntN(8) {
	case 0:
		to = d.rng.IntN(duelCode / 4)
	case 1:
		to = i&^(opsPerPage-1) + d.rng.IntN(opsPerPage)
	case 2, 3, 4:
		to -= d.rng.IntN(12)
	default:
		to += 1 + d.rng.IntN(12)
	}
	off := int64(max(to, 0) - i)
	switch d.rng.IntN(9) {
	case 0:
		return []uint32{0x14000000 | field(off, 26, 0)}
	case 1:
		return []uint32{0x94000000 | field(off, 26, 0)}
	case 2:
		return []uint32{d.rng.Uint32()&(1<<31|1<<24) | 0x34000000 | field(off, 19, 5) | d.reg()}
	case 3:
		return []uint32{d.rng.Uint32()&(1<<31|1<<24|31<<19) | 0x36000000 | field(off, 14, 5) | d.reg()}
	case 4: // ADR and a branch to the register
		r := 9 + d.rng.Uint32N(3)
		form := []uint32{0xd61f0000, 0xd63f0000, 0xd65f0000}[d.rng.IntN(3)]
		return []uint32{0x10000000 | field(off, 19, 5) | r, form | r<<5}
	}
	return []uint32{0x54000000 | field(off, 19, 5) | d.rng.Uint32()&15}
}

// sequence is something that takes several instructions.
func (d *duel) sequence() []uint32 {
	switch d.rng.IntN(5) {
	case 0, 1:
		return d.structure()
	case 2:
		return d.exclusive()
	case 3: // this cache line
		return []uint32{0x1000000b, 0xd50b752b, 0xd5033b9f, 0xd5033fdf} // adr x11, .; ic ivau, x11; dsb ish; isb
	}
	n := 2 + d.rng.IntN(6)                                              // a loop of a few rounds
	out := []uint32{0xd280000c | field(int64(d.rng.IntN(20)+1), 16, 5)} // mov x12, #n
	for range n {
		out = append(out, d.registers(d.pick(computing)))
	}
	return append(out, 0xf100058c, 0x54000001|field(int64(-n-1), 19, 5)) // subs x12, x12, #1; b.ne
}

// structure is accesses near each other, with the same base register, and a
// little between.
func (d *duel) structure() (out []uint32) {
	base := d.base()
	for range 2 + d.rng.IntN(6) {
		f := structureAccess[d.rng.IntN(len(structureAccess))]
		w := d.rng.Uint32()&f.random | f.value
		out = append(out, w&^(31|31<<5)|base<<5|d.reg())
		switch d.rng.IntN(24) {
		case 0, 1, 2, 3, 4, 5:
			out = append(out, d.registers(d.pick(computing)))
		case 6, 7:
			out = append(out, 0x54000040|d.rng.Uint32()&15) // b.cond .+8
		case 8:
			out = append(out, 0x91004000|base<<5|base) // add base, base, #16
		case 9:
			out = append(out, 0xf9400000|d.pointer()<<5|base) // ldr base, [pointer]
		case 10:
			out = append(out, 0x9e660000|base) // fmov base, d0
		case 11:
			out = append(out, 0xf9400000|d.pointer()<<5|d.reg()) // another structure
		}
	}
	return out
}

// structureAccess has the bits of an offset, and of a second register, that are
// random.
var structureAccess = []struct{ value, random uint32 }{
	{0x39400000, 31 << 10},          // ldrb w, [base, #imm]
	{0x79000000, 31 << 10},          // strh w
	{0xb9800000, 31 << 10},          // ldrsw x
	{0xf9400000, 31 << 10},          // ldr x
	{0xb9000000, 31 << 10},          // str w
	{0xf8400000, 0x1ff << 12},       // ldur x
	{0xf8400400, 0x10f << 12},       // ldr x, [base], #imm
	{0xb8000c00, 0x10f << 12},       // str w, [base, #imm]!
	{0xa9400000, 0x47<<15 | 15<<10}, // ldp x, x, [base, #imm]
	{0xa9000000, 0x47<<15 | 15<<10}, // stp
	{0xa9800000, 0x43<<15 | 15<<10}, // stp, [base, #imm]!
	{0xa8c00000, 0x43<<15 | 15<<10}, // ldp, [base], #imm
	{0x69400000, 0x47<<15 | 15<<10}, // ldpsw
	{0x3dc00000, 7 << 10},           // ldr q
	{0xfd000000, 7 << 10},           // str d
	{0xad000000, 0x43<<15 | 31<<10}, // stp q, q
	{0x6cc00000, 0x43<<15 | 31<<10}, // ldp d, d, [base], #imm
}

// exclusive is a load-exclusive and a store-exclusive, which may succeed, of one
// register or of two, at an aligned address; and a compare-and-swap of two.
func (d *duel) exclusive() []uint32 {
	base := d.pointer()
	size, form := d.rng.Uint32N(4)<<30, d.rng.Uint32()&(1<<15) // LDAXR, STLXR
	load, store, second := uint32(0x085f7c00), uint32(0x08007c00), uint32(0)
	if size>>31 != 0 && d.rng.IntN(2) == 0 {
		load, store, second = 0x087f0000, 0x08200000, d.reg()<<10
	}
	return []uint32{
		0x927cec00 | base<<5 | base, // and base, base, #-16
		load | size | form | second | base<<5 | d.reg(),
		d.registers(d.pick(computing)),
		store | size | form | second | d.reg()<<16 | base<<5 | d.reg(),
		0x08207c00 | d.rng.Uint32()&(1<<30|1<<22|1<<15) | d.reg()&^1<<16 | base<<5 | d.reg()&^1, // CASP
	}
}
