package hvtest

import (
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var vtimerCases = []Case{
	{"vtimer/fires", checkFires},
	{"vtimer/past", checkPast},
	{"vtimer/masked-by-exit", checkMaskedByExit},
	{"vtimer/unmasked-while-high", checkUnmaskedHigh},
	{"vtimer/unmasked-while-low", checkUnmaskedLow},
	{"vtimer/masked-by-host", checkMaskedByHost},
	{"vtimer/imask", checkIMask},
	{"vtimer/disabled", checkDisabled},
	{"vtimer/offset", checkOffset},
	{"vtimer/set-by-guest", checkSetByGuest},
	{"vtimer/between-runs", checkBetweenRuns},
}

// Values of CNTV_CTL_EL0.
const (
	timerOn     = aarch64.CNT_CTL_ENABLE
	timerIMask  = aarch64.CNT_CTL_IMASK
	timerStatus = aarch64.CNT_CTL_ISTATUS
	timerFiring = timerOn | timerStatus
)

// later is a time that a guest can spend waiting.
const later = 200 * time.Microsecond

// ticks is d in ticks of the machine's counter.
func (g *guest) ticks(d time.Duration) uint64 {
	return aarch64.CounterTicks(d, g.vm.CounterFrequency())
}

// waitUntil spins until CNTVCT_EL0 reaches X1.
var waitUntil = program{
	{0xd5033fdf, "isb"},
	{0xd53be040, "mrs x0, cntvct_el0"},
	{0xeb01001f, "cmp x0, x1"},
	{0x54ffffa3, "b.cc .-0xc"},
	{0xd4000022, "hvc #0x1"},
}

// setTimer sets the timer from the host.
func (c *cpu) setTimer(cval, ctl uint64) {
	c.setSys(aarch64.CNTV_CVAL_EL0, cval)
	c.setSys(aarch64.CNTV_CTL_EL0, ctl)
}

// wantVTimer runs the guest, which spins at pc. It ends the case unless the timer
// exits with the PC still there.
func (c *cpu) wantVTimer(what string, pc uint64) {
	e := c.runAt(pc)
	c.wantReason(what, e, hv.ExitVTimer)
	if c.pc() != pc {
		c.fatalf("%s: %s; want PC 0x%x", what, c.describe(e), pc)
	}
}

// wantQuiet lets the guest wait for a while, and ends the case if the timer exits.
func (c *cpu) wantQuiet(what string, wait uint64) {
	c.set(hv.RegX1, c.g.vm.Counter()+c.g.ticks(later))
	c.wantHVC(what, c.runAt(wait), 1)
}

// checkFires: the timer exits when its time has come and not before.
func checkFires(g *guest) {
	at := g.put(spin)
	c := g.cpu
	cval := g.vm.Counter() + g.ticks(later)
	c.setTimer(cval, timerOn)
	c.wantVTimer("the timer", at)
	if now := g.vm.Counter(); now < cval {
		c.errorf("the timer fired with the counter at %d, %d early", now, cval-now)
	}
	if ctl := c.sys(aarch64.CNTV_CTL_EL0); ctl != timerFiring {
		c.errorf("CNTV_CTL_EL0 reads %d when the timer has fired, want %d", ctl, timerFiring)
	}
}

// checkPast: a deadline in the past fires at once.
func checkPast(g *guest) {
	at := g.put(spin)
	for _, cval := range []uint64{0, 1, g.vm.Counter()} {
		g.cpu.ok("SetVTimerMask", g.cpu.SetVTimerMask(false))
		g.cpu.setTimer(cval, timerOn)
		g.cpu.wantVTimer("a deadline in the past", at)
	}
}

// checkMaskedByExit: the exit masks the timer. Only SetVTimerMask unmasks it: a new
// deadline or another CNTV_CTL_EL0 does not.
func checkMaskedByExit(g *guest) {
	at, wait := g.put(spin), g.put(waitUntil)
	c := g.cpu
	c.setTimer(0, timerOn)
	c.wantVTimer("the timer", at)
	c.wantQuiet("with the timer masked by its exit", wait)
	c.setTimer(0, 0)
	c.setTimer(g.vm.Counter(), timerOn)
	c.wantQuiet("with the timer masked by its exit, set anew", wait)
}

// checkUnmaskedHigh: if the mask is lifted while the output is high, the timer
// exits again.
func checkUnmaskedHigh(g *guest) {
	at := g.put(spin)
	g.cpu.setTimer(0, timerOn)
	g.cpu.wantVTimer("the timer", at)
	for range 3 {
		g.cpu.ok("SetVTimerMask", g.cpu.SetVTimerMask(false))
		g.cpu.wantVTimer("unmasked with CNTV_CTL_EL0 5", at)
	}
}

// checkUnmaskedLow: if the mask is lifted before the next deadline, the timer exits
// at that deadline.
func checkUnmaskedLow(g *guest) {
	at, wait := g.put(spin), g.put(waitUntil)
	c := g.cpu
	c.setTimer(0, timerOn)
	c.wantVTimer("the timer", at)
	c.setTimer(g.vm.Counter()+g.ticks(time.Hour), timerOn)
	c.ok("SetVTimerMask", c.SetVTimerMask(false))
	c.wantQuiet("with the next deadline in an hour", wait)
	cval := g.vm.Counter() + g.ticks(later)
	c.setTimer(cval, timerOn)
	c.wantVTimer("the next deadline", at)
	if now := g.vm.Counter(); now < cval {
		c.errorf("the timer fired with the counter at %d, %d early", now, cval-now)
	}
}

// checkMaskedByHost: the host may mask the timer before it fires.
func checkMaskedByHost(g *guest) {
	at, wait := g.put(spin), g.put(waitUntil)
	c := g.cpu
	c.ok("SetVTimerMask", c.SetVTimerMask(true))
	c.setTimer(0, timerOn)
	c.wantQuiet("with the timer masked by the host", wait)
	c.ok("SetVTimerMask", c.SetVTimerMask(false))
	c.wantVTimer("unmasked", at)
}

// checkIMask: CNTV_CTL_EL0.IMASK keeps the output low, until the guest clears
// it.
func checkIMask(g *guest) {
	wait := g.put(waitUntil)
	at := g.put(program{
		{0xd51be322, "msr cntv_ctl_el0, x2"},
		{0x14000000, "b .+0x0"},
	})
	c := g.cpu
	c.setTimer(0, timerOn|timerIMask)
	c.wantQuiet("with IMASK set", wait)
	if ctl := c.sys(aarch64.CNTV_CTL_EL0); ctl != timerFiring|timerIMask {
		c.errorf("CNTV_CTL_EL0 reads %d, want %d", ctl, timerFiring|timerIMask)
	}
	c.set(hv.RegX2, timerOn)
	c.wantReason("IMASK cleared by the guest", c.runAt(at), hv.ExitVTimer)
}

func checkDisabled(g *guest) {
	wait := g.put(waitUntil)
	g.cpu.setTimer(0, 0)
	g.cpu.wantQuiet("with the timer disabled", wait)
}

// checkOffset: both CNTVCT_EL0 and the timer use the counter less the offset.
func checkOffset(g *guest) {
	at := g.put(spin)
	read := g.put(program{
		{0xd53be040, "mrs x0, cntvct_el0"},
		{0xd4000022, "hvc #0x1"},
	})
	c := g.cpu
	const ahead = 40 * time.Millisecond
	off := g.vm.Counter() - 1000
	c.ok("SetVTimerOffset", c.SetVTimerOffset(off))
	before := g.vm.Counter() - off
	c.wantHVC("mrs x0, cntvct_el0", c.runAt(read), 1)
	if now, after := c.reg(hv.RegX0), g.vm.Counter()-off; now < before || now > after {
		c.errorf("CNTVCT_EL0 reads %d, want %d to %d: the counter less the offset of %d", now, before, after, off)
	}
	cval := g.vm.Counter() - off + g.ticks(later)
	c.setTimer(cval, timerOn)
	c.wantVTimer("the timer, with an offset", at)
	if now := g.vm.Counter() - off; now < cval {
		c.errorf("the timer fired with CNTVCT_EL0 at %d, %d early", now, cval-now)
	}
	c.setTimer(g.vm.Counter()-off+g.ticks(ahead), timerOn) // past if the offset were less
	c.ok("SetVTimerMask", c.SetVTimerMask(false))
	c.ok("SetVTimerOffset", c.SetVTimerOffset(off-2*g.ticks(ahead)))
	c.wantVTimer("an offset that puts the deadline into the past", at)
}

// checkSetByGuest: the guest sets the timer itself, again and again.
func checkSetByGuest(g *guest) {
	at := g.put(program{
		{0xd51be301, "msr cntv_tval_el0, x1"},
		{0xd51be322, "msr cntv_ctl_el0, x2"},
		{0x14000000, "b .+0x0"},
	})
	c := g.cpu
	c.setX(0, g.ticks(later), timerOn)
	for range 3 {
		start := g.vm.Counter()
		c.wantReason("cntv_tval_el0 set by the guest", c.runAt(at), hv.ExitVTimer)
		if d := g.vm.Counter() - start; d < g.ticks(later) {
			c.errorf("the timer fired after %d ticks, want %d", d, g.ticks(later))
		}
		c.setTimer(0, 0)
		c.ok("SetVTimerMask", c.SetVTimerMask(false))
	}
}

// checkBetweenRuns: if a deadline passes while the guest does not run, the next Run
// reports it.
func checkBetweenRuns(g *guest) {
	at, one := g.put(spin), g.put(hvc1)
	c := g.cpu
	c.wantHVC("hvc #1", c.runAt(one), 1)
	c.setTimer(g.vm.Counter()+g.ticks(later), timerOn)
	time.Sleep(2 * later)
	c.wantVTimer("a deadline that has passed", at)
}
