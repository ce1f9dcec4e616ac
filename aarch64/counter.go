package aarch64

import (
	"math"
	"math/bits"
	"time"
)

// CounterTicks is how many ticks of a counter of hz pass in d, rounded down. d is
// not negative, and the result fits into 64 bits.
func CounterTicks(d time.Duration, hz uint64) uint64 {
	hi, lo := bits.Mul64(uint64(d), hz)
	ticks, _ := bits.Div64(hi, lo, uint64(time.Second))
	return ticks
}

// CounterDuration is how long ticks of a counter of hz take, rounded up, so that
// the counter has passed them when that time is over. A longer time than a Duration
// holds becomes the longest Duration.
func CounterDuration(ticks, hz uint64) time.Duration {
	hi, lo := bits.Mul64(ticks, uint64(time.Second))
	lo, carry := bits.Add64(lo, hz-1, 0)
	hi += carry
	if hi >= hz {
		return math.MaxInt64
	}
	ns, _ := bits.Div64(hi, lo, hz)
	return time.Duration(min(ns, math.MaxInt64))
}
