package hostile

import "slices"

// Attacks returns all attacks: in a short form that a test can afford each time, or in a long one.
func Attacks(long bool) []Attack {
	pick := func(short, full int) int {
		if long {
			return full
		}
		return short
	}
	return slices.Concat(
		sysRegs(pick(7, 1)), accesses(uint64(pick(1021, 1))), tables(pick(2, 24), pick(3000, 6000)),
		races(uint64(pick(10, 500)), uint64(pick(2000, 20_000))), storms(uint64(pick(50, 5000))),
		rings(pick(2, 24), pick(1500, 6000)),
	)
}
