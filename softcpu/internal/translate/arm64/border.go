package arm64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/translate"

// The border between Go and generated code. On the stack are, from entry to
// exit, the return address and, if the SIMD and FP registers were brought here,
// the host's FPCR.

const hostFPCR = 8 // offset from the stack pointer

// sp is the stack pointer where it is the base of an address.
const sp = XZR

// writeExits writes the ways out. That of ExitNoCode is at offset 0, where an
// entry that is 0 leads. They expect the index in X16 and the site in X17, or the
// PC in X16.
func (t *Translator) writeExits() {
	var ends []int
	for r := range t.exits {
		t.exits[r] = t.Pos()
		if translate.Exit(r) == translate.ExitPC {
			t.field(STRX, X16, t.l.PC)
		} else {
			t.field(STRX, X16, t.l.Index)
			t.field(STRX, X17, t.l.Site)
		}
		t.MovImm(X14, uint64(r))
		ends = append(ends, t.Jump(B, 0))
	}
	for _, e := range ends {
		t.Link(e, t.Pos())
	}
	t.field(STRX, X14, t.l.Reason)
	t.Get(X14, NZCV)
	t.field(STRX, X14, t.l.Flags)
	t.field(STRX, count, t.l.Count)
	t.pinned(STRX, STPX)
	elsewhere := t.Jump(CBZ, fpHere)
	t.vectors(STPQ)
	t.Get(X14, FPSR)
	t.field(LDRW, X15, t.l.FPSR)
	t.RRR(ORR, X14, X14, X15)
	t.field(STRW, X14, t.l.FPSR)
	t.Mem(LDRX, X14, sp, hostFPCR)
	t.field(LDRW, X15, t.l.FPCR)
	t.changeFPCR(X15, X14)
	t.Link(elsewhere, t.Pos())
	t.Pop(X30)
	t.JumpReg(RET, X30)
}

// writeLoadFP writes what brings the SIMD and FP registers into the host's, FPCR
// among them, and goes back to X17. FPSR is collected on the way out. If FP and
// SIMD instructions trap, it leaves instruction X16 to the interpreter.
func (t *Translator) writeLoadFP() {
	t.loadFP = t.Pos()
	t.field(LDRB, X14, t.l.FPTrapped)
	t.Link(t.Jump(CBNZ, X14), t.exits[translate.ExitInterpret])
	t.vectors(LDPQ)
	t.Set(FPSR, XZR)
	t.Get(X14, FPCR)
	t.Mem(STRX, X14, sp, hostFPCR)
	t.field(LDRW, X15, t.l.FPCR)
	t.changeFPCR(X14, X15)
	t.MovImm(fpHere, 1)
	t.JumpReg(BR, X17)
}

// changeFPCR makes FPCR, which is from, to. Writing it takes time, and few guests
// have another value than the host. It uses X16.
func (t *Translator) changeFPCR(from, to Reg) {
	t.RRR(EOR, X16, from, to)
	same := t.Jump(CBZ, X16)
	t.Set(FPCR, to)
	t.Link(same, t.Pos())
}

func (t *Translator) writeEnter() {
	t.enter = t.Pos()
	t.Push(X30)
	t.AddImm(state, state, -int64(t.bias))
	t.pinned(LDRX, LDPX)
	t.field(LDRX, X14, t.l.Flags)
	t.Set(NZCV, X14)
	t.field(LDRX, count, t.l.Count)
	t.field(LDRX, tlbReg, t.l.TLB)
	t.MovImm(fpHere, 0)
	t.JumpReg(BR, X16)
}

// pinned loads or stores the guest's registers that have one of the host's, by
// an instruction for one and one for two.
func (t *Translator) pinned(one, two Inst) {
	for x := 0; x < len(pins); x++ {
		switch {
		case pins[x] == XZR:
		case x+1 < len(pins) && pins[x+1] != XZR:
			t.Pair(two, pins[x], pins[x+1], state, t.at(x))
			x++
		default:
			t.Mem(one, pins[x], state, t.at(x))
		}
	}
}

// vectors loads or stores all SIMD and FP registers. It uses X15.
func (t *Translator) vectors(pair Inst) {
	t.AddImm(X15, state, int64(t.l.V+t.bias))
	for v := Reg(0); v < 32; v += 2 {
		t.Pair(pair, v, v+1, X15, int32(v)*16)
	}
}

// useFP begins an instruction that uses SIMD and FP registers: they are brought
// into the host's if they are not there. While they are, such instructions do not
// trap.
func (t *Translator) useFP() { t.fps = append(t.fps, fpLoad{t.Jump(CBZ, fpHere), t.i}) }

// WriteProbe writes code that can be entered like the entry stub, and sets what
// the state register points to to v. It returns how many bytes it takes.
func WriteProbe(buf []byte, v uint64) (n int) {
	a := Asm{buf: buf}
	a.MovImm(X16, v)
	a.Mem(STRX, X16, state, 0)
	a.JumpReg(RET, X30)
	return a.n
}
