package mmio

// multipleStructures decodes "Advanced SIMD load/store multiple structures",
// with and without post-index.
func (w encoding) multipleStructures() (Insn, bool) {
	in, ok := w.structureBase()
	s := &in.Structure
	switch w.field(15, 12) {
	case 0b0000:
		s.Repeat, s.Interleave = 1, 4
	case 0b0010:
		s.Repeat, s.Interleave = 4, 1
	case 0b0100:
		s.Repeat, s.Interleave = 1, 3
	case 0b0110:
		s.Repeat, s.Interleave = 3, 1
	case 0b0111:
		s.Repeat, s.Interleave = 1, 1
	case 0b1000:
		s.Repeat, s.Interleave = 1, 2
	case 0b1010:
		s.Repeat, s.Interleave = 2, 1
	default:
		return in, false
	}
	in.Size = 1 << w.field(11, 10)
	s.Lanes = 8 / in.Size
	if s.Quad {
		s.Lanes = 16 / in.Size
	}
	if s.Lanes == 1 && s.Interleave > 1 { // .1d has no LD2-LD4
		return in, false
	}
	in.setStructureIncrement(s.registers() * int(s.Lanes) * int(in.Size))
	return in, ok && w.bit(21) == 0
}

// singleStructure decodes "Advanced SIMD load/store single structure", with
// and without post-index. The lane number is Q:S:size without the bits that a
// wider element does not need.
func (w encoding) singleStructure() (Insn, bool) {
	in, ok := w.structureBase()
	s := &in.Structure
	opcode, size := w.field(15, 13), w.field(11, 10)
	s.Repeat, s.Lanes = 1, 1
	s.Interleave = uint8(opcode&1)<<1 + uint8(w.bit(21)) + 1
	lane := uint8(w.bit(30)<<3 | w.bit(12)<<2 | size)
	switch opcode >> 1 {
	case 0b00:
		in.Size, s.First = 1, lane
	case 0b01:
		in.Size, s.First = 2, lane>>1
		ok = ok && size&0b01 == 0
	case 0b10:
		in.Size, s.First = 4, lane>>2
		if size == 0b01 {
			in.Size, s.First = 8, lane>>3
			ok = ok && w.bit(12) == 0
		}
		ok = ok && size&0b10 == 0
	case 0b11:
		in.Size, s.Replicate = 1<<size, true
		ok = ok && in.Op == LoadStructure && w.bit(12) == 0
	}
	s.Single = !s.Replicate
	in.setStructureIncrement(s.registers() * int(in.Size))
	return in, ok
}

// structureBase decodes the fields that all structure loads and stores share.
// Without post-index bits 20:16 must be zero.
func (w encoding) structureBase() (in Insn, ok bool) {
	in = Insn{Op: StoreStructure, Vector: true, Rt: w.rt(), Rn: w.rn()}
	in.Structure.Quad = w.bit(30) == 1
	if w.bit(22) == 1 {
		in.Op = LoadStructure
	}
	if w.bit(23) == 1 {
		in.Mode, in.Rm = RegisterPostIndex, w.rm()
		return in, w.bit(31) == 0
	}
	return in, w.bit(31) == 0 && w.rm() == 0
}

// setStructureIncrement turns a post-index by register 31 into a post-index by the
// number of bytes transferred.
func (in *Insn) setStructureIncrement(bytes int) {
	if in.Mode == RegisterPostIndex && in.Rm == 31 {
		in.Mode, in.Rm, in.Imm = PostIndex, 0, int64(bytes)
	}
}
