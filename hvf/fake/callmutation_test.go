package fake

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hv/hvtest"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
)

// callMutation is a wrong call of the framework in the bindings, and how it is
// found: by cases that fail, or by a rule of the fake that is broken.
type callMutation struct {
	wrong string
	cases []string
	rule  int // 0: the cases fail by themselves
	call  func(function string, f *ccall.Frame, call func())
}

// callMutations are steps of the backend that can be missing or wrong. For mistakes
// that only a caller of the bindings can make see TestBrokenRules.
var callMutations = []callMutation{
	{"the VM is not destroyed", []string{"vm/runs"}, 1, without("hv_vm_destroy")},
	{"a register is read on another thread", []string{"register/general"}, 2, elsewhere("hv_vcpu_get_reg")},
	{"a vCPU runs on another thread", []string{"vm/runs"}, 2, elsewhere("hv_vcpu_run")},
	{"a vCPU is destroyed on another thread", []string{"vm/runs"}, 2, elsewhere("hv_vcpu_destroy")},
	{"a vCPU is not destroyed", []string{"vm/runs"}, 0, without("hv_vcpu_destroy")},
	{"a vCPU is destroyed twice", []string{"vm/runs"}, 3, twice("hv_vcpu_destroy")},
	{"memory is not unmapped", []string{"memory/unmap"}, 0, without("hv_vm_unmap")},
	{"memory stays mapped while it is withdrawn", []string{"withdraw/running"}, 0, mappedOnce(true)},
	{"withdrawn memory is not mapped again", []string{"withdraw/content", "withdraw/running"}, 0, mappedOnce(false)},
	{"protection is not changed", []string{"memory/no-exec"}, 0, without("hv_vm_protect")},
	{"memory is mapped for all", []string{"memory/read-only"}, 0, change("hv_vm_map", func(a *[4]uintptr) { a[3] = 7 })},
	{"memory is mapped unaligned", []string{"vm/runs"}, 0, change("hv_vm_map", func(a *[4]uintptr) { a[1] += 0x1000 })},
	{"a system register is mistaken", []string{"register/system"}, 0, change("hv_vcpu_set_sys_reg", func(a *[4]uintptr) { a[1] = 0xdf00 })},
	{"an ID register is not set", []string{"register/id"}, 0, withoutArg("hv_vcpu_set_sys_reg", 1, uintptr(aarch64.ID_AA64PFR0_EL1))},
	{"a vCPU has other ID registers than the first", []string{"smp/id"}, 0, withoutArg("hv_vcpu_set_sys_reg", 1, uintptr(aarch64.ID_AA64ISAR1_EL1))},
	{"the interrupt's level is not stated", []string{"interrupt/irq"}, 0, without("hv_vcpu_set_pending_interrupt")},
	{"the interrupt's level is stated once", []string{"interrupt/irq"}, 0, once("hv_vcpu_set_pending_interrupt")},
	{"IRQ and FIQ are swapped", []string{"interrupt/irq"}, 0, change("hv_vcpu_set_pending_interrupt", func(a *[4]uintptr) { a[1] ^= 1 })},
	{"the virtual timer is not unmasked", []string{"vtimer/unmasked-while-high", "vtimer/set-by-guest"}, 0, withoutArg("hv_vcpu_set_vtimer_mask", 1, 0)},
	{"the virtual timer is not masked", []string{"vtimer/masked-by-host"}, 0, withoutArg("hv_vcpu_set_vtimer_mask", 1, 1)},
	{"the counter's offset is not set", []string{"vtimer/offset"}, 0, without("hv_vcpu_set_vtimer_offset")},
	{"a kick does not reach the framework", []string{"kick/while-running", "kick/every-one"}, 0, without("hv_vcpus_exit")},
	{"a kick is of another vCPU", []string{"kick/while-running"}, 0, change("hv_vcpus_exit", func(a *[4]uintptr) { a[1] = 0 })},
	{"the PC is not advanced", []string{"sysreg/trapped", "exit/smc"}, 0, withoutArg("hv_vcpu_set_reg", 1, uintptr(hv.RegPC))},
	{"a GIC is made twice", []string{"gic/spi"}, 10, twice("hv_gic_create")},
	{"the GIC is not made", []string{"gic/spi"}, 0, without("hv_gic_create")},
	{"MPIDR_EL1 is not set", []string{"gic/spi"}, 10, withoutArg("hv_vcpu_set_sys_reg", 1, uintptr(aarch64.MPIDR_EL1))},
	{"an SPI is not deasserted", []string{"gic/spi"}, 0, withoutArg("hv_gic_set_spi", 1, 0)},
	{"an SPI is counted from 0", []string{"gic/spi"}, 0, change("hv_gic_set_spi", func(a *[4]uintptr) { a[0] -= 32 })},
	{"the GIC is not reset", []string{"gic/reset"}, 0, without("hv_gic_reset")},
	{"the CPU interface is not reset", []string{"gic/reset"}, 0, without("hv_gic_set_icc_reg")},
	{"a private interrupt is not made pending", []string{"gic/ppi"}, 0, without("hv_gic_set_redistributor_reg")},
	{"a configuration is not released", []string{"gic/spi"}, 12, without("os_release")},
	{"a configuration is released twice", []string{"gic/spi"}, 12, twice("os_release")},
	{"a vector is passed in general registers", []string{"register/simd"}, 0, func(function string, f *ccall.Frame, call func()) {
		if function == "hv_vcpu_set_simd_fp_reg" {
			f.Vec = [2]uint64{}
		}
		call()
	}},
	{"a vector's buffer is not aligned", []string{"register/simd"}, 13, change("hv_vcpu_get_simd_fp_reg", func(a *[4]uintptr) { a[2] += 8 })},
}

