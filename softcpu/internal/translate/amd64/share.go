package amd64

import (
	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
	"github.com/miniboot-vmm/miniboot/softcpu/internal/translate"
)

// Programs read and write several fields of one structure, or save several
// registers on the stack, with few instructions between. Such accesses are a
// group: the first, its leader, looks all of them up at once, and the others
// find the host's address in RCX or in memory.
//
// A group is a matter of one run. Its members, and what is between them, have no
// entry: who comes from elsewhere has not been at the leader. Nothing between
// them can change the translation of an address: what could ends the group.
type group struct {
	base      uint8  // the guest register that all addresses are relative to
	end       uint64 // index of the instruction behind the last member
	low, high int32  // the bytes from base+low up to base+high, by base's value at the leader
	read      bool
	write     bool
	between   bool // some member finds RCX overwritten
	fpEnabled bool // a member has found that FP and SIMD instructions do not trap

	added int32  // to base by the write-backs of the members so far
	held  uint64 // index of the instruction at which RCX is the host's address of base+low
}

const (
	groupReach = 16  // instructions from the leader to the last member
	groupBytes = 256 // bytes that the members of a group may be apart
)

// leader is what of a group's leader is out of line: it looks its own access up
// where the group's lookup fails.
type leader struct {
	misses  [2]int // jumps of a failed lookup, or 0
	trapped int    // the jump of a trap, or 0
	i       uint64
	fl      flags
	group   group
	resume  int
}

// based says whether op is a load or store with a constant offset from its base
// register, whose lookup others may share.
func based(op *a64.Op) bool {
	switch code := op.Code; {
	case code >= a64.LDRB && code <= a64.STRXsp, code == a64.LDST, code >= a64.LDPX && code <= a64.LDPXpost,
		code == a64.LDSTP, code == a64.LDSTV, code == a64.LDSTVP:
		return op.Aux&a64.MemUnpriv == 0
	}
	return false
}

// registersOf says what registers a load or store without structure has: SIMD
// and FP registers, and two of them.
func registersOf(op *a64.Op) (vector, pair bool) {
	switch code := op.Code; {
	case code == a64.LDSTVP:
		return true, true
	case code >= a64.LDSTV:
		return true, false
	}
	return false, op.Code >= a64.LDPX && op.Code <= a64.LDPXpost || op.Code == a64.LDSTP
}

// accessSize is how many bytes op accesses.
func accessSize(op *a64.Op) int32 {
	n := int32(1) << (op.Aux & a64.MemSize)
	if _, pair := registersOf(op); pair {
		n *= 2
	}
	return n
}

// loads says whether op, a load or store, loads guest register x.
func loads(op *a64.Op, x uint8) bool {
	vector, pair := registersOf(op)
	return !vector && op.Aux&a64.MemLoad != 0 && (op.Rd == x || pair && op.Ra == x)
}

func writesBack(op *a64.Op) bool { return op.Aux&(a64.MemPre|a64.MemPost) != 0 }

// lead begins a group at the present instruction, if others can share its
// lookup. The guest can ask for checks of alignment: then each access has its
// own.
func (t *Translator) lead(op *a64.Op) bool {
	t.group = group{}
	if t.Checked || loads(op, op.Rn) {
		return false
	}
	g := group{base: op.Rn}
	g.add(op)
	last := t.i
	for j := t.i + 1; j < min(t.i+groupReach, opsPerPage) && t.page.Entries[j] == 0; j++ {
		next := t.op(j)
		if based(next) && next.Rn == g.base {
			if !g.add(next) {
				break
			}
			g.between = g.between || j != last+1
			last = j
			g.end = j + 1
			if loads(next, g.base) {
				break
			}
		} else if !keepsGroup(next, g.base) {
			break
		}
	}
	if g.end == 0 {
		return false
	}
	g.added = 0
	t.group = g
	return true
}

// add makes op a member, unless it is too far from the others.
func (g *group) add(op *a64.Op) bool {
	low := g.added + int32(offset(op))
	high := low + accessSize(op)
	if g.high != g.low {
		low, high = min(low, g.low), max(high, g.high)
	}
	if high-low > groupBytes {
		return false
	}
	g.low, g.high = low, high
	if op.Aux&a64.MemLoad != 0 {
		g.read = true
	} else {
		g.write = true
	}
	if writesBack(op) {
		g.added += int32(op.Imm)
	}
	return true
}

