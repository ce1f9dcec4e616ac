package aarch64

import (
	"math"
	"testing"
	"time"
)

const (
	macHz  = 24_000_000    // of Apple Silicon
	armHz  = 1_000_000_000 // of Armv8.6 and later
	qemuHz = 62_500_000
)

func TestCounterDuration(t *testing.T) {
	for _, c := range []struct {
		ticks, hz uint64
		want      time.Duration
	}{
		{0, macHz, 0},
		{1, macHz, 42}, // 41.67 ns, rounded up
		{2, macHz, 84},
		{3, macHz, 125},
		{24_000_000, macHz, time.Second},
		{24_000_000 * 3600, macHz, time.Hour},
		{221_360_928_884_514_619, macHz, 9_223_372_036_854_775_792}, // the last before it is too long
		{221_360_928_884_514_620, macHz, math.MaxInt64},
		{math.MaxUint64, macHz, math.MaxInt64},
		{1, qemuHz, 16},
		{1_000_000_001, armHz, 1_000_000_001},
		{math.MaxUint64, 1, math.MaxInt64},
	} {
		if got := CounterDuration(c.ticks, c.hz); got != c.want {
			t.Errorf("%d ticks at %d Hz: %d ns, want %d", c.ticks, c.hz, got, c.want)
		}
	}
}

func TestCounterTicks(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		hz   uint64
		want uint64
	}{
		{0, macHz, 0},
		{41, macHz, 0},
		{42, macHz, 1},
		{125, macHz, 3},
		{time.Hour, macHz, 24_000_000 * 3600},
		{math.MaxInt64, macHz, 221_360_928_884_514_619},
		{15, qemuHz, 0},
		{16, qemuHz, 1},
		{math.MaxInt64, armHz, math.MaxInt64},
	} {
		if got := CounterTicks(c.d, c.hz); got != c.want {
			t.Errorf("%d ns at %d Hz: %d ticks, want %d", c.d, c.hz, got, c.want)
		}
	}
}

// When the duration is over the counter has passed the ticks, wherever between
// two ticks it began.
func TestTicksAreOver(t *testing.T) {
	for start := range time.Duration(1000) {
		for ticks := range uint64(50) {
			end := start + CounterDuration(ticks, macHz)
			if got := CounterTicks(end, macHz) - CounterTicks(start, macHz); got < ticks {
				t.Fatalf("from %d ns, %d ticks: only %d have passed", start, ticks, got)
			}
		}
	}
}
