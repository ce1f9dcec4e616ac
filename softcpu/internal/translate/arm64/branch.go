package arm64

import (
	"encoding/binary"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// The count of instructions is kept less the index in the page, so that going
// on with the next instruction costs nothing; a branch corrects it. Where that
// can make it grow, which is at branches backward and into other pages, the
// budget is looked at: the count is negative as long as there is some left.

const signBit = 63

// crossing is a branch to a place in another page: target is its instruction there. The
// page is found by its address each time. What was the code's place when the branch was
// made is compared with what the page's entry has now: so that nobody need look for the
// branch when the code goes away.
type crossing struct {
	elsewhere [2]int // branches that are taken when the budget is used up, and when the page is not known
	stale     int    // the branch that is taken when the entry has changed
	site      int    // the branch to the code; behind it is the entry that is compared with
	target    uint64
}

// crossTo goes to the address off bytes from the page's beginning, in another
// page, from behind instruction n-1.
func (t *Translator) crossTo(off int64, n uint64) {
	c := crossing{target: uint64(off) % pageSize / 4}
	t.pageVA(X16, off&^(pageSize-1))
	t.AddImm(count, count, int64(n)-int64(c.target))
	c.elsewhere[0] = t.Jump(TBZ|Bit(signBit), count)
	t.Field(X14, X16, 12, t.itlbBits)
	t.field(LDRX, X15, t.l.ITLB)
	t.Shifted(ADD, X14, X15, X14, translate.TLBEntryShift)
	t.Mem(LDRX, X15, X14, translate.ITLBVA)
	t.RRR(EOR, X15, X15, X16)
	c.elsewhere[1] = t.Jump(CBNZ, X15)
	t.Mem(LDRX, X14, X14, translate.ITLBPage)
	t.field(STRX, X16, t.l.PageVA)
	t.field(STRX, X14, t.l.Page)
	t.Mem(LDRW, X14, X14, int32(c.target*4))
	t.Literal(X15, t.Pos()+entryBehind+3*4)
	t.RRR(EOR, X14, X14, X15)
	c.stale = t.Jump(CBNZ, X14)
	c.site = t.Jump(B, 0)
	t.Word(neverAnEntry)
	t.crossings = append(t.crossings, c)
}

const (
	neverAnEntry = 0xd503201f // NOP
	entryBehind  = 4          // from a crossing's branch to the entry
)

// Cross makes the crossing at site, an offset into the buffer, lead to the code at pos,
// which is what the target's entry has.
func (t *Translator) Cross(site, pos int) {
	binary.LittleEndian.PutUint32(t.buf[site+entryBehind:], uint32(pos))
	t.Link(site, pos)
}

// finishCrossing writes what is out of line of a crossing.
func (t *Translator) finishCrossing(c *crossing) {
	for _, site := range c.elsewhere {
		t.Link(site, t.Pos())
	}
	t.AddImm(count, count, int64(c.target))
	t.AddImm(X16, X16, int64(c.target*4))
	t.JumpTo(t.exits[translate.ExitPC])
	t.Link(c.stale, t.Pos())
	t.Link(c.site, t.Pos())
	t.leave(translate.ExitCross, c.target, c.site)
}

// indirect goes to the address in X16, from behind instruction n-1 of the page.
func (t *Translator) indirect(n uint64) {
	t.AddImm(count, count, int64(n))
	t.leaveToPC(TBZ|Bit(signBit), count)
	t.Field(X14, X16, 12, t.itlbBits)
	t.field(LDRX, X15, t.l.ITLB)
	t.Shifted(ADD, X14, X15, X14, translate.TLBEntryShift)
	t.Mem(LDRX, X15, X14, translate.ITLBVA)
	t.And(X17, X16, 12, 52+2) // what is not aligned matches nothing
	t.RRR(EOR, X15, X15, X17)
	t.leaveToPC(CBNZ, X15)
	t.Mem(LDRX, X14, X14, translate.ITLBPage)
	t.field(STRX, X17, t.l.PageVA)
	t.Field(X16, X16, 2, 10)
	t.field(STRX, X14, t.l.Page)
	t.RRR(SUB, count, count, X16)
	t.Shifted(ADD, X14, X14, X16, 2)
	t.Mem(LDRW, X14, X14, 0)
	t.Start(X15)
	t.RRR(ADD, X15, X15, X14)
	t.JumpReg(BR, X15)
}

func (t *Translator) leaveToPC(i Inst, r Reg) { t.toPC = append(t.toPC, t.Jump(i, r)) }

// takeBranch goes to the instruction at byte offset to from the page's
// beginning.
func (t *Translator) takeBranch(to int64) {
	if to < 0 || to >= pageSize {
		t.crossTo(to, t.i+1)
		return
	}
	n := uint64(to / 4)
	d := int64(t.i) + 1 - int64(n)
	t.AddImm(count, count, d)
	if d > 0 {
		t.stops = append(t.stops, stopExit{t.Jump(TBZ|Bit(signBit), count), n})
	}
	t.fixes = append(t.fixes, fixup{t.Jump(B, 0), n})
}

// lowerBranch translates branches. It says whether op is one.
func (t *Translator) lowerBranch(op *a64.Op, w uint32) bool {
	switch code := op.Code; {
	case code == a64.B, code == a64.BAL:
		t.jump(op)
	case code == a64.BL:
		t.link()
		t.jump(op)
	case code >= a64.BEQ && code < a64.BAL:
		t.branchIf(op, w&^(0x7ffff<<5), 1)
	case code == a64.CBZ64, code == a64.CBZ32, code == a64.CBNZ64, code == a64.CBNZ32:
		r := t.get(index(w, false), X14)
		t.branchIf(op, w&^(0x7ffff<<5|31)|uint32(r), 1<<24)
	case code == a64.TBZ, code == a64.TBNZ:
		r := t.get(index(w, false), X14)
		t.branchIf(op, w&^(0x3fff<<5|31)|uint32(r), 1<<24)
	case code == a64.BR, code == a64.RET, code == a64.BLR:
		t.load(X16, op.Rn)
		if code == a64.BLR {
			t.link()
		}
		t.indirect(t.i + 1)
		t.done = true
	default:
		return false
	}
	return true
}

// jump is a branch that is always taken.
func (t *Translator) jump(op *a64.Op) {
	t.takeBranch(int64(t.i*4) + int64(op.Imm))
	t.done = true
}

// branchIf takes a branch when that of word, which has no displacement, is taken.
// With the bit invert changed, the word is the branch for the opposite.
func (t *Translator) branchIf(op *a64.Op, word, invert uint32) {
	to := int64(t.i*4) + int64(op.Imm)
	if to < 0 || to > int64(t.i*4) {
		t.cold = append(t.cold, coldBranch{t.Jump(Inst(word), 0), t.i, to})
		return
	}
	over := t.Jump(Inst(word^invert), 0)
	t.takeBranch(to)
	t.Link(over, t.Pos())
}

// link sets X30 to the address of the next instruction.
func (t *Translator) link() { t.pageVA(pins[30], int64(t.i*4+4)) }
