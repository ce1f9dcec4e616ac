package amd64

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

// SIMD registers stay in memory between instructions. An instruction loads its
// operands into X0 to X2, works there, and stores X0. Every one first looks
// whether it may be executed at all: every instruction is an entry.

// lowerVector translates what uses the SIMD and FP registers.
func (t *Translator) lowerVector(op *a64.Op) {
	if op.Code < a64.EndBase {
		t.lowerVectorMemory(op)
		return
	}
	if f := vectorOps[op.Code-a64.FirstVector]; f == nil || !f(t, op) {
		t.interpret()
	}
}

// vectorOps has what translates each code. It returns false, with nothing
// emitted, for forms that it leaves to the interpreter.
var vectorOps [a64.EndVector - a64.FirstVector]func(t *Translator, op *a64.Op) bool

type vectorTable map[a64.Code]func(t *Translator, op *a64.Op) bool

func (v vectorTable) install() {
	for code, f := range v {
		vectorOps[code-a64.FirstVector] = f
	}
}

// enabled begins an instruction: it returns the jump of the trap.
func (t *Translator) enabled() (trapped int) {
	t.clobber()
	return t.fpEnabled()
}

// loadX loads all of a SIMD register.
func (t *Translator) loadX(x Reg, v uint8) { t.RM(MOVUPS, false, x, t.v(v, 0)) }

// storeX stores X0 as all of a SIMD register.
func (t *Translator) storeX(v uint8) { t.RM(MOVUPSM, false, X0, t.v(v, 0)) }

// storeQ stores X0 as the result of an instruction that clears the upper half in
// its 64-bit form.
func (t *Translator) storeQ(op *a64.Op) {
	if !op.Q() {
		t.RR(MOVQ, false, X0, X0)
	}
	t.storeX(op.Rd)
}

// three makes a translation of an instruction on two registers that the host has
// for the element sizes of which the opcode is not 0: X0 = X0 op X1.
func three(bySize ...Inst) func(t *Translator, op *a64.Op) bool {
	return threeBy(func(t *Translator, op *a64.Op) {
		t.RR(pick(bySize, op), false, X0, X1)
	}, bySize...)
}

// pick returns the opcode for an instruction's element size.
func pick(bySize []Inst, op *a64.Op) Inst {
	if len(bySize) == 1 {
		return bySize[0]
	}
	return bySize[op.Size()]
}

// narrowScalar says whether an instruction has the scalar form for elements of
// less than 64 bits. That for 64 bits is like a vector of one element.
func narrowScalar(op *a64.Op) bool { return op.Scalar() && op.Size() != 3 }

// threeBy is three for an emitter that computes X0 from X0 and X1, with X2 to X4
// free.
func threeBy(emit func(t *Translator, op *a64.Op), bySize ...Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if narrowScalar(op) || len(bySize) != 0 && pick(bySize, op) == 0 {
			return false
		}
		trapped := t.enabled()
		t.loadX(X0, op.Rn)
		t.loadX(X1, op.Rm)
		emit(t, op)
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}

// two is threeBy with one operand, in X1, and X0 to be computed.
func two(emit func(t *Translator, op *a64.Op), bySize ...Inst) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		if narrowScalar(op) || len(bySize) != 0 && pick(bySize, op) == 0 {
			return false
		}
		trapped := t.enabled()
		t.loadX(X1, op.Rn)
		emit(t, op)
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}

// ones sets all bits of x.
func (t *Translator) ones(x Reg) { t.RR(PCMPEQD, false, x, x) }

// invert complements X0. It uses X2.
func (t *Translator) complement() {
	t.ones(X2)
	t.RR(PXOR, false, X0, X2)
}

var (
	padd    = []Inst{PADDB, PADDW, PADDD, PADDQ}
	psub    = []Inst{PSUBB, PSUBW, PSUBD, PSUBQ}
	pcmpeq  = []Inst{PCMPEQB, PCMPEQW, PCMPEQD, PCMPEQQ}
	pcmpgt  = []Inst{PCMPGTB, PCMPGTW, PCMPGTD, PCMPGTQ}
	pmaxu   = []Inst{PMAXUB, PMAXUW, PMAXUD, 0}
	pminu   = []Inst{PMINUB, PMINUW, PMINUD, 0}
	pmaxs   = []Inst{PMAXSB, PMAXSW, PMAXSD, 0}
	pmins   = []Inst{PMINSB, PMINSW, PMINSD, 0}
	unpackl = []Inst{PUNPCKLBW, PUNPCKLWD, PUNPCKLDQ, PUNPCKLQDQ}
	unpackh = []Inst{PUNPCKHBW, PUNPCKHWD, PUNPCKHDQ, PUNPCKHQDQ}
)

