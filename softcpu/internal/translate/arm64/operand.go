package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// pins says which host register holds a guest's, by index into State.X. XZR
// stands for none. Most have the same number, so that words stay as they are.
var pins = [...]Reg{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, XZR, XZR, XZR,
	XZR, XZR, XZR, 19, 20, 21, 22, 23, XZR, XZR, XZR, XZR, XZR, 29, 30, a64.SP: X13,
}

// at is the offset of State.X[x] from the state register.
func (t *Translator) at(x int) int32 { return int32(x-16)*8 + t.bias }

// field emits a load or store of what Layout has at off.
func (t *Translator) field(i Inst, r Reg, off int32) { t.Mem(i, r, state, off+t.bias) }

// index returns the index into State.X for a register field, whose 31 means the
// stack pointer or the zero register.
func index(field uint32, sp bool) uint8 {
	if field &= 31; field != 31 || sp {
		return uint8(field)
	}
	return a64.ZR
}

// host returns the host register that stands for guest register x: its own, XZR,
// or else scratch.
func host(x uint8, scratch Reg) Reg {
	if int(x) >= len(pins) { // ZR, Sink
		return XZR
	}
	if p := pins[x]; p != XZR {
		return p
	}
	return scratch
}

// inMemory says whether guest register x has no host register.
func inMemory(x uint8) bool { return int(x) < len(pins) && pins[x] == XZR }

// get returns a host register that holds guest register x: its own, or else
// scratch, loaded.
func (t *Translator) get(x uint8, scratch Reg) Reg {
	if inMemory(x) {
		t.Mem(LDRX, scratch, state, t.at(int(x)))
	}
	return host(x, scratch)
}

// load copies guest register x into r.
func (t *Translator) load(r Reg, x uint8) { t.Mov(r, t.get(x, r)) }

// put makes r the value of guest register x.
func (t *Translator) put(x uint8, r Reg) {
	switch p := host(x, r); {
	case inMemory(x):
		t.Mem(STRX, r, state, t.at(int(x)))
	case p != XZR:
		t.Mov(p, r)
	}
}

// wroteSP follows a change of the stack pointer that may leave it unaligned:
// generated code runs with an aligned one, so that it need not look at each use.
func (t *Translator) wroteSP() {
	t.And(X14, pins[a64.SP], 0, 4)
	t.stops = append(t.stops, stopExit{t.Jump(CBNZ, X14), t.i + 1})
}
