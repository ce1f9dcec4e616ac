package vmm

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/mmio"
)

var wfi = exception(aarch64.ECWFx, uint32(aarch64.WFI))

// park hands v a WFI and says how long it waits.
func park(t *testing.T, v *vcpu) time.Duration {
	t.Helper()
	start := time.Now()
	mustHandle(t, v, wfi)
	return time.Since(start)
}

// A WFI waits for whatever comes first, and no longer, at each rate of the counters; WFE
// does not wait.
func TestWFI(t *testing.T) {
	for _, hz := range []uint64{24_000_000, 1_000_000_000} {
		testWFI(t, hz)
	}
}

func testWFI(t *testing.T, hz uint64) {
	const soon = 10 * time.Millisecond
	ticks := func(v *vcpu, d time.Duration) uint64 { return v.now() + aarch64.CounterTicks(d, hz) }
	for _, c := range []struct {
		name  string
		setUp func(v *vcpu, cpu *fakeCPU)
		want  time.Duration
	}{
		{"IRQ high already", func(v *vcpu, _ *fakeCPU) { v.irq.Store(true) }, 0},
		{"FIQ high already", func(v *vcpu, _ *fakeCPU) { v.fiq.Store(true) }, 0},
		{"asked to look already", func(v *vcpu, _ *fakeCPU) { v.look.Store(true) }, 0},
		{"IRQ", func(v *vcpu, _ *fakeCPU) { time.AfterFunc(soon, func() { v.irqLine().Set(true) }) }, soon},
		{"FIQ", func(v *vcpu, _ *fakeCPU) { time.AfterFunc(soon, func() { v.fiqLine().Set(true) }) }, soon},
		{"interrupt", func(v *vcpu, _ *fakeCPU) { time.AfterFunc(soon, v.interrupt) }, soon},
		{"IRQ that goes low does not wake", func(v *vcpu, _ *fakeCPU) {
			time.AfterFunc(soon, func() { v.irqLine().Set(false) })
			time.AfterFunc(2*soon, v.interrupt)
		}, 2 * soon},
		{"virtual timer", func(v *vcpu, cpu *fakeCPU) {
			cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE
			cpu.sys[aarch64.CNTV_CVAL_EL0] = ticks(v, soon)
		}, soon},
		{"virtual timer with an offset", func(v *vcpu, cpu *fakeCPU) {
			v.m.offset.Store(777_777)
			cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE
			cpu.sys[aarch64.CNTV_CVAL_EL0] = ticks(v, soon)
		}, soon},
		{"virtual timer in the past", func(v *vcpu, cpu *fakeCPU) {
			cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE
			cpu.sys[aarch64.CNTV_CVAL_EL0] = v.now()
		}, 0},
		{"virtual timer that the guest masks", func(v *vcpu, cpu *fakeCPU) {
			cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE | aarch64.CNT_CTL_IMASK
			time.AfterFunc(2*soon, v.interrupt)
		}, 2 * soon},
		{"virtual timer that is off", func(v *vcpu, _ *fakeCPU) { time.AfterFunc(2*soon, v.interrupt) }, 2 * soon},
		{"virtual timer that has fired and is masked", func(v *vcpu, cpu *fakeCPU) {
			cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE | aarch64.CNT_CTL_ISTATUS
			v.vtimerMasked = true
			time.AfterFunc(2*soon, v.interrupt)
		}, 2 * soon},
		{"physical timer", func(v *vcpu, _ *fakeCPU) {
			v.ptimer.writeCVAL(ticks(v, soon))
			v.ptimer.writeCTL(aarch64.CNT_CTL_ENABLE)
		}, soon},
		{"physical timer that the guest masks", func(v *vcpu, _ *fakeCPU) {
			v.ptimer.writeCVAL(ticks(v, soon))
			v.ptimer.writeCTL(aarch64.CNT_CTL_ENABLE | aarch64.CNT_CTL_IMASK)
			time.AfterFunc(2*soon, v.interrupt)
		}, 2 * soon},
		{"physical timer before the virtual one", func(v *vcpu, cpu *fakeCPU) {
			cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE
			cpu.sys[aarch64.CNTV_CVAL_EL0] = ticks(v, 2*soon)
			v.ptimer.writeCVAL(ticks(v, soon))
			v.ptimer.writeCTL(aarch64.CNT_CTL_ENABLE)
		}, soon},
		{"a timer in a thousand years", func(v *vcpu, cpu *fakeCPU) {
			cpu.sys[aarch64.CNTV_CTL_EL0] = aarch64.CNT_CTL_ENABLE
			cpu.sys[aarch64.CNTV_CVAL_EL0] = math.MaxUint64
			time.AfterFunc(2*soon, v.interrupt)
		}, 2 * soon},
	} {
		synctest.Test(t, func(t *testing.T) {
			v, cpu := onlineCPU(t, Config{})
			cpu.h.vm.hz = hz
			c.setUp(v, cpu)
			got := park(t, v)
			if got < c.want || got > c.want+time.Microsecond {
				t.Errorf("%s, at %d Hz: waited %v, want %v", c.name, hz, got, c.want)
			}
			if pc := cpu.reg[hv.RegPC]; pc != codeBase+4 {
				t.Errorf("%s: PC 0x%x, want 0x%x", c.name, pc, codeBase+4)
			}
			v.ptimer.stop()
		})
	}
}

func TestWFEDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, cpu := onlineCPU(t, Config{})
		start := time.Now()
		mustHandle(t, v, exception(aarch64.ECWFx, uint32(aarch64.WFE)))
		if d := time.Since(start); d != 0 || cpu.reg[hv.RegPC] != codeBase+4 {
			t.Errorf("waited %v, PC 0x%x", d, cpu.reg[hv.RegPC])
		}
	})
}

// CPU_SUSPEND to standby is a WFI that returns success.
func TestSuspendStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fid := range []uint64{0x8400_0001, 0xc400_0001} {
			v, cpu := onlineCPU(t, Config{})
			time.AfterFunc(time.Second, func() { v.irqLine().Set(true) })
			copy(cpu.reg[:], []uint64{fid, 0x1234, imageBase, 5})
			start := time.Now()
			mustHandle(t, v, exception(aarch64.ECHVC64, 0))
			if d := time.Since(start); d != time.Second || cpu.reg[0] != 0 || cpu.reg[hv.RegPC] != codeBase {
				t.Errorf("CPU_SUSPEND 0x%x: %v, X0 0x%x, PC 0x%x: want 1s, success, and to go on", fid, d, cpu.reg[0], cpu.reg[hv.RegPC])
			}
		}
	})
}

// ppi27 sets a GICv3 up so that PPI 27 of CPU 0 reaches its IRQ input.
func ppi27(t testing.TB, v *vcpu) {
	t.Helper()
	write := func(addr uint64, size int, val uint64) {
		if !v.m.bus.Write(0, addr, size, val) {
			t.Fatalf("nothing at 0x%x", addr)
		}
	}
	const gicd, gicr, sgi = 0x4000_0000, 0x5000_0000, 0x5001_0000
	write(gicd, 4, 0x12)         // GICD_CTLR: ARE, EnableGrp1
	write(gicr+0x14, 4, 0)       // GICR_WAKER
	write(sgi+0x80, 4, 1<<27)    // GICR_IGROUPR0
	write(sgi+0x100, 4, 1<<27)   // GICR_ISENABLER0
	write(sgi+0x400+27, 1, 0x80) // GICR_IPRIORITYR
	for _, r := range []struct {
		reg aarch64.SysReg
		val uint64
	}{
		{aarch64.ICC_PMR_EL1, 0xff},
		{aarch64.ICC_IGRPEN1_EL1, 1},
	} {
		if !v.m.gic.writeSysReg(0, r.reg, r.val) {
			t.Fatalf("%v is not there", r.reg)
		}
	}
}

// The framework masks the virtual timer with its exit. It is unmasked when the
// guest has silenced the timer, and not before.
func TestVTimerProtocol(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	ppi27(t, v)
	step := func(name string, ctl uint64, irq, masked bool) {
		t.Helper()
		cpu.sys[aarch64.CNTV_CTL_EL0] = ctl
		if err := v.updateTimers(); err != nil {
			t.Fatal(err)
		}
		if v.irq.Load() != irq || cpu.masked != masked {
			t.Errorf("%s: IRQ %v, masked %v, want %v, %v", name, v.irq.Load(), cpu.masked, irq, masked)
		}
	}
	step("before", aarch64.CNT_CTL_ENABLE, false, false)
	for _, silent := range []uint64{0, aarch64.CNT_CTL_ENABLE, aarch64.CNT_CTL_ENABLE | aarch64.CNT_CTL_IMASK | aarch64.CNT_CTL_ISTATUS, aarch64.CNT_CTL_ENABLE | aarch64.CNT_CTL_IMASK} {
		cpu.masked = true // as the backend does
		mustHandle(t, v, hv.Exit{Reason: hv.ExitVTimer})
		if cpu.reg[hv.RegPC] != codeBase {
			t.Errorf("the exit moved the PC to 0x%x", cpu.reg[hv.RegPC])
		}
		step("fired", aarch64.CNT_CTL_ENABLE|aarch64.CNT_CTL_ISTATUS, true, true)
		step("still high", aarch64.CNT_CTL_ENABLE|aarch64.CNT_CTL_ISTATUS, true, true)
		step("silenced", silent, false, false)
	}
}

