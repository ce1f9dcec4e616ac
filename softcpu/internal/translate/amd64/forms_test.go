package amd64

import "fmt"

var moveForms = []form{
	inst("mov r32, r/m32", MOV, false),
	inst("mov r64, r/m64", MOV, true),
	inst("mov r/m8, r8", MOVM8, false),
	inst("mov r/m16, r16", MOVM16, false),
	inst("mov r/m32, r32", MOVM, false),
	inst("mov r/m64, r64", MOVM, true),
	inst("movzx r32, r/m8", MOVZX8, false),
	inst("movzx r64, r/m8", MOVZX8, true),
	inst("movzx r32, r/m16", MOVZX16, false),
	inst("movzx r64, r/m16", MOVZX16, true),
	inst("movsx r32, r/m8", MOVSX8, false),
	inst("movsx r64, r/m8", MOVSX8, true),
	inst("movsx r32, r/m16", MOVSX16, false),
	inst("movsx r64, r/m16", MOVSX16, true),
	inst("movsxd r64, r/m32", MOVSXD, true),
	inst("lea r32, m", LEA, false),
	inst("lea r64, m", LEA, true),
	inst("xchg m16, r16", XCHG|pfx66, false),
	inst("xchg m32, r32", XCHG, false),
	inst("xchg m64, r64", XCHG, true),
	inst("xchg m8, r8", 0x86|byteR, false),
	inst("movbe m16, r16", MOVBEM16, false),
	digit("mov r/m32, 0x12345678", MOVI, false, 0, 0x78, 0x56, 0x34, 0x12),

	register("mov r32, r/m32", func(a *Asm, reg, rm Reg) { a.Mov(false, reg, rm) }),
	register("mov r64, rcx", func(a *Asm, reg, _ Reg) { a.RR(MOV, true, reg, RCX) }),
	register("mov r32, 0x0", func(a *Asm, reg, _ Reg) { a.MovImm(reg, 0) }),
	register("mov r32, 0xffffffff", func(a *Asm, reg, _ Reg) { a.MovImm(reg, 0xffff_ffff) }),
	register("mov r64, -0x1", func(a *Asm, reg, _ Reg) { a.MovImm(reg, 1<<64-1) }),
	register("mov r64, -0x80000000", func(a *Asm, reg, _ Reg) { a.MovImm(reg, -0x8000_0000&(1<<64-1)) }),
	register("mov r64, -0x80000001", func(a *Asm, reg, _ Reg) { a.MovImm(reg, -0x8000_0001&(1<<64-1)) }),
	register("mov r64, 0x100000000", func(a *Asm, reg, _ Reg) { a.MovImm(reg, 0x1_0000_0000) }),
	register("mov r64, 0x123456789abcdef0", func(a *Asm, reg, _ Reg) { a.MovImm(reg, 0x1234_5678_9abc_def0) }),
	memory("mov m16, 0x1234", func(a *Asm, _ Reg, m Mem) { a.MovMemImm16(m, 0x1234) }),
	memory("mov m16, 0xffff", func(a *Asm, _ Reg, m Mem) { a.MovMemImm16(m, 0xffff) }),
	memory("mov m32, 0x12345678", func(a *Asm, _ Reg, m Mem) { a.MovMemImm(false, m, 0x1234_5678) }),
	memory("mov m64, -0x1", func(a *Asm, _ Reg, m Mem) { a.MovMemImm(true, m, -1) }),
	register("lea r64, [rip-0x107]", func(a *Asm, reg, _ Reg) { a.RIP(LEA, true, reg, 0) }),
	register("lea r64, [rip+0x20]", func(a *Asm, reg, _ Reg) { a.RIP(LEA, true, reg, base+0x27) }),
	register("mov r64, qword ptr [rip+0x20]", func(a *Asm, reg, _ Reg) { a.RIP(MOV, true, reg, base+0x27) }),
}

