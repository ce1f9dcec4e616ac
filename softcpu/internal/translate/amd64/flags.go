package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// flags is where the guest's condition flags are at a point of a run. At least
// one of mem, host and again holds.
type flags struct {
	mem  bool // in memory, packed
	host bool // in the host's flags, with the carry as carry says

	// again: they can be computed again from registers, by producer.
	again bool
	producer

	carry carry
}

// carry is how the host's CF stands for the guest's C, and OF for V.
type carry uint8

const (
	inverted carry = iota // CF is NOT C, as after CMP
	direct                // CF is C, as after ADD
	clear                 // C and V are 0 and so are CF and OF, as after AND
)

// producer is the instruction that has set the flags: a o b, with b a register
// or a constant. undo says that a was overwritten with the result, from which
// and b it can be had back.
type producer struct {
	o     ALU // SUB, ADD or AND
	w     bool
	undo  bool
	byImm bool
	a, b  uint8
	imm   int32
}

// uses says whether p needs guest register x.
func (p *producer) uses(x uint8) bool { return x == p.a || !p.byImm && x == p.b }

// clobber is called before the host's flags change.
func (t *Translator) clobber() {
	if t.fl.host && !t.fl.mem && !t.fl.again {
		t.storeHostFlags()
	}
	t.fl.host = false
}

// writing is called before guest register x changes.
func (t *Translator) writing(x uint8) {
	if !t.fl.again || !t.fl.uses(x) {
		return
	}
	if !t.fl.mem && !t.fl.host {
		t.computeFlags()
		t.storeHostFlags()
		t.fl.host = false
	}
	t.fl.again = false
}

// saveFlags makes the flags in memory right.
func (t *Translator) saveFlags() {
	if t.fl.mem {
		return
	}
	if !t.fl.host {
		t.computeFlags()
	}
	t.storeHostFlags()
}

// saveFlagsFor is saveFlags for going on at instruction i of the page, which may
// be about to overwrite them.
func (t *Translator) saveFlagsFor(i uint64) {
	if !t.fl.mem && !t.flagsDead(i) {
		t.saveFlags()
	}
}

// flagsDead says whether the flags are given new values from instruction i on
// before anything can see them.
func (t *Translator) flagsDead(i uint64) bool {
	for range 8 {
		if i >= opsPerPage {
			return false
		}
		op := t.op(i)
		switch {
		case op.ReadsFlags(), !op.OnlyComputes():
			return false
		case op.SetsFlags():
			return true
		}
		i++
	}
	return false
}

// computeFlags computes the flags again, into the host's. It uses RAX and RDX.
func (t *Translator) computeFlags() {
	p := &t.fl.producer
	if p.undo {
		t.load(p.w, RAX, p.a)
		o := ADD
		if p.o == ADD {
			o = SUB
		}
		t.apply(o, RAX)
		t.apply(p.o, RAX)
	} else {
		t.load(p.w, RAX, p.a)
		t.apply(p.o, RAX)
	}
	t.fl.host = true
	t.fl.carry = carryOf(p.o)
}

// apply computes r = r o b.
func (t *Translator) apply(o ALU, r Reg) {
	p := &t.fl.producer
	if p.byImm {
		t.ALURI(o, p.w, r, p.imm)
	} else {
		t.alu(o, p.w, r, p.b)
	}
}

func carryOf(o ALU) carry {
	switch o {
	case ADD:
		return direct
	case AND:
		return clear
	}
	return inverted
}

// invert brings the host's CF into the form that it has after CMP.
func (t *Translator) invert() {
	switch t.fl.carry {
	case direct:
		t.Cmc()
	case clear:
		t.Stc()
	}
	t.fl.carry = inverted
}

// storeHostFlags packs the host's flags into memory. It uses RAX.
func (t *Translator) storeHostFlags() {
	t.invert()
	t.Lahf()
	t.RR(SET(O), false, 0, RAX)
	t.RM(MOVM16, false, RAX, t.field(t.l.Flags))
	t.fl.mem = true
}

// useFlags brings the flags into the host's, and returns the host's condition
// for the guest's. It uses RAX and RDX.
func (t *Translator) useFlags(cond uint8) Cond {
	switch {
	case t.fl.host:
	case t.fl.mem:
		t.RM(MOVZX16, false, RAX, t.field(t.l.Flags))
		t.unpackAX()
		t.fl.host, t.fl.carry = true, inverted
	default:
		t.computeFlags()
	}
	if needsCarry(cond) {
		t.invert()
	}
	return conditions[cond]
}

// unpackAX makes packed flags in AX the host's: ADD AL, 0x7f puts V into OF.
func (t *Translator) unpackAX() {
	t.byte(0x04)
	t.byte(0x7f)
	t.Sahf()
}

// conditions are the host's conditions for the guest's, behind a CMP.
var conditions = [14]Cond{E, NE, AE, B, S, NS, O, NO, A, BE, GE, L, G, LE}

// needsCarry says whether a condition depends on C: CS, CC, HI, LS.
func needsCarry(cond uint8) bool { return cond>>1 == 1 || cond>>1 == 4 }

// setFlags notes that the host's flags are now those of a o b with the result
// in d.
func (t *Translator) setFlags(o ALU, w bool, d, a uint8, p producer) {
	p.o, p.w, p.a = o, w, a
	t.fl = flags{host: true, carry: carryOf(o), again: true, producer: p}
	switch {
	case d == a64.Sink:
	case d == a && (p.byImm || p.b != d) && o != AND:
		t.fl.undo = true
	case o == AND: // the result tells
		t.fl.producer = producer{o: AND, w: w, a: d, byImm: true, imm: -1}
	case d == a || !p.byImm && d == p.b:
		t.fl.again = false
	}
}