// A spurious exit runs again, and nothing else happens.
func TestUnknownExitRunsAgain(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	before := cpu.reg
	mustHandle(t, v, hv.Exit{Reason: hv.ExitUnknown})
	if cpu.reg != before || v.counts.n[exitUnknown] != 1 {
		t.Errorf("registers changed, or not counted (%d)", v.counts.n[exitUnknown])
	}
}

// runs makes v execute its loop for n entries into the guest and returns what
// each found stated: the interrupt levels.
func runs(t *testing.T, v *vcpu, cpu *fakeCPU, n int, script func(i int) hv.Exit) (irqs []bool) {
	t.Helper()
	i := 0
	cpu.h.script = func(c *fakeCPU) hv.Exit {
		irqs = append(irqs, c.irq)
		exit := script(i)
		if i++; i == n {
			v.m.mu.Lock()
			v.power = powerOff
			v.m.mu.Unlock()
			v.look.Store(true)
		}
		return exit
	}
	if err := v.runGuest(); err != nil {
		t.Fatal(err)
	}
	return irqs
}

// The level of the interrupt input is stated again before every run: the
// backend forgets it.
func TestIRQIsStatedBeforeEveryRun(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	line := v.irqLine()
	got := runs(t, v, cpu, 5, func(i int) hv.Exit {
		line.Set(i == 1 || i == 2)
		return hv.Exit{Reason: hv.ExitUnknown}
	})
	// The change at 1 kicks: a run that is canceled before the script sees it
	// lies between.
	if want := []bool{false, false, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("levels stated: %v, want %v", got, want)
	}
}

// An interrupt that rises while the guest computes kicks it.
func TestLineKicksGuest(t *testing.T) {
	v, cpu := onlineCPU(t, Config{})
	done := make(chan error)
	first := true
	cpu.h.script = func(c *fakeCPU) hv.Exit {
		if first {
			first = false
			go v.irqLine().Set(true)
			<-c.kicks // the guest computes until then
			return hv.Exit{Reason: hv.ExitCanceled}
		}
		if !c.irq {
			t.Error("after the kick the level is not stated")
		}
		v.m.cpuOff(v)
		return hv.Exit{Reason: hv.ExitUnknown}
	}
	go func() { done <- v.runGuest() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no kick")
	}
}

// The physical timer interrupts a guest that computes: also when it becomes due
// between the last look at it and the entry into the guest, and when a pause
// has moved its time.
func TestPhysicalTimerInterruptsComputingGuest(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(v *vcpu, i int) // what happens while the guest exits for the i-th time
	}{
		{"plain", func(*vcpu, int) {}},
		{"the counter was set back", func(v *vcpu, i int) {
			if i == 3 {
				v.m.offset.Add(24_000) // 1 ms of pause, with the alarm set
			}
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			v, cpu := onlineCPU(t, Config{})
			var due uint64
			i := 0
			cpu.h.script = func(fake *fakeCPU) hv.Exit {
				i++
				c.before(v, i)
				switch {
				case i == 1:
					due = v.now() + 2400
					fake.reg[5] = due
					return trap(aarch64.CNTP_CVAL_EL0, 5, false)
				case i == 2:
					fake.reg[5] = aarch64.CNT_CTL_ENABLE
					return trap(aarch64.CNTP_CTL_EL0, 5, false)
				case v.ptimer.level:
					v.m.cpuOff(v)
					return hv.Exit{Reason: hv.ExitUnknown}
				}
				<-fake.kicks // computes
				return hv.Exit{Reason: hv.ExitCanceled}
			}
			if err := v.runGuest(); err != nil {
				t.Fatal(err)
			}
			if late := v.now() - due; late > 24 {
				t.Errorf("%s: the interrupt came %d ticks late", c.name, late)
			}
			v.ptimer.stop()
		})
	}
}

// A routine that has already looked at its timers, and is about to enter the guest,
// must still notice the alarm of the physical timer.
func TestPhysicalTimerAlarmBeforeEntry(t *testing.T) {
	v, _ := onlineCPU(t, Config{})
	v.ptimer.alarm.Reset(0)
	for range 1000 {
		if v.look.Load() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the alarm does not make the routine look again")
}

// A CPU that is switched on finds its timers silent, whatever they were when it
// was switched off.
func TestStartLowersTimers(t *testing.T) {
	v, _ := onlineCPU(t, Config{})
	var virtual, physical bool
	v.vtimer = mmio.LineFunc(func(high bool) { virtual = high })
	v.ptimer.line = mmio.LineFunc(func(high bool) { physical = high })
	v.vtimerFired()
	v.ptimer.writeCTL(aarch64.CNT_CTL_ENABLE)
	if !virtual || !physical {
		t.Fatalf("virtual %v, physical %v before, want both high", virtual, physical)
	}
	if err := v.start(); err != nil {
		t.Fatal(err)
	}
	if virtual || physical {
		t.Errorf("virtual %v, physical %v after start, want both low", virtual, physical)
	}
}
