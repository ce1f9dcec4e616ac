package hvf

import (
	"math"
	"math/big"
	"testing"
)

// appleTimebase is mach_timebase_info on Apple Silicon: 24 MHz.
var appleTimebase = [2]uint32{125, 3}

func TestClockCounter(t *testing.T) {
	for _, c := range []struct {
		hz, mach, want uint64
	}{
		{24_000_000, 0, 0},
		{24_000_000, math.MaxUint64, math.MaxUint64},
		{1_000_000_000, 0, 0},
		{1_000_000_000, 1, 41}, // 41.67
		{1_000_000_000, 2, 83},
		{1_000_000_000, 3, 125},
		{1_000_000_000, 24_000_000 * 86400 * 365 * 100, 3_153_600_000 * 1_000_000_000}, // a century
		{48_000_000, 7, 14},
		{12_000_000, 7, 3},
	} {
		if got := newClock(c.hz, appleTimebase).counter(c.mach); got != c.want {
			t.Errorf("%d Hz: mach_absolute_time %d is %d ticks, want %d", c.hz, c.mach, got, c.want)
		}
	}
}

// TestClockWraps: the conversion is exact modulo 2^64.
func TestClockWraps(t *testing.T) {
	c := newClock(1_000_000_000, appleTimebase)
	for _, mach := range []uint64{1 << 58, 1 << 62, 1<<63 + 12345, math.MaxUint64} {
		want := new(big.Int).SetUint64(mach)
		want.Mul(want, big.NewInt(125)).Div(want, big.NewInt(3)).And(want, new(big.Int).SetUint64(math.MaxUint64))
		if got := c.counter(mach); got != want.Uint64() {
			t.Errorf("mach_absolute_time 0x%x is 0x%x ticks, want 0x%x", mach, got, want)
		}
	}
}

func TestClockOffset(t *testing.T) {
	counter := newClock(1_000_000_000, appleTimebase)
	mach := counter
	mach.offsetInMach = true
	same := newClock(24_000_000, appleTimebase)
	same.offsetInMach = true // which makes no difference
	for _, c := range []struct {
		name  string
		clock clock
		ticks uint64
		want  uint64
	}{
		{"counter ticks", counter, 12345, 12345},
		{"counter ticks", counter, math.MaxUint64, math.MaxUint64},
		{"one unit", same, 12345, 12345},
		{"mach ticks", mach, 0, 0},
		{"mach ticks", mach, 125, 3},
		{"mach ticks", mach, 126, 4}, // up: the guest is not ahead
		{"mach ticks", mach, 1, 1},
		{"mach ticks", mach, 1_000_000_000, 24_000_000},
		{"mach ticks", mach, math.MaxInt64, 221_360_928_884_514_620},
		{"mach ticks, 125 ahead", mach, ^uint64(124), ^uint64(2)},
		{"mach ticks, ahead", mach, ^uint64(126 - 1), ^uint64(3 - 1)}, // up: towards less ahead
		{"mach ticks, 1 ahead", mach, ^uint64(0), 0},
	} {
		if got := c.clock.offset(c.ticks); got != c.want {
			t.Errorf("%s: an offset of %d ticks is %d, want %d", c.name, int64(c.ticks), int64(got), int64(c.want))
		}
	}
}

// TestClockExact: an offset that is a reading of the counter makes the guest's counter
// begin at zero.
func TestClockExact(t *testing.T) {
	c := newClock(1_000_000_000, appleTimebase)
	c.offsetInMach = true
	for mach := uint64(0); mach < 1000; mach++ {
		if got := c.offset(c.counter(mach)); got != mach {
			t.Fatalf("the offset of the counter at mach_absolute_time %d is %d", mach, got)
		}
	}
}
