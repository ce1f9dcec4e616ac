package amd64

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// The count of instructions is kept less the index in the page, so that going
// on with the next instruction costs nothing; a branch corrects it. Where that
// can make it grow, which is at branches backward and into other pages, the
// budget is looked at: the count is negative as long as there is some left.

// crossing is a branch to a place in another page: target is its instruction there. The
// page is found by its address each time. What was the code's place when the jump was
// made is compared with what the page's entry has now: so that nobody need look for the
// jump when the code goes away.
type crossing struct {
	elsewhere [2]int // jumps that are taken when the budget is used up, and when the page is not known
	stale     int    // the jump that is taken when the entry has changed
	site      int    // where the displacement of the jump to the code is
	target    uint64
}

// crossTo goes to the address off bytes from the page's beginning, in another
// page, from behind instruction n-1. The flags are in memory.
func (t *Translator) crossTo(off int64, n uint64) {
	c := crossing{target: uint64(off) % pageSize / 4}
	t.pageVA(RDX, uint64(off&^(pageSize-1)))
	t.RORX(true, RCX, RDX, 12-translate.TLBEntryShift)
	t.ALURI(AND, false, RCX, t.itlbMax)
	t.ALURM(ADD, true, RCX, t.field(t.l.ITLB))
	t.ALURI(ADD, true, count, int32(n)-int32(c.target))
	c.elsewhere[0] = t.Jcc(NS)
	t.ALURM(CMP, true, RDX, At(RCX, translate.ITLBVA))
	c.elsewhere[1] = t.Jcc(NE)
	t.RM(MOV, true, RCX, At(RCX, translate.ITLBPage))
	t.RM(MOVM, true, RDX, t.field(t.l.PageVA))
	t.RM(MOVM, true, RCX, t.field(t.l.Page))
	t.RM(0x81, false, Reg(CMP), At(RCX, int32(c.target*4)))
	t.imm32(neverAnEntry)
	c.stale = t.Jcc(NE)
	c.site = t.Jmp()
	t.crossings = append(t.crossings, c)
}

const (
	neverAnEntry = -1

	// entryBeforeSite is how far before the displacement of a crossing's jump the entry
	// is that it compares with: that, JNE and JMP's opcode.
	entryBeforeSite = 4 + 6 + 1
)

// Cross makes the crossing at site, an offset into the buffer, lead to the code at pos,
// which is what the target's entry has.
func (t *Translator) Cross(site, pos int) {
	binary.LittleEndian.PutUint32(t.buf[site-entryBeforeSite:], uint32(pos))
	t.Link(site, pos)
}

// finishCrossing writes what is out of line of a crossing.
func (t *Translator) finishCrossing(c *crossing) {
	for _, site := range c.elsewhere {
		t.Link(site, t.Pos())
	}
	if c.target != 0 {
		t.ALURI(ADD, true, count, int32(c.target))
	}
	t.RM(LEA, true, RAX, At(RDX, int32(c.target*4)))
	t.JmpTo(t.exits[translate.ExitPC])
	t.Link(c.stale, t.Pos())
	t.Link(c.site, t.Pos())
	t.MovImm(RAX, c.target)
	t.RIP(LEA, true, RDX, c.site)
	t.JmpTo(t.exits[translate.ExitCross])
}

// pageVA computes r = the page's virtual address + off. It uses RDX and keeps
// the flags.
func (t *Translator) pageVA(r Reg, off uint64) {
	t.RM(MOV, true, r, t.field(t.l.PageVA))
	switch {
	case off == 0:
	case fits(off):
		t.RM(LEA, true, r, At(r, int32(off)))
	default:
		t.MovImm(RDX, off)
		t.RM(LEA, true, r, Sum(r, RDX, 0))
	}
}

// indirect goes to the address in RAX, from behind instruction n-1 of the page.
// The flags are in memory.
func (t *Translator) indirect(n uint64) {
	t.ALURI(ADD, true, count, int32(n))
	t.JccTo(NS, t.exits[translate.ExitPC])
	t.RORX(true, RCX, RAX, 12-translate.TLBEntryShift)
	t.ALURI(AND, false, RCX, t.itlbMax)
	t.ALURM(ADD, true, RCX, t.field(t.l.ITLB))
	t.Mov(true, RDX, RAX)
	t.ALURI(AND, true, RDX, ^0xffc) // what is not aligned matches nothing
	t.ALURM(CMP, true, RDX, At(RCX, translate.ITLBVA))
	t.JccTo(NE, t.exits[translate.ExitPC])
	t.RM(MOV, true, RCX, At(RCX, translate.ITLBPage))
	t.RM(MOVM, true, RDX, t.field(t.l.PageVA))
	t.ALURI(AND, false, RAX, pageSize-1)
	t.RM(MOV, false, RDX, Sum(RCX, RAX, 0))
	t.RM(MOVM, true, RCX, t.field(t.l.Page))
	t.ShiftI(SHR, false, RAX, 2)
	t.ALURR(SUB, true, count, RAX)
	t.ALURM(ADD, true, RDX, t.field(t.l.Code))
	t.JmpReg(RDX)
}