// Hooks between bindings and library that several mutations share.

func without(name string) func(string, *ccall.Frame, func()) {
	return func(function string, f *ccall.Frame, call func()) {
		if f.Ret = 0; function != name {
			call()
		}
	}
}

func withoutArg(name string, n int, value uintptr) func(string, *ccall.Frame, func()) {
	return func(function string, f *ccall.Frame, call func()) {
		if f.Ret = 0; function != name || f.Args[n] != value {
			call()
		}
	}
}

func change(name string, arg func(*[4]uintptr)) func(string, *ccall.Frame, func()) {
	return func(function string, f *ccall.Frame, call func()) {
		if function == name {
			arg(&f.Args)
		}
		call()
	}
}

func twice(name string) func(string, *ccall.Frame, func()) {
	return func(function string, f *ccall.Frame, call func()) {
		if call(); function == name {
			call()
		}
	}
}

func once(name string) func(string, *ccall.Frame, func()) {
	done := false
	return func(function string, f *ccall.Frame, call func()) {
		if f.Ret = 0; function != name || !done {
			call()
		}
		done = done || function == name
	}
}

// mappedOnce drops each mapping of a VM but the first, and with forGood each unmapping
// too.
func mappedOnce(forGood bool) func(string, *ccall.Frame, func()) {
	mapped := false // these calls do not overlap
	return func(function string, f *ccall.Frame, call func()) {
		drop := false
		switch function {
		case "hv_vm_create":
			mapped = false
		case "hv_vm_map":
			drop, mapped = mapped, true
		case "hv_vm_unmap":
			drop = forGood
		}
		if f.Ret = 0; !drop {
			call()
		}
	}
}

func elsewhere(name string) func(string, *ccall.Frame, func()) {
	return func(function string, f *ccall.Frame, call func()) {
		if function != name {
			call()
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			call()
		}()
		<-done
	}
}

// mutationPatience is how long a mutation may make a guest hang.
const mutationPatience = 300 * time.Millisecond

// recorder stands in for a test and only counts its failures.
type recorder struct {
	testing.TB
	errs     []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Failed() bool     { return true } // the library stays loaded: a thread may be in it

func (r *recorder) Errorf(format string, args ...any) {
	r.errs = append(r.errs, fmt.Sprintf(format, args...))
}

// finish ends the recorder's test.
func (r *recorder) finish() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

// TestCallMutations: each mistake makes the cases about it fail, or breaks a rule of
// the fake.
func TestCallMutations(t *testing.T) {
	for _, m := range callMutations {
		t.Run(m.wrong, func(t *testing.T) { m.mustShow(t, Options{IDsDiffer: true}) })
	}
}

// mustShow checks that the mistake is found, over a fake with these options.
func (m callMutation) mustShow(t *testing.T, opt Options) {
	t.Helper()
	opt.Call = m.call
	for _, name := range m.cases[:most(len(m.cases))] {
		i := slices.IndexFunc(hvtest.Cases(), func(c hvtest.Case) bool { return c.Name == name })
		if i < 0 {
			t.Fatalf("there is no case %s", name)
		}
		r := &recorder{TB: t}
		err := hvtest.Cases()[i].CheckWithin(New(r, opt).Hypervisor(), mutationPatience)
		r.finish()
		said := strings.Join(r.errs, "\n")
		switch {
		case m.rule == 0 && err == nil:
			t.Errorf("%s does not notice; rules: %s", name, said)
		case m.rule != 0 && !strings.Contains(said, fmt.Sprintf("rule %d", m.rule)):
			t.Errorf("%s does not break rule %d: %v; rules: %s", name, m.rule, err, said)
		}
		t.Logf("%s: %.200v; %.200s", name, err, said)
	}
}

// most is how many of n cases to run.
func most(n int) int {
	if testing.Short() {
		return 1
	}
	return n
}
