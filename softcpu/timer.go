package softcpu

import (
	"math"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
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
	// the timer allocates nothing. Only the interpreter needs it: see timerLooked.
	wake *time.Timer

	rounds uint8 // of run's loop, for timerLooked
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

// timerFired says whether the timer exits now, and if so masks it.
func (c *cpu) timerFired() bool {
	t := &c.timer
	if t.masked || !aarch64.TimerArmed(t.ctl) || c.cntvct() < t.cval {
		return false
	}
	t.masked = true
	t.stop()
	return true
}

// timerRounds is after how many rounds of run's loop the translator looks at the
// clock. A round is budget instructions at most, some microseconds.
const timerRounds = 16

// timerLooked is timerFired for the translator, each timerRounds-th time. It needs no
// timer of the host, which would come up to a millisecond late, and whose setting
// costs more than the guest's.
func (c *cpu) timerLooked() bool {
	c.timer.rounds++
	return c.timer.rounds%timerRounds == 0 && c.gen.on && c.timerFired()
}

// maxWait bounds the host's timer. When it runs out too early, attend arms it again.
const maxWait = time.Hour

// armTimer sees to it that the timer is looked at when CNTVCT_EL0 reaches
// CNTV_CVAL_EL0: the host's timer raises attentionTimer then.
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
	if c.gen.on {
		return
	}
	if t.wake == nil {
		t.wake = time.AfterFunc(math.MaxInt64, func() { c.raise(attentionTimer) })
	}
	t.wake.Reset(min(aarch64.CounterDuration(t.cval-now, c.vm.cfg.CounterFrequency), maxWait))
}
