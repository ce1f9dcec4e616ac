package gic

import (
	"fmt"
	"testing"
)

// The least priority value wins, then the least INTID.
func TestHighestPriority(t *testing.T) {
	onBoth(t, 1, 100, func(t *testing.T, r rig) {
		for intid, priority := range map[int]uint64{20: 0x80, 32: 0x80, 64: 0x70, 131: 0x60, 100: 0x70} {
			setUp(r, 0, intid, group1, priority)
			r.bank(0, intid, offISPENDR, 1, 1)
		}
		for _, intid := range []int{131, 64, 100, 20, 32, spurious} {
			want(t, "IAR", r.ack(0, group1), intid)
			r.eoi(0, group1, intid)
		}
	})
}

// IHI 0069 4.8, IHI 0048 3.3: what a priority mask lets through. It has only five
// bits.
func TestPriorityMask(t *testing.T) {
	for _, tt := range []struct {
		pmr, priority uint64
		signalled     bool
	}{
		{0x00, 0x00, false},
		{0x08, 0x00, true},
		{0x08, 0x08, false},
		{0x0F, 0x08, false}, // PMR reads 0x08
		{0x10, 0x08, true},
		{0x10, 0x0F, true}, // priority reads 0x08
		{0xF8, 0xF0, true},
		{0xF8, 0xF8, false},
		{0xFF, 0xFF, false}, // the lowest priority cannot be unmasked
	} {
		onBoth(t, 1, 32, func(t *testing.T, r rig) {
			setUp(r, 0, 32, group1, tt.priority)
			want(t, "IPRIORITYR", r.readBank(0, 32, offIPRIORITYR, 8), tt.priority&0xF8)
			inputOf(r, 32).Set(true)
			r.setPMR(0, tt.pmr)
			when := fmt.Sprintf("PMR 0x%02X, priority 0x%02X", tt.pmr, tt.priority)
			signals(t, r, 0, when, tt.signalled, false)
			want(t, when+": HPPIR", r.pending(0, group1), 32)
			if !tt.signalled {
				want(t, when+": IAR", r.ack(0, group1), spurious)
			}
		})
	}
}

// IHI 0069 4.8, IHI 0048 3.3: which priorities preempt
// one another under each binary point. Group 1 splits one bit higher.
func TestBinaryPoint(t *testing.T) {
	for group := range 2 {
		for bp := range uint64(8) {
			eff := max(bp, minBPR0+uint64(group))
			shift := eff + 1 - uint64(group) // bits of subpriority
			onBoth(t, 1, 32, func(t *testing.T, r rig) {
				testBinaryPoint(t, r, group, bp, shift)
			})
		}
	}
}

func testBinaryPoint(t *testing.T, r rig, group int, bp, shift uint64) {
	r.setBPR(0, group, bp)
	for running := uint64(0); running < 0x100; running += 8 {
		setUp(r, 0, 40, group, running)
		r.bank(0, 40, offISPENDR, 1, 1)
		r.setPMR(0, 0xF8)
		if running == 0xF8 { // cannot be taken
			break
		}
		want(t, "IAR", r.ack(0, group), 40)
		want(t, fmt.Sprintf("BPR%d %d, 0x%02X active: RPR", group, bp, running), r.running(0), running>>shift<<shift)
		for next := uint64(0); next < 0xF8; next += 8 {
			setUp(r, 0, 50, group, next)
			r.bank(0, 50, offISPENDR, 1, 1)
			when := fmt.Sprintf("BPR%d %d, 0x%02X active, 0x%02X pending", group, bp, running, next)
			preempts := next>>shift < running>>shift
			signals(t, r, 0, when, preempts && group == group1, preempts && group == group0)
			r.bank(0, 50, offICPENDR, 1, 1)
		}
		r.eoi(0, group, 40)
		want(t, "RPR", r.running(0), idlePriority)
	}
}

// Nested preemption across groups: active priorities, and their dropping in
// reverse order.
func TestPreemption(t *testing.T) {
	onBoth(t, 1, 32, func(t *testing.T, r rig) {
		steps := []struct {
			intid, group int
			priority     uint64
		}{
			{40, group1, 0xC0},
			{41, group0, 0x80},
			{42, group1, 0x40},
			{43, group0, 0x00},
		}
		for _, s := range steps {
			setUp(r, 0, s.intid, s.group, s.priority)
			r.bank(0, s.intid, offISPENDR, 1, 1)
			signals(t, r, 0, fmt.Sprintf("0x%02X pending", s.priority), s.group == group1, s.group == group0)
			want(t, "IAR", r.ack(0, s.group), s.intid)
			want(t, "RPR", r.running(0), s.priority)
		}
		want(t, "AP0R0", r.active(0, group0), 1<<0|1<<16)
		want(t, "AP1R0", r.active(0, group1), 1<<8|1<<24)
		for i := len(steps) - 1; i >= 0; i-- {
			want(t, "RPR", r.running(0), steps[i].priority)
			r.eoi(0, steps[i].group, steps[i].intid)
		}
		want(t, "RPR at the end", r.running(0), idlePriority)
	})
}

// A group that is disabled at the CPU interface does not hide the other group.
func TestDisabledGroupHidesNothing(t *testing.T) {
	onBoth(t, 1, 32, func(t *testing.T, r rig) {
		r.reset()
		r.dist(offCTLR, 4, ctlrEnableGrp0|ctlrEnableGrp1)
		r.setPMR(0, 0xF8)
		r.enableGroup(0, group1)
		setUp(r, 0, 40, group0, 0x00)
		setUp(r, 0, 41, group1, 0x80)
		r.bank(0, 40, offISPENDR, 1, 1)
		r.bank(0, 41, offISPENDR, 1, 1)
		signals(t, r, 0, "group 0 disabled", true, false)
		want(t, "IAR", r.ack(0, group1), 41)
		r.enableGroup(0, group0)
		signals(t, r, 0, "group 0 enabled", false, true)
	})
}
