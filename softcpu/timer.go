package softcpu

import (
	"math"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

// vtimer is the EL1 virtual timer (DDI 0487 D12.2). It follows the framework's rule:
// when its output is high the CPU exits once. The exit masks the timer until the host
// lifts the mask.
type vtimer struct {
	ctl    uint64 // ENABLE and IMASK
	cval   uint64
	offset uint64 // ticks that CNTVCT_EL0 is behind the host's counter
	masked bool   // no exit until the host lifts the mask

	// wake raises attentionTimer at the deadline. It is made once, so that setting
	// the timer allocates nothing.
	wake *time.Timer
}

// reset keeps the offset, which belongs to the host, and the wake timer.
func (t *vtimer) reset() {
	t.ctl, t.cval, t.masked = 0, 0, false
	t.stop()
}

// stop ends the host's timer.
func (t *vtimer) stop() {
	if t.wake != nil {
		t.wake.Stop()
	}
}

// cntvct returns the virtual counter.
func (c *cpu) cntvct() uint64 { return c.vm.now() - c.timer.offset }

// cntvCTL returns CNTV_CTL_EL0.
func (c *cpu) cntvCTL() uint64 { return aarch64.TimerCTL(c.timer.ctl, c.timer.cval, c.cntvct()) }

func (c *cpu) setCNTVCTL(v uint64) {
	c.timer.ctl = v
	c.armTimer()
}

func (c *cpu) setCNTVCVAL(v uint64) {
	c.timer.cval = v
	c.armTimer()
}

func (c *cpu) cntvTVAL() uint64 { return aarch64.TimerTVAL(c.timer.cval, c.cntvct()) }

func (c *cpu) setCNTVTVAL(v uint64) { c.setCNTVCVAL(aarch64.TimerCVAL(v, c.cntvct())) }

// setOffset sets how far c's CNTVCT_EL0 is behind the host's counter.
func (t *vtimer) setOffset(c *cpu, ticks uint64) {
	t.offset = ticks
	c.armTimer()
}

// setMask masks the exit of c's timer, or lets it happen again. If the output is still
// high then, the timer exits at once.
func (t *vtimer) setMask(c *cpu, masked bool) {
	t.masked = masked
	c.armTimer()
}

// timerFired says whether the timer exits now, and if so masks it. If the deadline is
// still ahead, timerFired arms the host's timer to raise attentionTimer then.
func (c *cpu) timerFired() bool {
	t := &c.timer
	if t.masked || !aarch64.TimerArmed(t.ctl) {
		return false
	}
	if c.cntvct() < t.cval {
		c.armTimer()
		return false
	}
	t.masked = true
	t.stop()
	return true
}

// maxWait bounds the host's timer. When it runs out too early, timerFired arms it
// again.
const maxWait = time.Hour

// armTimer makes the host's timer raise attentionTimer when CNTVCT_EL0 reaches
// CNTV_CVAL_EL0, or stops it.
func (c *cpu) armTimer() {
	t := &c.timer
	if t.masked || !aarch64.TimerArmed(t.ctl) {
		t.stop()
		return
	}
	now := c.cntvct()
	if now >= t.cval {
		t.stop()
		c.raise(attentionTimer)
		return
	}
	if t.wake == nil {
		t.wake = time.AfterFunc(math.MaxInt64, func() { c.raise(attentionTimer) })
	}
	t.wake.Reset(untilTicks(t.cval - now))
}

// untilTicks returns the duration of n ticks, rounded up, at most maxWait.
func untilTicks(n uint64) time.Duration {
	const most = uint64(maxWait/time.Second) * hv.CounterFrequency
	if n >= most {
		return maxWait
	}
	return time.Duration((n*1000 + 23) / 24)
}
