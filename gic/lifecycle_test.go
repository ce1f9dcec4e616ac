package gic

import (
	"fmt"
	"testing"

	"github.com/miniboot-vmm/miniboot/mmio"
)

const spurious = intidSpurious

// signals checks a CPU's IRQ and FIQ.
func signals(t *testing.T, r rig, cpu int, when string, irq, fiq bool) {
	t.Helper()
	_, i, f := r.device()
	if i[cpu].high != irq || f[cpu].high != fiq {
		t.Errorf("%s: CPU %d has IRQ %v FIQ %v, want %v %v", when, cpu, i[cpu].high, f[cpu].high, irq, fiq)
	}
}

// state checks an interrupt's pending and active bits.
func state(t *testing.T, r rig, cpu, intid int, when string, pending, active uint64) {
	t.Helper()
	p, a := r.readBank(cpu, intid, offISPENDR, 1), r.readBank(cpu, intid, offISACTIVER, 1)
	if p != pending || a != active {
		t.Errorf("%s: INTID %d pending %d active %d, want %d %d", when, intid, p, a, pending, active)
	}
}

// inputOf returns the line of a PPI of CPU 1 or of an SPI.
func inputOf(r rig, intid int) mmio.Line {
	c, _, _ := r.device()
	if intid < 32 {
		return c.PPI(1, intid-16)
	}
	return c.SPI(intid - 32)
}

// IHI 0048 chapter 3, IHI 0069 chapter 4: the states of an interrupt, for PPIs and
// SPIs of both groups.
func TestLifeCycle(t *testing.T) {
	for _, intid := range []int{16, 31, 32, 63, 70} {
		for group := range 2 {
			name := fmt.Sprintf("INTID%d group%d", intid, group)
			onBoth(t, 2, 40, func(t *testing.T, r rig) {
				t.Run(name+" level", func(t *testing.T) { testLevel(t, r, intid, group) })
			})
			onBoth(t, 2, 40, func(t *testing.T, r rig) {
				t.Run(name+" edge", func(t *testing.T) { testEdge(t, r, intid, group) })
			})
		}
	}
}

func testLevel(t *testing.T, r rig, intid, group int) {
	const cpu = 1
	setUp(r, cpu, intid, group, 0x80)
	in := inputOf(r, intid)
	irq, fiq := group == group1, group == group0

	signals(t, r, cpu, "low", false, false)
	in.Set(true)
	in.Set(true)
	signals(t, r, cpu, "high", irq, fiq)
	signals(t, r, 0, "high", false, false)
	state(t, r, cpu, intid, "high", 1, 0)
	want(t, "HPPIR of the other group", r.pending(cpu, 1-group), spurious)
	want(t, "HPPIR", r.pending(cpu, group), intid)
	want(t, "IAR of the other group", r.ack(cpu, 1-group), spurious)
	want(t, "IAR", r.ack(cpu, group), intid)
	state(t, r, cpu, intid, "acknowledged, still high", 1, 1)
	signals(t, r, cpu, "acknowledged", false, false)
	want(t, "RPR", r.running(cpu), 0x80)
	want(t, "IAR while active", r.ack(cpu, group), spurious)

	r.eoi(cpu, group, intid)
	state(t, r, cpu, intid, "EOI while high", 1, 0)
	signals(t, r, cpu, "EOI while high", irq, fiq)
	want(t, "RPR after EOI", r.running(cpu), idlePriority)

	want(t, "IAR again", r.ack(cpu, group), intid)
	in.Set(false)
	state(t, r, cpu, intid, "lowered", 0, 1)
	r.eoi(cpu, group, intid)
	state(t, r, cpu, intid, "EOI while low", 0, 0)
	signals(t, r, cpu, "EOI while low", false, false)

	in.Set(true)
	in.Set(false)
	signals(t, r, cpu, "raised and lowered", false, false)
	want(t, "IAR with nothing pending", r.ack(cpu, group), spurious)
}

func testEdge(t *testing.T, r rig, intid, group int) {
	const cpu = 1
	edge(r, cpu, intid)
	setUp(r, cpu, intid, group, 0x80)
	in := inputOf(r, intid)
	irq, fiq := group == group1, group == group0

	in.Set(true)
	in.Set(false)
	state(t, r, cpu, intid, "pulse", 1, 0)
	signals(t, r, cpu, "pulse", irq, fiq)
	want(t, "IAR", r.ack(cpu, group), intid)
	state(t, r, cpu, intid, "acknowledged", 0, 1)
	in.Set(true)
	state(t, r, cpu, intid, "second edge", 1, 1)
	signals(t, r, cpu, "active and pending", false, false)
	r.eoi(cpu, group, intid)
	state(t, r, cpu, intid, "EOI", 1, 0)
	signals(t, r, cpu, "EOI", irq, fiq)
	want(t, "IAR of the second", r.ack(cpu, group), intid)
	r.eoi(cpu, group, intid)
	state(t, r, cpu, intid, "still high, no edge", 0, 0)
	signals(t, r, cpu, "still high, no edge", false, false)
}