var integerForms = []form{
	inst("test r/m32, r32", TEST, false),
	inst("test r/m64, r64", TEST, true),
	inst("imul r32, r/m32", IMUL, false),
	inst("imul r64, r/m64", IMUL, true),
	inst("lzcnt r32, r/m32", LZCNT, false),
	inst("lzcnt r64, r/m64", LZCNT, true),
	inst("crc32 r32, r/m8", CRC32b, false),
	inst("crc32 r32, r/m32", CRC32w, false),
	inst("crc32 r64, r/m64", CRC32w, true),
	inst("cmpxchg r/m8, r8", cmpxchg(0), false),
	inst("cmpxchg r/m16, r16", cmpxchg(1), false),
	inst("cmpxchg r/m32, r32", CMPXCHG, false),
	inst("cmpxchg r/m64, r64", CMPXCHG, true),
	inst("xadd r/m8, r8", xadd(0), false),
	inst("xadd r/m16, r16", xadd(1), false),
	inst("xadd r/m32, r32", XADD, false),
	inst("xadd r/m64, r64", XADD, true),

	digit("not r/m32", UNARY, false, NOT),
	digit("not r/m64", UNARY, true, NOT),
	digit("neg r/m32", UNARY, false, NEG),
	digit("neg r/m64", UNARY, true, NEG),
	digit("mul r/m32", UNARY, false, MUL),
	digit("mul r/m64", UNARY, true, MUL),
	digit("imul r/m32", UNARY, false, SMUL),
	digit("imul r/m64", UNARY, true, SMUL),
	digit("div r/m32", UNARY, false, DIV),
	digit("div r/m64", UNARY, true, DIV),
	digit("idiv r/m32", UNARY, false, IDIV),
	digit("idiv r/m64", UNARY, true, IDIV),

	digit("test r/m32, 0x1", TESTI, false, 0, 1, 0, 0, 0),
	digit("test m8, 0x80", TESTI8, false, 0, 0x80),
	register("test r/m32, 0x80000000", func(a *Asm, _, rm Reg) { a.TestImm(false, rm, -0x8000_0000) }),
	register("test r/m64, -0x2", func(a *Asm, _, rm Reg) { a.TestImm(true, rm, -2) }),
	memory("test m8, 0x81", func(a *Asm, _ Reg, m Mem) { a.TestMem8(m, 0x81) }),

	digit("bt r/m32, 0x1f", BT, false, 4, 0x1f),
	register("bt r/m32, 0x3", func(a *Asm, _, rm Reg) { a.BTReg(false, rm, 3) }),
	register("bt r/m64, 0x3f", func(a *Asm, _, rm Reg) { a.BTReg(true, rm, 63) }),
	memory("bt m32, 0x8", func(a *Asm, _ Reg, m Mem) { a.BTMem(m, 8) }),

	register("bswap r32", func(a *Asm, reg, _ Reg) { a.Bswap(false, reg) }),
	register("bswap r64", func(a *Asm, reg, _ Reg) { a.Bswap(true, reg) }),
	register("shld r/m32, r32, 0x5", func(a *Asm, reg, rm Reg) { a.DoubleShift(SHLD, false, rm, reg, 5) }),
	register("shld r/m64, r64, 0x3f", func(a *Asm, reg, rm Reg) { a.DoubleShift(SHLD, true, rm, reg, 63) }),
	register("shrd r/m32, r32, 0x5", func(a *Asm, reg, rm Reg) { a.DoubleShift(SHRD, false, rm, reg, 5) }),
	register("shrd r/m64, r64, 0x3f", func(a *Asm, reg, rm Reg) { a.DoubleShift(SHRD, true, rm, reg, 63) }),

	register("rol r/m32, 0x1", func(a *Asm, _, rm Reg) { a.ShiftI(ROL, false, rm, 1) }),
	register("rol r/m64, 0x3f", func(a *Asm, _, rm Reg) { a.ShiftI(ROL, true, rm, 63) }),
	register("ror r/m32, 0x1f", func(a *Asm, _, rm Reg) { a.ShiftI(ROR, false, rm, 31) }),
	register("ror r/m64, 0x20", func(a *Asm, _, rm Reg) { a.ShiftI(ROR, true, rm, 32) }),
	register("shl r/m32, 0x2", func(a *Asm, _, rm Reg) { a.ShiftI(SHL, false, rm, 2) }),
	register("shl r/m64, 0x20", func(a *Asm, _, rm Reg) { a.ShiftI(SHL, true, rm, 32) }),
	register("shr r/m32, 0x2", func(a *Asm, _, rm Reg) { a.ShiftI(SHR, false, rm, 2) }),
	register("shr r/m64, 0x20", func(a *Asm, _, rm Reg) { a.ShiftI(SHR, true, rm, 32) }),
	register("sar r/m32, 0x1f", func(a *Asm, _, rm Reg) { a.ShiftI(SAR, false, rm, 31) }),
	register("sar r/m64, 0x3f", func(a *Asm, _, rm Reg) { a.ShiftI(SAR, true, rm, 63) }),
	register("rol r/m64, cl", func(a *Asm, _, rm Reg) { a.ShiftCL(ROL, true, rm) }),
	register("ror r/m32, cl", func(a *Asm, _, rm Reg) { a.ShiftCL(ROR, false, rm) }),
	register("shl r/m32, cl", func(a *Asm, _, rm Reg) { a.ShiftCL(SHL, false, rm) }),
	register("shr r/m64, cl", func(a *Asm, _, rm Reg) { a.ShiftCL(SHR, true, rm) }),
	register("sar r/m64, cl", func(a *Asm, _, rm Reg) { a.ShiftCL(SAR, true, rm) }),

	plain("lahf", (*Asm).Lahf),
	plain("sahf", (*Asm).Sahf),
	plain("cmc", (*Asm).Cmc),
	plain("stc", (*Asm).Stc),
	plain("ret", (*Asm).Ret),
	plain("int3", (*Asm).Int3),
	plain("cdq", func(a *Asm) { a.Cdq(false) }),
	plain("cqo", func(a *Asm) { a.Cdq(true) }),
}

