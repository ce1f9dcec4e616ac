package aarch64

import "testing"

// TestVectorFrom is the table of DDI 0487 D1.3.6.
func TestVectorFrom(t *testing.T) {
	const others = PSTATE_NZCV | PSTATE_PAN | PSTATE_SS | 15<<PSTATE_DAIF
	for _, c := range []struct{ pstate, el, want uint64 }{
		{PSTATE_EL1t, 1, 0x000},
		{PSTATE_EL1h, 1, 0x200},
		{PSTATE_EL0t, 0, 0x400},
		{others | PSTATE_EL1t, 1, 0x000},
		{others | PSTATE_EL1h, 1, 0x200},
		{others | PSTATE_EL0t, 0, 0x400},
	} {
		if got := VectorFrom(c.pstate); got != c.want || EL(c.pstate) != c.el {
			t.Errorf("PSTATE 0x%x: EL%d, vectors at 0x%x, want EL%d, 0x%x", c.pstate, EL(c.pstate), got, c.el, c.want)
		}
	}
}
