package fake

import (
	"math/bits"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
)

// clock is the fake's two units of time: ticks of mach_absolute_time, and ticks of the
// guest's counters.
type clock struct {
	mach         func() uint64 // mach_absolute_time
	hz           uint64        // of the guest's counters
	offsetInMach bool          // hv_vcpu_set_vtimer_offset takes ticks of mach_absolute_time
}

// counter returns CNTPCT_EL0, and CNTVCT_EL0 without an offset.
func (c clock) counter() uint64 { return c.inCounterTicks(c.mach()) }

// inCounterTicks converts ticks of mach_absolute_time, rounded down.
func (c clock) inCounterTicks(mach uint64) uint64 {
	hi, lo := bits.Mul64(mach, c.hz)
	q, _ := bits.Div64(hi%MachFrequency, lo, MachFrequency)
	return q
}

// offset returns the guest's offset in ticks of its counter, from the argument of
// hv_vcpu_set_vtimer_offset.
func (c clock) offset(arg uint64) uint64 {
	switch {
	case !c.offsetInMach:
		return arg
	case int64(arg) < 0:
		return -c.inCounterTicks(-arg)
	}
	return c.inCounterTicks(arg)
}

// until returns the time until a counter that is at now reaches cval.
func (c clock) until(cval, now uint64) time.Duration {
	if cval <= now {
		return 0
	}
	return min(aarch64.CounterDuration(cval-now, c.hz), never)
}