// aluNames are in the order of their digits.
var aluNames = map[ALU]string{
	ADD: "add", OR: "or", ADC: "adc", SBB: "sbb", AND: "and", SUB: "sub", XOR: "xor", CMP: "cmp",
}

func aluForms() (all []form) {
	for o, name := range aluNames {
		for _, w := range []bool{false, true} {
			size := map[bool]int{false: 32, true: 64}[w]
			both := form{
				text: fmt.Sprintf("%s r%d, r/m%[2]d", name, size),
				rr:   func(a *Asm, reg, rm Reg) { a.ALURR(o, w, reg, rm) },
				rm:   func(a *Asm, reg Reg, m Mem) { a.ALURM(o, w, reg, m) },
			}
			all = append(all, both, memory(fmt.Sprintf("%s m%d, r%[2]d", name, size),
				func(a *Asm, reg Reg, m Mem) { a.ALUMR(o, w, m, reg) }))
			for _, imm := range []int32{0, 0x7f, -0x80, 0x80, -0x81, 0x7fff_ffff, -0x8000_0000} {
				all = append(all, form{
					text: fmt.Sprintf("%s r/m%d, %#x", name, size, imm),
					rr:   func(a *Asm, _, rm Reg) { a.ALURI(o, w, rm, imm) },
					rm:   func(a *Asm, _ Reg, m Mem) { a.ALUMI(o, w, m, imm) },
				})
			}
		}
		all = append(all,
			digit(name+" r/m8, 0x5", 0x80|byteR, false, Reg(o), 5),
			digit(name+" m8, 0x5", 0x80, false, Reg(o), 5),
			digit(name+" m16, 0x1234", 0x81|pfx66, false, Reg(o), 0x34, 0x12))
	}
	return all
}

// lockForms are the atomic operations of lower code.
func lockForms() []form {
	lock := func(f form) form {
		return memory("lock "+f.text, func(a *Asm, reg Reg, m Mem) {
			a.Lock()
			f.rm(a, reg, m)
		})
	}
	all := []form{
		lock(memory("or m32, 0x0", func(a *Asm, _ Reg, m Mem) { a.ALUMI(OR, false, m, 0) })),
	}
	for size, bits := range []int{8, 16, 32, 64} {
		w := bits == 64
		all = append(all,
			lock(inst(fmt.Sprintf("cmpxchg m%d, r%[1]d", bits), cmpxchg(uint16(size)), w)),
			lock(inst(fmt.Sprintf("xadd m%d, r%[1]d", bits), xadd(uint16(size)), w)))
	}
	for _, o := range []ALU{ADD, OR, AND, XOR} {
		all = append(all,
			lock(memory(aluNames[o]+" m32, r32", func(a *Asm, reg Reg, m Mem) { a.ALUMR(o, false, m, reg) })),
			lock(memory(aluNames[o]+" m64, r64", func(a *Asm, reg Reg, m Mem) { a.ALUMR(o, true, m, reg) })))
	}
	return all
}

// conditionNames have the names that need no thought.
var conditionNames = map[Cond]string{
	O: "o", NO: "no", B: "b", AE: "ae", E: "e", NE: "ne", BE: "be", A: "a",
	S: "s", NS: "ns", P: "p", NP: "np", L: "l", GE: "ge", LE: "le", G: "g",
}

func conditionForms() (all []form) {
	for c, name := range conditionNames {
		all = append(all,
			inst("cmov"+name+" r32, r/m32", CMOV(c), false),
			inst("cmov"+name+" r64, r/m64", CMOV(c), true),
			inst("set"+name+" r/m8", SET(c), false),
			plain("j"+name+" 0x1a", func(a *Asm) { a.JccTo(c, base+0x20) }),
			plain("j"+name+" -0x6", func(a *Asm) { a.JccTo(c, base) }),
			plain("j"+name+" 0x12345678", func(a *Asm) { a.Link(a.Jcc(c), base+6+0x1234_5678) }),
			plain("j"+name+" 0x7f", short(func(a *Asm) int { return a.Jcc8(c) }, 0x7f)))
	}
	return all
}

func jumpForms() []form {
	return []form{
		plain("jmp 0x1b", func(a *Asm) { a.JmpTo(base + 0x20) }),
		plain("jmp -0x105", func(a *Asm) { a.JmpTo(0) }),
		plain("jmp 0x0", func(a *Asm) { a.Jmp() }),
		plain("jmp 0x10", func(a *Asm) { a.Link(a.Jmp(), base+0x15) }),
		plain("jmp 0x0", short((*Asm).Jmp8, 0)),
		plain("jmp 0x7f", short((*Asm).Jmp8, 0x7f)),
		register("jmp r/m64", func(a *Asm, _, rm Reg) { a.JmpReg(rm) }),
	}
}

// short is a short jump over n bytes, without them.
func short(jump func(a *Asm) (site int), n int) func(a *Asm) {
	return func(a *Asm) {
		site := jump(a)
		a.n += n
		a.Land8(site)
		a.n -= n
	}
}
