package softcpu

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var cntvTVAL, cntvct = aarch64.CNTV_TVAL_EL0, aarch64.CNTVCT_EL0

func TestTimerRegisters(t *testing.T) {
	g := newGuest(t)
	g.clock = 1000
	g.timer.setOffset(g.cpu, 400)
	value := func(r aarch64.SysReg) uint64 { g.mrs(r); return g.X[3] }
	if v := value(cntvct); v != 600 {
		t.Errorf("CNTVCT_EL0 = %d, want host 1000 less offset 400", v)
	}
	g.msr(aarch64.CNTV_CVAL_EL0, 700)
	if v := value(cntvTVAL); v != 100 {
		t.Errorf("TVAL = %d, want CVAL 700 less count 600", v)
	}
	g.msr(cntvTVAL, 0xffff_ffff_ffff_ff00) // -256, in 32 bits
	if v := value(aarch64.CNTV_CVAL_EL0); v != 600-256 {
		t.Errorf("CVAL = %d, want count 600 plus TVAL -256", v)
	}
	if v := value(cntvTVAL); v != 0xffffff00 {
		t.Errorf("TVAL = 0x%x, want -256 in 32 bits, zero-extended", v)
	}
	g.msr(cntvTVAL, 50)
	for _, r := range []struct{ ctl, clock, want uint64 }{
		{1, 1049, 1}, {1, 1050, 5}, {1, 2000, 5}, {3, 1049, 3}, {3, 1050, 7}, {0, 2000, 0}, {2, 2000, 2},
	} {
		g.clock = r.clock
		g.msr(aarch64.CNTV_CTL_EL0, r.ctl)
		if v := value(aarch64.CNTV_CTL_EL0); v != r.want {
			t.Errorf("CTL written %d, count %d, CVAL 650: reads %d, want %d", r.ctl, r.clock-400, v, r.want)
		}
	}
	g.clock = 0 // the counter has wrapped below its offset
	g.msr(aarch64.CNTV_CVAL_EL0, 1<<63)
	g.msr(aarch64.CNTV_CTL_EL0, 1)
	if v := value(aarch64.CNTV_CTL_EL0); v != 5 {
		t.Errorf("count -400, CVAL 1<<63: CTL %d, want 5, they compare unsigned", v)
	}
}

// TestTimerExit is the framework's rule. After one exit the timer is silent until the
// host lifts the mask. If the output is still high then, the exit repeats.
func TestTimerExit(t *testing.T) {
	g := newGuest(t)
	fired := func() bool {
		due := g.attention.Load()&attentionTimer != 0
		g.attention.Store(0)
		return due && g.timerFired()
	}
	steps := []struct {
		name string
		do   func()
		want bool
	}{
		{"not enabled", func() { g.set(aarch64.CNTV_CVAL_EL0, 100) }, false},
		{"enabled, early", func() { g.set(aarch64.CNTV_CTL_EL0, 1) }, false},
		{"its time, and the guest writes CTL", func() { g.clock = 100; g.set(aarch64.CNTV_CTL_EL0, 1) }, true},
		{"masked by the exit", func() { g.set(aarch64.CNTV_CTL_EL0, 1) }, false},
		{"unmasked while still high", func() { g.timer.setMask(g.cpu, false) }, true},
		{"lowered by IMASK, unmasked", func() { g.set(aarch64.CNTV_CTL_EL0, 3); g.timer.setMask(g.cpu, false) }, false},
		{"IMASK lifted", func() { g.set(aarch64.CNTV_CTL_EL0, 1) }, true},
		{"moved on, unmasked", func() { g.set(aarch64.CNTV_CVAL_EL0, 200); g.timer.setMask(g.cpu, false) }, false},
		{"offset makes it due", func() { g.timer.setOffset(g.cpu, ^uint64(99)) }, true},
		{"disabled, unmasked", func() { g.set(aarch64.CNTV_CTL_EL0, 0); g.timer.setMask(g.cpu, false) }, false},
	}
	for _, s := range steps {
		if s.do(); fired() != s.want {
			t.Errorf("%s: fires %v, want %v", s.name, !s.want, s.want)
		}
	}
}

// TestTimerWakes: the host's timer raises attention when the deadline comes.
func TestTimerWakes(t *testing.T) {
	g := newGuest(t)
	start := time.Now()
	g.vm.now = func() uint64 { return uint64(time.Since(start)) * 3 / 125 }
	g.set(aarch64.CNTV_CVAL_EL0, g.cntvct()+24000) // a millisecond
	g.set(aarch64.CNTV_CTL_EL0, 1)
	g.program(testPC, insB0)
	g.PC = testPC
	stuck := time.AfterFunc(5*time.Second, g.Kick)
	defer stuck.Stop()
	exit, err := g.Run()
	if err != nil || exit.Reason != hv.ExitVTimer || !g.timer.masked {
		t.Errorf("Run: %+v, %v, masked %v; want ExitVTimer, masked", exit, err, g.timer.masked)
	}
	if d := time.Since(start); d < time.Millisecond {
		t.Errorf("fired after %v, a millisecond too early", d)
	}
}

const insB0 = 0x14000000 // b .

func TestTimerAllocatesNothing(t *testing.T) {
	g := newGuest(t)
	g.set(aarch64.CNTV_CTL_EL0, 1)
	if n := testing.AllocsPerRun(100, func() { g.msr(cntvTVAL, 1<<30) }); n != 0 {
		t.Errorf("setting the timer allocates %v times, want 0", n)
	}
}

// TestCounterFrequencyLimits: a rate has to fit into CNTFRQ_EL0.
func TestCounterFrequencyLimits(t *testing.T) {
	for hz, want := range map[uint64]string{
		1:              "<nil>",
		math.MaxUint32: "<nil>",
		1 << 32:        "softcpu: new vm: counters of 0x100000000 Hz, give 1 to 0xffffffff: CNTFRQ_EL0 has 32 bits",
	} {
		_, err := New(Config{CounterFrequency: hz}).NewVM(hv.Config{})
		if got := fmt.Sprint(err); got != want {
			t.Errorf("0x%x Hz: error %s, want %s", hz, got, want)
		}
	}
}
