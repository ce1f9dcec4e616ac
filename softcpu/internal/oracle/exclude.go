package oracle

// Exclusion is a kind of instruction word that the two sides may execute differently although
// both are right. When a generator draws such a word, it counts it and draws again.
type Exclusion struct {
	Name   string
	Reason string
	match  func(w uint32) bool // whether w is one
}

// Exclusions is the one table of such words.
var Exclusions = []Exclusion{
	{"SVC", "is a system call of the monitor's process",
		func(w uint32) bool { return w&0xffe0_001f == 0xd400_0001 }},
	{"HLT #0xf000", "is a semihosting call under QEMU",
		func(w uint32) bool { return w == 0xd45e_0000 }},
	{"YIELD, WFE, WFI", "wait; the software CPU hands WFE and WFI to its caller",
		func(w uint32) bool { return w >= 0xd503_203f && w <= 0xd503_207f && w&0x1f == 0x1f }},
	{"counters", "tell the time",
		func(w uint32) bool { return w&0xffff_ff00 == 0xd53b_e000 }},
	{"ID registers", "are read for the process by Linux, and so by QEMU's user mode",
		func(w uint32) bool { return w&0xffff_f000 == 0xd538_0000 }},
	{"CTR_EL0", "describes the model's caches",
		func(w uint32) bool { return w&0xffff_ffe0 == 0xd53b_0020 }},
	{"write-back to the transfer register", "is CONSTRAINED UNPREDICTABLE (DDI 0487, appendix K1)",
		writesBackTransfer},
	{"load pair into one register", "is CONSTRAINED UNPREDICTABLE (LDP, LDPSW, LDNP, LDXP, LDAXP)",
		loadsPairIntoOne},
	{"store-exclusive status overlap", "is CONSTRAINED UNPREDICTABLE when Rs is Rt, Rt2 or Rn (STXR, STXP)",
		statusOverlaps},
	{"should-be-one fields", "are CONSTRAINED UNPREDICTABLE when not (Rs, Rt2 of loads and stores, exclusive and ordered)",
		breaksShouldBeOne},
	{"LDAPR", "belongs to FEAT_LRCPC, which the model that has LSE has too",
		func(w uint32) bool { return w&0x3fff_fc00 == 0x38bf_c000 }},
}

// Excluded returns the row that w belongs to, or nil.
func Excluded(w uint32) *Exclusion {
	for i := range Exclusions {
		if x := Exclusions[i].of(w); x != nil {
			return x
		}
	}
	return nil
}

// of returns x when w belongs to it, or nil.
func (x *Exclusion) of(w uint32) *Exclusion {
	if x.match(w) {
		return x
	}
	return nil
}

// lseElsewhere keeps LSE out of the class that tests undefined words.
var lseElsewhere = &Exclusion{"LSE", "has a class of its own: the model with exactly ARMv8.0 lacks it", isLSE}

func isLSE(w uint32) bool {
	switch {
	case w&0x3f20_0c00 == 0x3820_0000: // LDADD to SWP
		return true
	case w&0x3fa0_7c00 == 0x08a0_7c00, w&0xbfa0_7c00 == 0x0820_7c00: // CAS, CASP
		return true
	}
	return false
}

// mismatched is the one exclusion that takes two words to see.
var mismatched = &Exclusion{Name: "store-exclusive of another size",
	Reason: "than the load-exclusive before it is CONSTRAINED UNPREDICTABLE (DDI 0487, Synchronization and semaphores); QEMU may store and yet return status 1"}

// mismatches says whether w is a store-exclusive whose size differs from the last
// load-exclusive before it.
func mismatches(before []uint32, w uint32) bool {
	const sizeAndPair = 3<<30 | 1<<21
	if !isExclusive(w) || bits(w, 22, 1) == 1 {
		return false
	}
	for i := len(before) - 1; i >= 0; i-- {
		if b := before[i]; isExclusive(b) && bits(b, 22, 1) == 1 {
			return (b^w)&sizeAndPair != 0
		}
	}
	return false
}

func writesBackTransfer(w uint32) bool {
	rt, rn, rt2 := bits(w, 0, 5), bits(w, 5, 5), bits(w, 10, 5)
	if rn == 31 || bits(w, 26, 1) == 1 { // SP and SIMD registers overlap nothing
		return false
	}
	switch addressingOf(w) {
	case offsetImm9: // post- and pre-indexed
		return bits(w, 10, 1) == 1 && rt == rn
	case offsetImm7:
		return bits(w, 23, 1) == 1 && (rt == rn || rt2 == rn)
	}
	return false
}

func loadsPairIntoOne(w uint32) bool {
	load, same := bits(w, 22, 1) == 1, bits(w, 0, 5) == bits(w, 10, 5)
	switch addressingOf(w) {
	case offsetImm7:
		return load && same
	case baseAligned:
		return isExclusive(w) && bits(w, 21, 1) == 1 && load && same
	}
	return false
}

// isExclusive says whether w is LDXR, STXR, LDXP, STXP or one with acquire
// or release semantics. With 32-bit CASP, which has bit 31 clear, bit 21 means
// something else.
func isExclusive(w uint32) bool {
	pair := bits(w, 21, 1) == 1
	return w&0x3f80_0000 == 0x0800_0000 && (!pair || bits(w, 31, 1) == 1)
}

// isOrdered says whether w is LDAR or STLR, of any size.
func isOrdered(w uint32) bool { return w&0x3fa0_0000 == 0x0880_0000 }

func statusOverlaps(w uint32) bool {
	rt, rn, rt2, rs := bits(w, 0, 5), bits(w, 5, 5), bits(w, 10, 5), bits(w, 16, 5)
	if !isExclusive(w) || bits(w, 22, 1) == 1 {
		return false
	}
	return rs == rt || rs == rn && rn != 31 || bits(w, 21, 1) == 1 && rs == rt2
}

func breaksShouldBeOne(w uint32) bool {
	rt2, rs := bits(w, 10, 5), bits(w, 16, 5)
	load, pair := bits(w, 22, 1) == 1, bits(w, 21, 1) == 1
	switch {
	case isExclusive(w):
		return load && rs != 31 || !pair && rt2 != 31
	case isOrdered(w):
		return rs != 31 || rt2 != 31
	}
	return false
}
