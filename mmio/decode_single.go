package mmio

// transfer decodes "size V opc" (bits 31:30, 26, 23:22) of the loads and stores of
// one register. prefetch is true if these bits stand for PRFM.
func (w encoding) transfer() (in Insn, prefetch, ok bool) {
	size, opc := w.field(31, 30), w.field(23, 22)
	in = Insn{Op: Load, Count: 1, Size: 1 << size, Rt: w.rt(), Rn: w.rn()}
	if w.bit(26) == 1 {
		in.Vector = true
		if opc&0b10 != 0 {
			in.Size = 16
			ok = size == 0
		} else {
			ok = true
		}
		if opc&0b01 == 0 {
			in.Op = Store
		}
		return in, false, ok
	}
	switch opc {
	case 0b00:
		in.Op = Store
	case 0b10:
		if size == 0b11 {
			return in, true, true
		}
		in.Signed, in.Wide = true, true
	case 0b11:
		if size >= 0b10 {
			return in, false, false
		}
		in.Signed = true
	}
	return in, false, true
}

// unsignedOffset decodes "Load/store register (unsigned immediate)".
func (w encoding) unsignedOffset() (Insn, bool) {
	in, prefetch, ok := w.transfer()
	if prefetch {
		return Insn{Op: Nop}, true
	}
	in.Imm = int64(w.field(21, 10)) * int64(in.Size)
	return in, ok
}

// signedOffset decodes "Load/store register (unscaled immediate)", "(immediate
// post-indexed)", "(unprivileged)" and "(immediate pre-indexed)".
func (w encoding) signedOffset() (Insn, bool) {
	in, prefetch, ok := w.transfer()
	in.Imm = w.signed(20, 12)
	switch w.field(11, 10) {
	case 0b00:
		if prefetch { // PRFUM
			return Insn{Op: Nop}, true
		}
		return in, ok
	case 0b01:
		in.Mode = PostIndex
	case 0b10:
		in.Unprivileged = true
		ok = ok && !in.Vector
	case 0b11:
		in.Mode = PreIndex
	}
	return in, ok && !prefetch
}

// registerOffset decodes "Load/store register (register offset)".
func (w encoding) registerOffset() (Insn, bool) {
	in, prefetch, ok := w.transfer()
	in.Mode, in.Rm, in.Extend = RegisterOffset, w.rm(), Extend(w.field(15, 13))
	if in.Extend&0b010 == 0 {
		return in, false
	}
	if prefetch {
		return Insn{Op: Nop}, true
	}
	if w.bit(12) == 1 {
		in.Shift = log2(in.Size)
	}
	return in, ok
}

// literal decodes "Load register (literal)".
func (w encoding) literal() (Insn, bool) {
	in := Insn{Op: Load, Count: 1, Size: 4, Rt: w.rt(), Mode: Literal, Imm: w.signed(23, 5) * 4}
	opc := w.field(31, 30)
	if w.bit(26) == 1 {
		in.Vector, in.Size = true, 4<<opc
		return in, opc != 0b11
	}
	switch opc {
	case 0b01:
		in.Size = 8
	case 0b10: // LDRSW
		in.Signed, in.Wide = true, true
	case 0b11: // PRFM
		return Insn{Op: Nop}, true
	}
	return in, true
}

// unscaledOrdered decodes LDAPUR and STLUR, "LDAPR/STLR (unscaled immediate)".
func (w encoding) unscaledOrdered() (Insn, bool) {
	in, prefetch, ok := w.transfer()
	in.Imm = w.signed(20, 12)
	return in, ok && !prefetch && !in.Vector && w.bit(21) == 0 && w.field(11, 10) == 0
}

// pair decodes "Load/store register pair" and "no-allocate pair".
func (w encoding) pair() (Insn, bool) {
	in := Insn{Op: Store, Count: 2, Size: 4, Rt: w.rt(), Rt2: w.rt2(), Rn: w.rn()}
	if w.bit(22) == 1 {
		in.Op = Load
	}
	opc, index := w.field(31, 30), w.field(24, 23)
	switch {
	case opc == 0b11:
		return in, false
	case w.bit(26) == 1:
		in.Vector, in.Size = true, 4<<opc
	case opc == 0b10:
		in.Size = 8
	case opc == 0b01: // LDPSW
		in.Signed, in.Wide = true, true
		if in.Op == Store || index == 0b00 {
			return in, false
		}
	}
	in.Imm = w.signed(21, 15) * int64(in.Size)
	switch index {
	case 0b01:
		in.Mode = PostIndex
	case 0b11:
		in.Mode = PreIndex
	}
	return in, true
}

// log2 of a size in bytes.
func log2(size uint8) uint8 {
	n := uint8(0)
	for ; size > 1; size >>= 1 {
		n++
	}
	return n
}