// IHI 0069 chapter 4, IHI 0048 chapter 3: EOImode separates priority drop from
// deactivation.
func TestEOImode(t *testing.T) {
	onBoth(t, 1, 32, func(t *testing.T, r rig) {
		const intid, other = 40, 41
		setUp(r, 0, intid, group1, 0x80)
		setUp(r, 0, other, group1, 0x80)
		r.deactivate(0, intid) // EOImode 0: ignored
		r.setEOImode(0)
		in := inputOf(r, intid)
		in.Set(true)
		want(t, "IAR", r.ack(0, group1), intid)
		r.eoi(0, group1, intid)
		want(t, "RPR after the drop", r.running(0), idlePriority)
		state(t, r, 0, intid, "dropped", 1, 1)
		signals(t, r, 0, "dropped, active", false, false)

		inputOf(r, other).Set(true) // another of the same priority gets through
		want(t, "IAR of the other", r.ack(0, group1), other)
		r.deactivate(0, intid)
		state(t, r, 0, intid, "deactivated", 1, 0)
		signals(t, r, 0, "deactivated below the running priority", false, false)
		r.eoi(0, group1, other)
		signals(t, r, 0, "dropped the other", true, false)
	})
}

// DIR and EOIR do nothing for an interrupt that does not exist or was not acknowledged.
func TestMisguidedEOI(t *testing.T) {
	onBoth(t, 1, 32, func(t *testing.T, r rig) {
		const intid = 40
		setUp(r, 0, intid, group1, 0x80)
		r.bank(0, intid, offISACTIVER, 1, 1)
		r.eoi(0, group1, intid) // nothing was acknowledged
		state(t, r, 0, intid, "EOI without IAR", 0, 1)
		r.bank(0, intid, offICACTIVER, 1, 1)

		inputOf(r, intid).Set(true)
		want(t, "IAR", r.ack(0, group1), intid)
		for _, id := range []int{64, 500, 1019, 1020, 1023} {
			r.eoi(0, group0, id)
			r.eoi(0, group1, id)
		}
		r.eoi(0, group0, intid)
		state(t, r, 0, intid, "EOI of the wrong group", 1, 1)
		want(t, "RPR", r.running(0), 0x80)
		r.deactivate(0, intid) // EOImode 0
		state(t, r, 0, intid, "DIR with EOImode 0", 1, 1)
		r.setEOImode(0)
		r.deactivate(0, 64)
		r.deactivate(0, 1023)
		state(t, r, 0, intid, "DIR of nothing", 1, 1)
	})
}

// With both groups active, an EOI for the other group's register does nothing.
func TestEOIOfTheOtherGroup(t *testing.T) {
	onBoth(t, 1, 32, func(t *testing.T, r rig) {
		setUp(r, 0, 40, group1, 0x80)
		setUp(r, 0, 41, group0, 0x40)
		r.bank(0, 40, offISPENDR, 1, 1)
		want(t, "IAR of group 1", r.ack(0, group1), 40)
		r.bank(0, 41, offISPENDR, 1, 1)
		want(t, "IAR of group 0", r.ack(0, group0), 41)
		r.eoi(0, group0, 40)
		r.eoi(0, group1, 41)
		state(t, r, 0, 40, "wrong EOIs", 0, 1)
		state(t, r, 0, 41, "wrong EOIs", 0, 1)
		want(t, "RPR", r.running(0), 0x40)
	})
}

// The priority drop of an SPI that has been routed elsewhere meanwhile still lets through
// the interrupts that it blocked.
func TestEOIAfterRerouting(t *testing.T) {
	onBoth(t, 2, 32, func(t *testing.T, r rig) {
		setUp(r, 0, 40, group1, 0x40)
		setUp(r, 0, 41, group1, 0x80)
		r.bank(0, 40, offISPENDR, 1, 1)
		want(t, "IAR", r.ack(0, group1), 40)
		r.bank(0, 41, offISPENDR, 1, 1)
		r.route(40, 1)
		signals(t, r, 0, "40 active, 41 waits", false, false)
		r.eoi(0, group1, 40)
		signals(t, r, 0, "40 ended", true, false)
	})
}

