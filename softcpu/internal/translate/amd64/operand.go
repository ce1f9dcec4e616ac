package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// x is where guest register x is kept when it is not in a host register.
func (t *Translator) x(x uint8) Mem { return At(state, (int32(x)-16)*8) }

// pinned returns the host register that holds guest register x.
func pinned(x uint8) (r Reg, ok bool) {
	if int(x) >= len(pins) || pins[x] == RAX {
		return 0, false
	}
	return pins[x], true
}

// load copies guest register x into r.
func (t *Translator) load(w bool, r Reg, x uint8) {
	if p, ok := pinned(x); ok {
		t.RR(MOV, w, r, p)
	} else if x == a64.ZR {
		t.MovImm(r, 0)
	} else {
		t.RM(MOV, w, r, t.x(x))
	}
}

// get returns a host register that holds guest register x: its own, or else
// scratch.
func (t *Translator) get(w bool, x uint8, scratch Reg) Reg {
	if p, ok := pinned(x); ok {
		return p
	}
	t.load(w, scratch, x)
	return scratch
}

// dest returns the host register in which to compute guest register x: its
// own, or else scratch.
func (t *Translator) dest(x uint8, scratch Reg) Reg {
	if p, ok := pinned(x); ok {
		return p
	}
	return scratch
}

// put makes r the value of guest register x, all 64 bits.
func (t *Translator) put(x uint8, r Reg) {
	if p, ok := pinned(x); ok {
		t.Mov(true, p, r)
	} else if x != a64.Sink {
		t.RM(MOVM, true, r, t.x(x))
	}
}

// alu computes r = r o guest register x.
func (t *Translator) alu(o ALU, w bool, r Reg, x uint8) {
	if p, ok := pinned(x); ok {
		t.ALURR(o, w, r, p)
	} else if x == a64.ZR {
		t.ALURI(o, w, r, 0)
	} else {
		t.ALURM(o, w, r, t.x(x))
	}
}

// inst emits i with r in ModRM.reg and guest register x in ModRM.rm, which may
// not be XZR.
func (t *Translator) inst(i Inst, w bool, r Reg, x uint8) {
	if p, ok := pinned(x); ok {
		t.RR(i, w, r, p)
	} else {
		t.RM(i, w, r, t.x(x))
	}
}

// aluImm computes r = r o v. It uses RDX for constants that do not fit.
func (t *Translator) aluImm(o ALU, w bool, r Reg, v uint64) {
	if !w {
		v = uint64(int64(int32(uint32(v))))
	}
	if int64(v) == int64(int32(v)) {
		t.ALURI(o, w, r, int32(v))
		return
	}
	t.MovImm(RDX, v)
	t.ALURR(o, w, r, RDX)
}

// fits says whether v is the sign extension of its low 32 bits.
func fits(v uint64) bool { return int64(v) == int64(int32(v)) }
