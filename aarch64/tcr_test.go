package aarch64

import "testing"

// TestTCR: granule and TBI come from the half that bit 55 of an address chooses.
func TestTCR(t *testing.T) {
	const low, high = 0, 1 << 55
	for _, c := range []struct {
		tcr, va, granule uint64
		tbi              bool
	}{
		{0, low, 4 << 10, false},
		{1 << TCR_TG0, low, 64 << 10, false},
		{2 << TCR_TG0, low, 16 << 10, false},
		{3 << TCR_TG0, low, 4 << 10, false}, // reserved
		{0, high, 4 << 10, false},           // reserved
		{1 << TCR_TG1, high, 16 << 10, false},
		{2 << TCR_TG1, high, 4 << 10, false},
		{3 << TCR_TG1, high, 64 << 10, false},
		{1<<TCR_TG0 | TCR_TBI0, high, 4 << 10, false},
		{1<<TCR_TG1 | TCR_TBI1, low, 4 << 10, false},
		{TCR_TBI0, low, 4 << 10, true},
		{TCR_TBI1, high, 4 << 10, true},
	} {
		if g, tbi := Granule(c.tcr, c.va), TBI(c.tcr, c.va); g != c.granule || tbi != c.tbi {
			t.Errorf("TCR 0x%x, address 0x%x: granule 0x%x, TBI %v, want 0x%x, %v", c.tcr, c.va, g, tbi, c.granule, c.tbi)
		}
	}
}

// TestPARange: PARange is the largest value whose width fits; PABits is the width.
func TestPARange(t *testing.T) {
	for bits, want := range map[int]uint64{32: 0, 33: 0, 36: 1, 39: 1, 40: 2, 42: 3, 44: 4, 48: 5, 52: 5} {
		if got := PARange(bits); got != want {
			t.Errorf("PARange(%d) = %d, want %d", bits, got, want)
		}
	}
	for field, want := range []uint{32, 36, 40, 42, 44, 48, 48, 48} {
		if got := PABits(uint64(field)); got != want {
			t.Errorf("PABits(%d) = %d, want %d", field, got, want)
		}
	}
}