// takeBranch goes to the instruction at byte offset to from the page's
// beginning.
func (t *Translator) takeBranch(to int64) {
	if to < 0 || to >= pageSize {
		t.saveFlags()
		t.crossTo(to, t.i+1)
		return
	}
	n := uint64(to / 4)
	t.saveFlagsFor(n)
	d := int32(int64(t.i) + 1 - int64(n))
	if d <= 0 {
		if d != 0 {
			t.RM(LEA, true, count, At(count, d))
		}
		t.fixes = append(t.fixes, fixup{t.Jmp(), n})
		return
	}
	t.clobber()
	t.ALURI(ADD, true, count, d)
	t.fixes = append(t.fixes, fixup{t.Jcc(S), n})
	t.saveFlags() // the guest is seen here, even if it has no use for them
	t.MovImm(RAX, n)
	t.JmpTo(t.exits[translate.ExitBudget])
}

// branchIf takes a branch when the host's condition holds.
func (t *Translator) branchIf(c Cond, op *a64.Op) {
	to := int64(t.i*4) + int64(op.Imm)
	if to < 0 || to > int64(t.i*4) {
		t.cold = append(t.cold, coldBranch{t.Jcc(c), t.i, to, t.fl})
		return
	}
	over := t.Jcc(c.Not())
	fl := t.fl
	t.takeBranch(to)
	t.fl = fl
	t.Link(over, t.Pos())
}

// jump is a branch that is always taken.
func (t *Translator) jump(op *a64.Op) {
	t.takeBranch(int64(t.i*4) + int64(op.Imm))
	t.done = true
}

// lowerBranch translates branches. It says whether op is one.
func (t *Translator) lowerBranch(op *a64.Op) bool {
	switch code := op.Code; {
	case code == a64.B, code == a64.BAL:
		t.jump(op)
	case code == a64.BL:
		t.writing(30)
		t.link()
		t.jump(op)
	case code >= a64.BEQ && code < a64.BAL:
		t.branchIf(t.useFlags(uint8(code-a64.BEQ)), op)
	case code == a64.CBZ64, code == a64.CBZ32, code == a64.CBNZ64, code == a64.CBNZ32:
		t.compareAndBranch(op)
	case code == a64.TBZ, code == a64.TBNZ:
		t.testAndBranch(op)
	case code == a64.BR, code == a64.RET, code == a64.BLR:
		t.branchRegister(op)
	default:
		return false
	}
	return true
}

// link sets X30 to the address of the next instruction.
func (t *Translator) link() {
	r := t.dest(30, RAX)
	t.pageVA(r, t.i*4+4)
	t.put(30, r)
}

func (t *Translator) compareAndBranch(op *a64.Op) {
	t.clobber()
	w := op.Code == a64.CBZ64 || op.Code == a64.CBNZ64
	if p, ok := pinned(op.Rd); ok {
		t.RR(TEST, w, p, p)
	} else if op.Rd == a64.ZR {
		t.ALURR(CMP, false, RAX, RAX)
	} else {
		t.ALUMI(CMP, w, t.x(op.Rd), 0)
	}
	c := E
	if op.Code == a64.CBNZ64 || op.Code == a64.CBNZ32 {
		c = NE
	}
	t.branchIf(c, op)
}

func (t *Translator) testAndBranch(op *a64.Op) {
	t.clobber()
	c := AE
	if op.Code == a64.TBNZ {
		c = B
	}
	switch p, ok := pinned(op.Rd); {
	case ok && op.Ra < 31:
		t.TestImm(false, p, 1<<op.Ra)
		c += E - B
		c = c.Not() // ZF is the opposite of the bit
	case ok:
		t.BTReg(true, p, op.Ra)
	case op.Rd == a64.ZR:
		t.ALURR(SUB, false, RAX, RAX) // CF is 0
	default:
		m := t.x(op.Rd)
		m.Disp += int32(op.Ra / 8)
		t.TestMem8(m, 1<<(op.Ra%8))
		c += E - B
		c = c.Not()
	}
	t.branchIf(c, op)
}

func (t *Translator) branchRegister(op *a64.Op) {
	t.saveFlags()
	if op.Code == a64.BLR && op.Rn == 30 {
		t.load(true, RAX, op.Rn)
		r := t.dest(30, RCX)
		t.pageVA(r, t.i*4+4)
		t.put(30, r)
	} else {
		if op.Code == a64.BLR {
			t.link()
		}
		t.load(true, RAX, op.Rn)
	}
	t.indirect(t.i + 1)
	t.done = true
}
