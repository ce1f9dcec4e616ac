package aarch64

import "testing"

// TestTimer: what CTL reads as, and whether the timer is armed and its output
// high. The condition is counter >= CVAL, unsigned.
func TestTimer(t *testing.T) {
	const e, m, s = CNT_CTL_ENABLE, CNT_CTL_IMASK, CNT_CTL_ISTATUS
	for _, c := range []struct {
		written, cval, counter, reads uint64
		armed, high                   bool
	}{
		{0, 100, 200, 0, false, false},
		{e, 100, 99, e, true, false},
		{e, 100, 100, e | s, true, true},
		{e, 100, 101, e | s, true, true},
		{e | m, 100, 99, e | m, false, false},
		{e | m, 100, 200, e | m | s, false, false},
		{m, 100, 200, m, false, false},
		{e, 1 << 63, 100, e, true, false},
		{e, 100, 1 << 63, e | s, true, true},
	} {
		ctl := TimerCTL(c.written, c.cval, c.counter)
		if ctl != c.reads || TimerHigh(ctl) != c.high || TimerArmed(ctl) != c.armed || TimerArmed(c.written) != c.armed {
			t.Errorf("CTL %d, CVAL %d, counter %d: reads %d, armed %v, high %v; want %d, %v, %v",
				c.written, c.cval, c.counter, ctl, TimerArmed(ctl), TimerHigh(ctl), c.reads, c.armed, c.high)
		}
	}
}

// TestTVAL: TVAL reads as the ticks that are left. A write adds a signed 32-bit
// number to the counter.
func TestTVAL(t *testing.T) {
	for _, c := range []struct{ tval, counter, cval, reads uint64 }{
		{100, 1000, 1100, 100},
		{0, 1000, 1000, 0},
		{0xffff_ffff, 1000, 999, 0xffff_ffff},
		{0x7fff_ffff, 1 << 40, 1<<40 + 0x7fff_ffff, 0x7fff_ffff},
		{0x8000_0000, 1 << 40, 1<<40 - 0x8000_0000, 0x8000_0000},
		{0xdead_0000_0005, 1000, 1005, 5},
		{1, ^uint64(0), 0, 1},
	} {
		cval := TimerCVAL(c.tval, c.counter)
		if cval != c.cval {
			t.Errorf("TVAL 0x%x at 0x%x: CVAL 0x%x, want 0x%x", c.tval, c.counter, cval, c.cval)
		}
		if got := TimerTVAL(cval, c.counter); got != c.reads {
			t.Errorf("TVAL 0x%x at 0x%x: reads 0x%x, want 0x%x", c.tval, c.counter, got, c.reads)
		}
	}
}