func init() {
	vectorTable{
		a64.VAND: three(PAND),
		a64.VORR: three(POR),
		a64.VEOR: three(PXOR),
		a64.VBIC: threeBy(func(t *Translator, op *a64.Op) {
			t.RR(PANDN, false, X1, X0)
			t.RR(MOVAPS, false, X0, X1)
		}),
		a64.VORN: threeBy(func(t *Translator, op *a64.Op) {
			t.ones(X2)
			t.RR(PXOR, false, X1, X2)
			t.RR(POR, false, X0, X1)
		}),
		a64.VNOT: two(func(t *Translator, op *a64.Op) {
			t.ones(X0)
			t.RR(PXOR, false, X0, X1)
		}),
		a64.VBSL: choose(func(op *a64.Op) (in, other, mask uint8) { return op.Rn, op.Rm, op.Rd }),
		a64.VBIT: choose(func(op *a64.Op) (in, other, mask uint8) { return op.Rn, op.Rd, op.Rm }),
		a64.VBIF: choose(func(op *a64.Op) (in, other, mask uint8) { return op.Rd, op.Rn, op.Rm }),

		a64.VADD:  three(padd...),
		a64.VSUB:  three(psub...),
		a64.VSMAX: three(pmaxs...),
		a64.VSMIN: three(pmins...),
		a64.VUMAX: three(pmaxu...),
		a64.VUMIN: three(pminu...),

		a64.VCMEQ: three(pcmpeq...),
		a64.VCMGT: three(pcmpgt...),
		a64.VCMGE: threeBy(func(t *Translator, op *a64.Op) { // NOT (m > n)
			t.RR(pcmpgt[op.Size()], false, X1, X0)
			t.RR(MOVAPS, false, X0, X1)
			t.complement()
		}),
		a64.VCMHS: threeBy(higherOrSame),
		a64.VCMHI: threeBy(higher),
		a64.VCMTST: threeBy(func(t *Translator, op *a64.Op) {
			t.RR(PAND, false, X1, X0)
			t.RR(PXOR, false, X0, X0)
			t.RR(pcmpeq[op.Size()], false, X0, X1)
			t.complement()
		}),
		a64.VCMEQ0: two(func(t *Translator, op *a64.Op) {
			t.RR(PXOR, false, X0, X0)
			t.RR(pcmpeq[op.Size()], false, X0, X1)
		}),
		a64.VCMGT0: two(func(t *Translator, op *a64.Op) {
			t.RR(PXOR, false, X0, X0)
			t.RR(pcmpgt[op.Size()], false, X1, X0)
			t.RR(MOVAPS, false, X0, X1)
		}),
		a64.VCMLT0: two(func(t *Translator, op *a64.Op) {
			t.RR(PXOR, false, X0, X0)
			t.RR(pcmpgt[op.Size()], false, X0, X1)
		}),
		a64.VCMGE0: two(func(t *Translator, op *a64.Op) {
			t.RR(PXOR, false, X0, X0)
			t.RR(pcmpgt[op.Size()], false, X0, X1)
			t.complement()
		}),
		a64.VCMLE0: two(func(t *Translator, op *a64.Op) {
			t.RR(PXOR, false, X0, X0)
			t.RR(pcmpgt[op.Size()], false, X1, X0)
			t.RR(MOVAPS, false, X0, X1)
			t.complement()
		}),
		a64.VNEG: two(func(t *Translator, op *a64.Op) {
			t.RR(PXOR, false, X0, X0)
			t.RR(psub[op.Size()], false, X0, X1)
		}),
	}.install()
}

// choose is BSL, BIT and BIF: in where the mask's bits are 1, other elsewhere.
func choose(operands func(op *a64.Op) (in, other, mask uint8)) func(t *Translator, op *a64.Op) bool {
	return func(t *Translator, op *a64.Op) bool {
		in, other, mask := operands(op)
		trapped := t.enabled()
		t.loadX(X0, in)
		t.loadX(X1, other)
		t.loadX(X2, mask)
		t.RR(PXOR, false, X0, X1)
		t.RR(PAND, false, X0, X2)
		t.RR(PXOR, false, X0, X1)
		t.storeQ(op)
		t.slow(trapped)
		return true
	}
}

// higherOrSame is CMHS: max(n, m) = n. Doublewords are compared as signed ones,
// with their signs changed.
func higherOrSame(t *Translator, op *a64.Op) {
	if op.Size() == 3 {
		t.changeSigns()
		t.RR(PCMPGTQ, false, X1, X0)
		t.RR(MOVAPS, false, X0, X1)
		t.complement()
		return
	}
	t.RR(pmaxu[op.Size()], false, X1, X0)
	t.RR(pcmpeq[op.Size()], false, X0, X1)
}

// higher is CMHI: NOT (min(n, m) = n).
func higher(t *Translator, op *a64.Op) {
	if op.Size() == 3 {
		t.changeSigns()
		t.RR(PCMPGTQ, false, X0, X1)
		return
	}
	t.RR(pminu[op.Size()], false, X1, X0)
	t.RR(pcmpeq[op.Size()], false, X0, X1)
	t.complement()
}

// changeSigns inverts the signs of the doublewords in X0 and X1.
func (t *Translator) changeSigns() {
	t.constant(X2, 1<<63)
	t.RR(PXOR, false, X0, X2)
	t.RR(PXOR, false, X1, X2)
}
