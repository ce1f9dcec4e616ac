package fake

import (
	"os"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// gigahertz is the rate of the counters of Armv8.6 in Hz.
const gigahertz = 1_000_000_000

// clocks are the Macs that the backend may meet: at two rates, with both readings of
// the offset's unit, and a guest whose rate is not its process's.
var clocks = map[string]Options{
	"24 MHz":                          {},
	"1 GHz, offset in counter ticks":  {CounterFrequency: gigahertz},
	"1 GHz, offset in mach ticks":     {CounterFrequency: gigahertz, OffsetInMach: true},
	"a process with 1 GHz, not guest": {ProcessFrequency: gigahertz},
}

// TestClocks checks the rules about counters and timers on each Mac.
func TestClocks(t *testing.T) {
	for name, opt := range clocks {
		t.Run(name, func(t *testing.T) {
			vm, err := New(t, opt).Hypervisor().NewVM(hv.Config{})
			must(t, err)
			if hz, want := vm.CounterFrequency(), opt.withDefaults().CounterFrequency; hz != want {
				t.Errorf("%d Hz, want %d", hz, want)
			}
			must(t, vm.Close())
			checked := 0
			for _, c := range hvtest.Cases() {
				if !strings.Contains(c.Name, "timer") && c.Name != "vm/counter" && c.Name != "vm/time" && c.Name != "sysreg/untrapped" {
					continue
				}
				checked++
				if err := c.Check(New(t, opt).Hypervisor()); err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
			}
			if checked < 15 {
				t.Errorf("%d rules about counters and timers, want 15 at least", checked)
			}
		})
	}
}

// TestSuiteAtGigahertz checks all rules on the Macs that differ most from the others.
func TestSuiteAtGigahertz(t *testing.T) {
	if os.Getenv("MINIBOOT_FULL") == "" {
		t.Skip("skipped: only with MINIBOOT_FULL=1; TestClocks has the rules about time")
	}
	for name, opt := range clocks {
		t.Run(name, func(t *testing.T) {
			hvtest.Run(t, func(t *testing.T) hv.Hypervisor { return New(t, opt).Hypervisor() })
		})
	}
}

// clockMutations are mistakes about the clock that show only where the rates differ.
var clockMutations = []struct {
	callMutation
	opt Options
}{
	{callMutation{"the offset is always in counter ticks", []string{"vtimer/offset"}, 0,
		change("hv_vcpu_set_vtimer_offset", func(a *[4]uintptr) { a[1] = a[1] / 24 * 1000 })}, clocks["1 GHz, offset in mach ticks"]},
	{callMutation{"the offset is always in mach ticks", []string{"vtimer/offset"}, 0,
		change("hv_vcpu_set_vtimer_offset", func(a *[4]uintptr) { a[1] = a[1] / 1000 * 24 })}, clocks["1 GHz, offset in counter ticks"]},
	{callMutation{"mach_absolute_time is not converted", []string{"vm/counter"}, 0,
		func(function string, f *ccall.Frame, call func()) {
			if call(); function == "mach_absolute_time" {
				f.Ret = f.Ret / 1000 * 24
			}
		}}, clocks["1 GHz, offset in counter ticks"]},
	{callMutation{"the rate of mach_absolute_time is not asked for", []string{"vm/runs"}, 0,
		without("mach_timebase_info")}, clocks["1 GHz, offset in counter ticks"]},
	{callMutation{"CNTFRQ_EL0 is assumed", []string{"vm/time", "sysreg/untrapped", "vtimer/fires"}, 0,
		without("")}, Options{CounterFrequency: gigahertz, ProcessFrequency: MachFrequency}},
}

// TestClockMutations: each of these mistakes makes the cases about it fail.
func TestClockMutations(t *testing.T) {
	for _, m := range clockMutations {
		t.Run(m.wrong, func(t *testing.T) { m.mustShow(t, m.opt) })
	}
}
