package oracle

// Excuse is a way in which the results of a case may differ with neither side
// being wrong. Where one applies, the parts it names are taken from want before
// the comparison; the rest is compared all the same.
type Excuse struct {
	Name   string
	Reason string
	apply  func(w uint32, got *Result, want Result) bool
}

// Excuses is the one table of such differences. w is the word that both sides
// ended at.
var Excuses = []Excuse{
	{"part of an access", "a load or store of several elements that faults may have done some of them, and leaves what it loads UNKNOWN (DDI 0487 B2.2)",
		partOfAccess},
}

// Compare says in what got differs from want, past all excuses; it is empty
// when nothing does.
func Compare(c *Case, got, want Result) string {
	if equal(&got, &want) {
		return ""
	}
	at := (want.PC - c.In.PC) / 4
	if got.PC == want.PC && at < uint64(len(c.Words)) {
		for i := range Excuses {
			Excuses[i].apply(c.Words[at], &got, want)
		}
	}
	return Diff(got, want)
}

// partOfAccess excuses memory and the transfer registers of an access that
// crosses the end of the memory block.
func partOfAccess(w uint32, got *Result, want Result) bool {
	if got.Signal != SIGSEGV || want.Signal != SIGSEGV || addressingOf(w) == noMemory {
		return false
	}
	got.Mem = want.Mem
	if bits(w, 26, 1) == 1 {
		for i := range uint32(4) { // LD4 loads four
			r := (w + i) & 31
			got.V[r] = want.V[r]
		}
		rt2 := bits(w, 10, 5)
		got.V[rt2] = want.V[rt2]
	} else {
		for _, r := range []uint32{bits(w, 0, 5), bits(w, 10, 5)} {
			if r < 31 {
				got.X[r] = want.X[r]
			}
		}
	}
	return true
}