// keepsGroup says whether the members of a group can be on both sides of op: it
// goes on with the next instruction or to another one's entry, leaves guest
// register base alone, and cannot change how addresses are translated.
func keepsGroup(op *a64.Op, base uint8) bool {
	switch code := op.Code; {
	case op.OnlyComputes():
		return op.Rd != base
	case code >= a64.BEQ && code < a64.BAL, code >= a64.CBZ64 && code <= a64.TBNZ:
		return true
	case based(op):
		return !loads(op, base) // it has another base register
	case code >= a64.LDRBr && code <= a64.STRXr, code == a64.LDSText:
		return op.Rd != base
	case code >= a64.FirstVector:
		return op.Rd != base
	}
	return false
}

// inGroup says whether the present instruction is a member of a group that has
// begun.
func (t *Translator) inGroup(op *a64.Op) bool {
	return t.i < t.group.end && based(op) && op.Rn == t.group.base
}

// member returns where the bytes of a member's access are. It sets RCX, unless
// that is right from the member before.
func (t *Translator) member(op *a64.Op) Mem {
	g := &t.group
	if g.held != t.i {
		t.RM(MOV, true, RCX, t.field(t.l.Shared))
	}
	m := At(RCX, g.added+int32(offset(op))-g.low)
	if writesBack(op) {
		g.added += int32(op.Imm)
	}
	g.held = t.i + 1
	return m
}

// lowerMember translates an access whose lookup the leader has done. What traps
// has trapped there, or traps here for the first time in the group.
func (t *Translator) lowerMember(op *a64.Op, vector bool) {
	g := &t.group
	trapped := 0
	if vector && !g.fpEnabled {
		t.clobber()
		trapped = t.fpEnabled()
		g.fpEnabled = true
	}
	m := t.member(op)
	t.loadOrStore(op, m)
	if _, ok := pinned(op.Rn); writesBack(op) && !ok {
		t.clobber()
	}
	t.writeBack(op)
	if trapped != 0 {
		t.slow(trapped)
	}
	t.writtenBack(op)
}

// lookUpGroup makes RCX the host's address of the group's first byte. added is
// what base is more than at the leader. It returns the jumps that are taken
// where that fails.
func (t *Translator) lookUpGroup(g *group, added int32) (misses [2]int) {
	t.base(g.base, uint64(int64(g.low-added)))
	entry := t.tlbEntry(lookup{size: g.high - g.low})
	if g.read {
		misses[0] = t.tlbMiss(entry, translate.TLBRead)
	}
	if g.write {
		misses[1] = t.tlbMiss(entry, translate.TLBWrite)
	}
	t.tlbDistance(entry)
	t.ALURR(ADD, true, RCX, RAX)
	if g.between {
		t.RM(MOVM, true, RCX, t.field(t.l.Shared))
	}
	return misses
}

// lowerLeader translates the first access of a group. trapped is a jump that is
// taken at a trap, or 0.
func (t *Translator) lowerLeader(op *a64.Op, trapped int) {
	g := &t.group
	l := leader{trapped: trapped, i: t.i, fl: t.fl, group: *g}
	l.misses = t.lookUpGroup(g, 0)
	g.fpEnabled = trapped != 0
	t.loadOrStore(op, t.memberAfterLookup(op))
	t.writeBack(op)
	l.resume = t.Pos()
	t.leaders = append(t.leaders, l)
	t.writtenBack(op)
}

// memberAfterLookup is member where RCX has just been set.
func (t *Translator) memberAfterLookup(op *a64.Op) Mem {
	t.group.held = t.i
	return t.member(op)
}

// finishLeader writes what a leader has out of line: its own access, after which
// no lookup is shared; and if that was the interpreter's, the group's lookup
// once more, as there is a translation now.
func (t *Translator) finishLeader(l *leader) {
	t.i, t.fl = l.i, l.fl
	op := t.op(l.i)
	t.landAll(l.misses)
	t.base(op.Rn, offset(op))
	miss := t.tlb(lookupFor(op))
	t.loadOrStore(op, hostMem(0))
	t.writeBack(op)
	t.writtenBack(op)
	t.goOn(l.i + 1)

	t.fl = l.fl
	t.slowAt(miss, l.trapped)
	added := int32(0)
	if writesBack(op) {
		added = int32(op.Imm)
	}
	misses := t.lookUpGroup(&l.group, added)
	t.JmpTo(l.resume)
	t.landAll(misses)
	t.goOn(l.i + 1)
}

// landAll makes jumps, of which some may be 0, for none, lead here.
func (t *Translator) landAll(sites [2]int) {
	for _, s := range sites {
		if s != 0 {
			t.Link(s, t.Pos())
		}
	}
}

// goOn goes on at the entry of instruction i of the page, from out of line.
func (t *Translator) goOn(i uint64) {
	t.saveFlagsFor(i)
	t.fixes = append(t.fixes, fixup{t.Jmp(), i})
}
