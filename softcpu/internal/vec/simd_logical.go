package vec

import "github.com/miniboot-vmm/miniboot/softcpu/internal/a64"

func init() {
	table{
		a64.VAND: and,
		a64.VBIC: bic,
		a64.VORR: orr,
		a64.VORN: orn,
		a64.VEOR: eor,
		a64.VBSL: bsl,
		a64.VBIT: bit,
		a64.VBIF: bif,

		a64.VMOVI:    movi,
		a64.VMVNI:    movi,
		a64.VFMOVImm: movi,
		a64.VORRImm:  orrImm,
		a64.VBICImm:  bicImm,
	}.install()
}

func and(s *a64.State, op *a64.Op) {
	n, m := &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, n[0]&m[0], n[1]&m[1])
}

func bic(s *a64.State, op *a64.Op) {
	n, m := &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, n[0]&^m[0], n[1]&^m[1])
}

func orr(s *a64.State, op *a64.Op) {
	n, m := &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, n[0]|m[0], n[1]|m[1])
}

func orn(s *a64.State, op *a64.Op) {
	n, m := &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, n[0]|^m[0], n[1]|^m[1])
}

func eor(s *a64.State, op *a64.Op) {
	n, m := &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, n[0]^m[0], n[1]^m[1])
}

// bsl takes n where the destination is set, m where it is clear.
func bsl(s *a64.State, op *a64.Op) {
	d, n, m := &s.V[op.Rd&31], &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, m[0]^(m[0]^n[0])&d[0], m[1]^(m[1]^n[1])&d[1])
}

// bit inserts n where m is set.
func bit(s *a64.State, op *a64.Op) {
	d, n, m := &s.V[op.Rd&31], &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, d[0]^(d[0]^n[0])&m[0], d[1]^(d[1]^n[1])&m[1])
}

// bif inserts n where m is clear.
func bif(s *a64.State, op *a64.Op) {
	d, n, m := &s.V[op.Rd&31], &s.V[op.Rn&31], &s.V[op.Rm&31]
	writeVector(s, op, d[0]^(d[0]^n[0])&^m[0], d[1]^(d[1]^n[1])&^m[1])
}

// For the following instructions the decoder has expanded the immediate, and inverted it if
// the instruction says so.

func movi(s *a64.State, op *a64.Op) { writeVector(s, op, op.Imm, op.Imm) }

func orrImm(s *a64.State, op *a64.Op) {
	d := &s.V[op.Rd&31]
	writeVector(s, op, d[0]|op.Imm, d[1]|op.Imm)
}

func bicImm(s *a64.State, op *a64.Op) {
	d := &s.V[op.Rd&31]
	writeVector(s, op, d[0]&op.Imm, d[1]&op.Imm)
}
