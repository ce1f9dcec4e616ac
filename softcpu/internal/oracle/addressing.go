package oracle

// addressing says how an instruction forms the address of what it loads or
// stores.
type addressing int

const (
	noMemory     addressing = iota
	literal                 // PC + imm19 words
	offsetImm7              // Rn + imm7 units of the register size, or post-indexed
	offsetImm9              // Rn + imm9, or post-indexed
	offsetImm12             // Rn + imm12 units of the access size
	offsetReg               // Rn + Rm extended and shifted
	baseOnly                // Rn, of any alignment
	baseAligned             // Rn, which must be aligned
	baseOfSystem            // the register in bits 4:0
)

// addressingOf returns how w forms its address (DDI 0487 C4.1.94).
func addressingOf(w uint32) addressing {
	if w&0xfff8_0000 == 0xd508_0000 { // SYS
		return baseOfSystem
	}
	if bits(w, 25, 1) != 0 || bits(w, 27, 1) != 1 {
		return noMemory
	}
	switch bits(w, 28, 2) {
	case 0b00:
		if bits(w, 26, 1) == 1 {
			return baseOnly
		}
		return baseAligned
	case 0b01:
		return literal
	case 0b10:
		return offsetImm7
	}
	switch {
	case bits(w, 24, 1) == 1:
		return offsetImm12
	case bits(w, 21, 1) == 0:
		return offsetImm9
	case bits(w, 10, 2) == 0b10:
		return offsetReg
	}
	return baseAligned
}

// usesMemory says whether w may load or store.
func usesMemory(w uint32) bool { return addressingOf(w) != noMemory }

// bits returns the field of w with the given lowest bit and width.
func bits(w uint32, lo, width int) uint32 { return w >> lo & (1<<width - 1) }

// signed returns the field as a signed number.
func signed(w uint32, lo, width int) int64 {
	return int64(w) << (64 - lo - width) >> (64 - width)
}

// scale returns log2 of the access size of a load or store of one register.
func scale(w uint32) int {
	s := int(bits(w, 30, 2))
	if bits(w, 26, 1) == 1 && bits(w, 23, 1) == 1 { // a 128-bit register
		s += 4
	}
	return s
}

// pairScale returns log2 of the size of each register of a pair.
func pairScale(w uint32) int {
	if bits(w, 26, 1) == 1 {
		return 2 + int(bits(w, 30, 2))
	}
	return 2 + int(bits(w, 31, 1))
}

// offsetOf returns what w adds to its base register to form the address.
func offsetOf(w uint32, s *State) uint64 {
	switch addressingOf(w) {
	case offsetImm7:
		if bits(w, 23, 2) != 0b01 { // 01 is post-indexed
			return uint64(signed(w, 15, 7) << pairScale(w))
		}
	case offsetImm9:
		if bits(w, 10, 2) != 0b01 {
			return uint64(signed(w, 12, 9))
		}
	case offsetImm12:
		return uint64(bits(w, 10, 12)) << scale(w)
	case offsetReg:
		return index(w, s)
	}
	return 0
}

// index returns the extended and shifted index register of w.
func index(w uint32, s *State) uint64 {
	rm := bits(w, 16, 5)
	if rm == 31 {
		return 0
	}
	v := s.X[rm]
	switch bits(w, 13, 3) {
	case 0b010: // UXTW
		v = uint64(uint32(v))
	case 0b110: // SXTW
		v = uint64(int32(v))
	}
	if bits(w, 12, 1) == 1 {
		v <<= scale(w)
	}
	return v
}
