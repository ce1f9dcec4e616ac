package hvf

import (
	"fmt"
	"math/bits"
)

// A Mac has two units of time. mach_absolute_time counts at one rate, and the
// processor's counters, the guest's among them, at the rate of CNTFRQ_EL0. Both are
// 24 MHz on most Macs. From the M3 on the processor can count at 1 GHz, and macOS lets
// it do so for programs that were linked with a recent SDK. mach_absolute_time stays
// as it is.
//
// The backend counts in the guest's ticks throughout: see hv.VM.

// clock converts between the two units. Its results wrap around at 64 bits.
type clock struct {
	hz       uint64 // of the guest's counters
	num, den uint64 // a tick of mach_absolute_time is num/den ticks of the guest's counters

	// offsetInMach says that hv_vcpu_set_vtimer_offset takes ticks of
	// mach_absolute_time, where the rates differ. See probeClock.
	offsetInMach bool
}

// newClock returns the clock of counters with a rate of hz. base is
// MachTimebaseInfo's.
func newClock(hz uint64, base [2]uint32) clock {
	num, den := hz*uint64(base[0]), 1_000_000_000*uint64(base[1])
	d := gcd(num, den)
	return clock{hz: hz, num: num / d, den: den / d}
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// sameRate says whether the two units are one.
func (c clock) sameRate() bool { return c.num == c.den }

// counter returns the guest's counter, without an offset, at a time of
// mach_absolute_time.
func (c clock) counter(mach uint64) uint64 {
	if c.sameRate() {
		return mach
	}
	q, _ := mulDiv(mach, c.num, c.den)
	return q
}

// offset returns the argument of hv_vcpu_set_vtimer_offset for an offset in the guest's
// ticks. It rounds up: the guest's counter is not ahead of what it should be.
func (c clock) offset(ticks uint64) uint64 {
	switch {
	case c.sameRate() || !c.offsetInMach:
		return ticks
	case int64(ticks) < 0: // the guest's counter is ahead of the host's
		q, _ := mulDiv(-ticks, c.den, c.num)
		return -q
	}
	q, rem := mulDiv(ticks, c.den, c.num)
	if rem != 0 {
		q++
	}
	return q
}

// mulDiv returns a*b/c, modulo 2^64, and the remainder.
func mulDiv(a, b, c uint64) (q, rem uint64) {
	hi, lo := bits.Mul64(a, b)
	return bits.Div64(hi%c, lo, c)
}

// findClock finds out at which rates guest and host count.
func (fw *Framework) findClock() (clock, error) {
	base, err := fw.MachTimebaseInfo()
	if err != nil {
		return clock{}, err
	}
	hz := fw.CounterFrequency()
	if hz == 0 || hz > 1<<32 || base[0] == 0 || base[1] == 0 {
		return clock{}, fmt.Errorf("hvf: CNTFRQ_EL0 reads 0x%x and mach_timebase_info 0x%x/0x%x: this version cannot count with them, please report it", hz, base[0], base[1])
	}
	if c := newClock(hz, base); c.sameRate() {
		return c, nil
	}
	return fw.probeClock(base)
}
