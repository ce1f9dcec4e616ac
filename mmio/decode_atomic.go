package mmio

// exclusive decodes "Load/store exclusive", "Load/store ordered" and "Compare
// and swap". Fields that should be all ones (Rs of a load, Rt2 of a single
// register) are ignored, as processors ignore them. CAS is the exception: there
// they select the instruction.
func (w encoding) exclusive() (Insn, bool) {
	ordered, load, pair := w.bit(23) == 1, w.bit(22) == 1, w.bit(21) == 1
	size := w.field(31, 30)
	in := Insn{Op: Store, Count: 1, Size: 1 << size, Rt: w.rt(), Rn: w.rn()}
	switch {
	case ordered && pair:
		in.Op, in.Rs = CompareAndSwap, w.rs()
		return in, w.rt2() == 31
	case pair && size < 0b10: // CASP: bit 30 is its size
		in.Op, in.Rs, in.Size, in.Count = CompareAndSwap, w.rs(), 4<<size, 2
		in.Rt2 = in.Rt + 1
		return in, w.rt2() == 31 && in.Rs&1 == 0 && in.Rt&1 == 0
	case pair:
		in.Count, in.Rt2 = 2, w.rt2()
	}
	switch {
	case load:
		in.Op = Load
	case !ordered:
		in.Op, in.Rs = StoreExclusive, w.rs()
	}
	return in, true
}

// atomic decodes "Atomic memory operations", and LDAPR, which is encoded there.
func (w encoding) atomic() (Insn, bool) {
	in := Insn{Count: 1, Size: 1 << w.field(31, 30), Rt: w.rt(), Rn: w.rn(), Rs: w.rs()}
	if w.bit(26) == 1 {
		return in, false
	}
	acquire, release := w.bit(23) == 1, w.bit(22) == 1
	switch op := w.field(15, 12); {
	case op < 0b1000:
		in.Op = AtomicAdd + Op(op)
	case op == 0b1000:
		in.Op = AtomicSwap
	case op == 0b1100 && acquire && !release: // LDAPR
		in.Op, in.Rs = Load, 0
	default:
		return in, false
	}
	return in, true
}