// Asking for an input that does not exist is a mistake of the machine's author.
func TestNoSuchInput(t *testing.T) {
	c, _, _ := newRigV3(t, 2, 33).device()
	for name, f := range map[string]func(){
		"SPI -1":            func() { c.SPI(-1) },
		"SPI 33":            func() { c.SPI(33) },
		"SPI 64":            func() { c.SPI(64) },
		"PPI of CPU -1":     func() { c.PPI(-1, 0) },
		"PPI of CPU 2":      func() { c.PPI(2, 0) },
		"PPI -1":            func() { c.PPI(0, -1) },
		"PPI 16":            func() { c.PPI(0, 16) },
		"none: these exist": nil,
	} {
		if f == nil {
			c.SPI(0)
			c.SPI(32)
			c.PPI(1, 15)
			continue
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// Pending state by software: ISPENDR latches, ICPENDR cannot undo a level.
func TestSetAndClearPending(t *testing.T) {
	onBoth(t, 1, 32, func(t *testing.T, r rig) {
		for _, intid := range []int{20, 50} {
			setUp(r, 0, intid, group1, 0x40)
			r.bank(0, intid, offISPENDR, 1, 1)
			signals(t, r, 0, "ISPENDR", true, false)
			r.bank(0, intid, offICPENDR, 1, 1)
			signals(t, r, 0, "ICPENDR", false, false)

			c, _, _ := r.device()
			in := c.PPI(0, 4)
			if intid >= 32 {
				in = c.SPI(intid - 32)
			}
			in.Set(true)
			r.bank(0, intid, offICPENDR, 1, 1)
			state(t, r, 0, intid, "ICPENDR while high", 1, 0)
			r.bank(0, intid, offISPENDR, 1, 1)
			in.Set(false)
			state(t, r, 0, intid, "ISPENDR, then low", 1, 0)
			want(t, "IAR", r.ack(0, group1), intid)
			state(t, r, 0, intid, "acknowledged", 0, 1)
			r.eoi(0, group1, intid)
		}
	})
}

// Each of the four enables holds an interrupt back.
func TestEnables(t *testing.T) {
	onBoth(t, 1, 32, func(t *testing.T, r rig) {
		const intid = 33
		setUp(r, 0, intid, group1, 0x40)
		inputOf(r, intid).Set(true)
		signals(t, r, 0, "all enabled", true, false)
		r.dist(offCTLR, 4, ctlrEnableGrp0)
		signals(t, r, 0, "group disabled in GICD_CTLR", false, false)
		want(t, "HPPIR of a disabled group", r.pending(0, group1), spurious)
		r.dist(offCTLR, 4, ctlrEnableGrp1)
		signals(t, r, 0, "group enabled", true, false)
		r.bank(0, intid, offICENABLER, 1, 1)
		signals(t, r, 0, "interrupt disabled", false, false)
		want(t, "ICENABLER reads", r.readBank(0, intid, offICENABLER, 1), 0)
		r.bank(0, intid, offISENABLER, 1, 1)
		r.bank(0, intid, offISACTIVER, 1, 1)
		signals(t, r, 0, "active by ISACTIVER", false, false)
		r.bank(0, intid, offICACTIVER, 1, 1)
		signals(t, r, 0, "inactive by ICACTIVER", true, false)
		r.bank(0, intid, offIGROUPR, 1, 0)
		signals(t, r, 0, "moved to the disabled group 0", false, false)
		r.dist(offCTLR, 4, ctlrEnableGrp0|ctlrEnableGrp1)
		signals(t, r, 0, "group 0 enabled", false, true)
	})
}

// An SGI between CPUs: edge-triggered, whatever ICFGR0 is told.
func TestSGI(t *testing.T) {
	onBoth(t, 4, 0, func(t *testing.T, r rig) {
		const sgi = 5
		for cpu := range 4 {
			setUp(r, cpu, sgi, group1, 0x20)
			r.bank(cpu, sgi, offICFGR, 2, 0)
			want(t, "ICFGR0", r.readBank(cpu, sgi, offICFGR, 2), 2)
		}
		r.sgi(0, 2, sgi)
		r.sgi(0, 2, sgi) // merges with the first
		for cpu := range 4 {
			signals(t, r, cpu, "sent to CPU 2", cpu == 2, false)
		}
		want(t, "IAR", r.ack(2, group1), sgi)
		r.sgi(0, 2, sgi)
		state(t, r, 2, sgi, "sent while active", 1, 1)
		r.eoi(2, group1, sgi)
		want(t, "IAR of the second", r.ack(2, group1), sgi)
		r.eoi(2, group1, sgi)
		want(t, "IAR after both", r.ack(2, group1), spurious)
	})
}

// A reset keeps the levels that devices drive, and nothing else.
func TestResetKeepsLines(t *testing.T) {
	onBoth(t, 2, 40, func(t *testing.T, r rig) {
		in := inputOf(r, 35)
		in.Set(true)
		setUp(r, 1, 35, group1, 0)
		setUp(r, 1, 20, group1, 0)
		inputOf(r, 20).Set(true)
		signals(t, r, 1, "before", true, false)
		r.reset()
		signals(t, r, 1, "after", false, false)
		state(t, r, 1, 35, "SPI still high", 1, 0)
		state(t, r, 1, 20, "PPI still high", 1, 0)
		prepare(r, 2)
		setUp(r, 1, 35, group1, 0)
		want(t, "IAR", r.ack(1, group1), 35)
		in.Set(false)
		state(t, r, 1, 35, "lowered", 0, 1)
	})
}
