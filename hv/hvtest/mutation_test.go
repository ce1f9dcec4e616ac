package hvtest

import (
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/softcpu"
)

// mutation is a backend that breaks one rule, and the cases that must find it.
type mutation struct {
	rule  string
	cases []string
	hooks hooks
}

// hangs are the mutations that some cases notice only by a timeout.
var hangs = map[string]bool{
	"a kick while the guest runs is lost": true,
	"every tenth kick is lost":            true,
	"a kick is lost in another exit":      true,
	"the timer hides a kick":              true,
	"a kick hides the timer":              true,
	"the mask is never lifted":            true,
	"the timer never fires":               true,
	"Unmap does nothing":                  true,
	"Protect does nothing":                true,
	"an SPI is lost":                      true,
	"WFI takes no kick":                   true,
	"the timer's interrupt does not come": true,
	"an SGI reaches nobody":               true,
}

// mutations are the ways to break the contract that we know of. A nil hook changes
// nothing.
var mutations = []mutation{
	// The PC on an exit.
	{"the PC is at an HVC", []string{"exit/hvc", "kick/against-exits"}, hooks{
		after: onException(aarch64.ECHVC64, movePC(-4)),
	}},
	{"the PC is two instructions past an HVC", []string{"exit/hvc"}, hooks{
		after: onException(aarch64.ECHVC64, movePC(4)),
	}},
	{"the PC is past an SMC", []string{"exit/smc"}, hooks{
		after: onException(aarch64.ECSMC64, movePC(4)),
	}},
	{"the PC is past a WFI", []string{"exit/wfi"}, hooks{
		after: onException(aarch64.ECWFx, movePC(4)),
	}},
	{"the PC is past a trapped MSR or MRS", []string{"sysreg/trapped"}, hooks{
		after: onException(aarch64.ECSysReg, movePC(4)),
	}},
	{"the PC is past a data abort", []string{"abort/load-store", "abort/no-syndrome", "memory/dirty-tracking"}, hooks{
		after: onException(aarch64.ECDataAbortLower, movePC(4)),
	}},
	{"the PC is past what a kick cut in before", []string{"kick/before-run", "kick/consistent"}, hooks{
		after: onReason(hv.ExitCanceled, movePC(4)),
	}},
	{"the PC is past what the timer cut in before", []string{"vtimer/fires"}, hooks{
		after: onReason(hv.ExitVTimer, movePC(4)),
	}},

	// Syndromes.
	{"XZR is reported as X0", []string{"abort/load-store"}, hooks{
		after: onException(aarch64.ECDataAbortLower, func(m *mutant, e *hv.Exit) {
			if d := e.ESR.DataAbort(); d.ISV && d.Reg == 31 {
				e.ESR &^= 31 << 16
			}
		}),
	}},
	{"XZR is reported as X0 by a trapped register", []string{"sysreg/trapped"}, hooks{
		after: onException(aarch64.ECSysReg, func(m *mutant, e *hv.Exit) {
			if e.ESR.SysRegTrap().Rt == 31 {
				e.ESR &^= 31 << 5
			}
		}),
	}},
	{"a load of XZR overwrites the PC", []string{"abort/load-store"}, hooks{
		after: onException(aarch64.ECDataAbortLower, func(m *mutant, e *hv.Exit) {
			if d := e.ESR.DataAbort(); d.ISV && d.Reg == 31 && !d.Write {
				m.VCPU.SetReg(hv.RegPC, 0)
			}
		}),
	}},
	{"no sign extension", []string{"abort/load-store"}, clearESR(1 << 21)},
	{"no 64-bit registers", []string{"abort/load-store"}, clearESR(1 << 15)},
	{"no acquire and release", []string{"abort/load-store"}, clearESR(1 << 14)},
	{"no ISV", []string{"abort/load-store", "abort/mmu-off"}, clearESR(1 << 24)},
	{"ISV where there is no syndrome", []string{"abort/no-syndrome"}, hooks{
		after: onException(aarch64.ECDataAbortLower, func(m *mutant, e *hv.Exit) { e.ESR |= 1 << 24 }),
	}},
	{"stores are reported as loads", []string{"abort/load-store", "memory/read-only"}, clearESR(1 << 6)},
	{"no CM", []string{"abort/cache-maintenance"}, clearESR(1 << 8)},
	{"no S1PTW", []string{"abort/table-walk"}, clearESR(1 << 7)},
	{"permission faults are translation faults", []string{"memory/read-only", "memory/no-exec"}, clearESR(8)},
	{"IL is clear", []string{"abort/load-store", "exit/smc", "sysreg/trapped"}, clearESR(1 << 25)},
	{"reads of registers are writes", []string{"sysreg/trapped"}, hooks{
		after: onException(aarch64.ECSysReg, func(m *mutant, e *hv.Exit) { e.ESR &^= 1 }),
	}},
	{"WFI is reported as WFE", []string{"exit/wfi"}, hooks{
		after: onException(aarch64.ECWFx, func(m *mutant, e *hv.Exit) { e.ESR |= 1 }),
	}},
	{"FAR is the physical address", []string{"abort/load-store"}, hooks{
		after: func(m *mutant, e *hv.Exit) { e.FAR = e.IPA },
	}},
	{"IPA is that of the page, as HPFAR_EL2 has it", []string{"abort/load-store", "memory/unmap"}, hooks{
		after: func(m *mutant, e *hv.Exit) { e.IPA &^= 0xfff },
	}},
	{"ESR and FAR of a data abort are an instruction abort's", []string{"exception/instruction-abort"}, hooks{
		after: onException(aarch64.ECInstrAbortLower, func(m *mutant, e *hv.Exit) { e.ESR |= 4 << 26 }),
	}},

	// Kicks.
	{"a kick before Run is lost", []string{"kick/before-run", "kick/against-exits"}, hooks{
		kick: func(m *mutant) bool { return m.running.Load() },
	}},
	{"a kick while the guest runs is lost", []string{"kick/while-running", "kick/every-one"}, hooks{
		kick: func(m *mutant) bool { return !m.running.Load() },
	}},
	{"every tenth kick is lost", []string{"kick/every-one", "kick/storm-against-exits"}, hooks{
		kick: func(m *mutant) bool { return m.kicks.Add(1)%10 != 0 },
	}},
	{"a kick is lost in another exit", []string{"kick/against-exits", "kick/storm-against-exits", "kick/with-vtimer"}, hooks{
		after: func(m *mutant, e *hv.Exit) {
			if e.Reason != hv.ExitCanceled && m.posted.Load() {
				m.drainKick()
			}
		},
	}},
	{"a kick comes out twice", []string{"kick/before-run", "kick/coalesces", "kick/every-one"}, hooks{
		after: func(m *mutant, e *hv.Exit) {
			if e.Reason == hv.ExitCanceled && m.again.CompareAndSwap(false, true) {
				m.VCPU.Kick()
			} else {
				m.again.Store(false)
			}
		},
	}},
	{"kicks are counted", []string{"kick/coalesces"}, hooks{
		kick: func(m *mutant) bool { m.owed.Add(1); return true },
		after: func(m *mutant, e *hv.Exit) {
			if e.Reason == hv.ExitCanceled && m.owed.Add(-1) > 0 {
				m.VCPU.Kick()
			}
		},
	}},
	{"a kick gives another vCPU's exit", []string{"kick/other-vcpu"}, hooks{
		kick: func(m *mutant) bool {
			m.vm.mu.Lock()
			defer m.vm.mu.Unlock()
			for _, o := range m.vm.vcpus {
				if o != m {
					o.VCPU.Kick()
				}
			}
			return true
		},
	}},
	{"the timer hides a kick", []string{"kick/with-vtimer"}, hooks{
		after: onReason(hv.ExitVTimer, func(m *mutant, e *hv.Exit) { m.drainKick() }),
	}},
	{"a kick hides the timer", []string{"kick/with-vtimer"}, hooks{
		before: func(m *mutant) {
			if m.posted.Swap(false) {
				m.VCPU.SetVTimerMask(true)
			}
		},
	}},
	{"a kick loses a register", []string{"kick/consistent"}, hooks{
		after: onReason(hv.ExitCanceled, func(m *mutant, e *hv.Exit) { m.VCPU.SetReg(hv.RegX1, 0) }),
	}},

	// Interrupt inputs.
	{"an IRQ stays for the next Run", []string{"interrupt/one-run", "kick/with-interrupt"}, hooks{keepIRQ: true}},
	{"an FIQ stays for the next Run", []string{"interrupt/one-run"}, hooks{keepFIQ: true}},
	{"IRQ and FIQ are swapped", []string{"interrupt/irq", "interrupt/fiq", "interrupt/masked"}, hooks{
		inputs: func(irq, fiq bool) (bool, bool) { return fiq, irq },
	}},
	{"interrupts are not taken", []string{"interrupt/irq", "interrupt/fiq", "interrupt/level"}, hooks{
		inputs: func(irq, fiq bool) (bool, bool) { return false, false },
	}},
	{"an interrupt exits", []string{"interrupt/irq"}, hooks{
		before: func(m *mutant) {
			if m.irq {
				m.VCPU.Kick()
			}
		},
	}},

	// The virtual timer.
	{"the timer's exit does not mask it", []string{"vtimer/masked-by-exit"}, hooks{
		after: onReason(hv.ExitVTimer, func(m *mutant, e *hv.Exit) { m.VCPU.SetVTimerMask(false) }),
	}},
	{"the mask is never lifted", []string{"vtimer/unmasked-while-high", "vtimer/masked-by-host"}, hooks{
		mask: func(masked bool) bool { return true },
	}},
	{"the host cannot mask", []string{"vtimer/masked-by-host"}, hooks{
		mask: func(masked bool) bool { return false },
	}},
	{"the timer fires early", []string{"vtimer/unmasked-while-low"}, hooks{
		setSysReg: func(r aarch64.SysReg, v uint64) (uint64, bool) {
			if r == aarch64.CNTV_CVAL_EL0 {
				v /= 1 << 20
			}
			return v, true
		},
	}},
	{"the timer never fires", []string{"vtimer/fires", "vtimer/past", "vtimer/set-by-guest", "vtimer/between-runs"}, hooks{
		before: func(m *mutant) { m.VCPU.SetVTimerMask(true) },
	}},
	{"IMASK is ignored", []string{"vtimer/imask"}, hooks{
		setSysReg: func(r aarch64.SysReg, v uint64) (uint64, bool) {
			if r == aarch64.CNTV_CTL_EL0 {
				v &^= timerIMask
			}
			return v, true
		},
	}},
	{"ENABLE is ignored", []string{"vtimer/disabled"}, hooks{
		before: func(m *mutant) { m.VCPU.SetSysReg(aarch64.CNTV_CTL_EL0, timerOn) },
	}},
	{"the offset is ignored", []string{"vtimer/offset"}, hooks{
		offset: func(ticks uint64) uint64 { return 0 },
	}},
	{"the offset is added", []string{"vtimer/offset"}, hooks{
		offset: func(ticks uint64) uint64 { return -ticks },
	}},
	{"CNTFRQ_EL0 is another machine's", []string{"vm/counter", "sysreg/untrapped"}, hooks{
		hz: func(hz uint64) uint64 { return hz * 2 },
	}},
	{"CNTFRQ_EL0 is 1 % too high", []string{"vm/time"}, hooks{
		hz: func(hz uint64) uint64 { return hz + hz/100 },
	}},
	{"the counter has another rate", []string{"vm/counter"}, hooks{
		counter: func(ticks uint64) uint64 { return ticks / 2 },
	}},
	{"the timer that fires is off", []string{"vtimer/fires"}, hooks{
		after: onReason(hv.ExitVTimer, func(m *mutant, e *hv.Exit) { m.VCPU.SetSysReg(aarch64.CNTV_CTL_EL0, 0) }),
	}},

	// Memory.
	{"Unmap does nothing", []string{"memory/unmap", "memory/unmap-running"}, hooks{
		unmap: func(vm hv.VM, gpa, size uint64) error { return nil },
	}},
	{"Unmap unmaps the page behind too", []string{"memory/unmap"}, hooks{
		unmap: func(vm hv.VM, gpa, size uint64) error {
			vm.Unmap(gpa+size, hv.PageSize)
			return vm.Unmap(gpa, size)
		},
	}},
	{"Protect does nothing", []string{"memory/no-exec", "memory/dirty-tracking", "memory/protect-splits", "memory/protect-running"}, hooks{
		protect: func(vm hv.VM, gpa, size uint64, p hv.Prot) error { return nil },
	}},
	{"Protect unmaps", []string{"memory/protect-splits", "memory/dirty-tracking"}, hooks{
		protect: func(vm hv.VM, gpa, size uint64, p hv.Prot) error { return vm.Unmap(gpa, size) },
	}},
	{"Protect is for the page behind too", []string{"memory/protect-splits"}, hooks{
		protect: func(vm hv.VM, gpa, size uint64, p hv.Prot) error {
			vm.Protect(gpa+size, hv.PageSize, p)
			return vm.Protect(gpa, size, p)
		},
	}},
	{"what is mapped is writable", []string{"memory/read-only"}, hooks{
		mapMem: func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot) error { return vm.Map(gpa, mem, p|hv.ProtWrite) },
	}},
	{"Map over a mapping replaces it", []string{"memory/errors"}, hooks{
		mapMem: func(vm hv.VM, gpa uint64, mem []byte, p hv.Prot) error {
			vm.Unmap(gpa, uint64(len(mem)))
			return vm.Map(gpa, mem, p)
		},
	}},
	{"sizes are rounded", []string{"memory/errors"}, hooks{
		unmap: func(vm hv.VM, gpa, size uint64) error {
			return vm.Unmap(gpa, (size+hv.PageSize-1)&^(hv.PageSize-1))
		},
	}},
	{"memory is mapped again where it was", []string{"memory/remap", "memory/remap-code"}, staleMapping()},

	// Registers.
	{"X31 of a syndrome, which is the PC, is written", []string{"register/general"}, hooks{
		setReg: func(r hv.Reg, v uint64) (hv.Reg, uint64) {
			if r == hv.RegX30 {
				r = hv.RegPC
			}
			return r, v
		},
	}},
	{"registers have 32 bits", []string{"register/general", "abort/load-store"}, hooks{
		setReg: func(r hv.Reg, v uint64) (hv.Reg, uint64) { return r, v & 0xffff_ffff },
	}},
	{"CPSR has no flags", []string{"register/cpsr"}, hooks{
		setReg: func(r hv.Reg, v uint64) (hv.Reg, uint64) {
			if r == hv.RegCPSR {
				v &^= 0xf << 28
			}
			return r, v
		},
	}},
	{"SIMD registers have 64 bits", []string{"register/simd"}, hooks{
		simd: func(v [2]uint64) [2]uint64 { return [2]uint64{v[0], 0} },
	}},
	{"SIMD registers have their halves swapped", []string{"register/simd"}, hooks{
		simd: func(v [2]uint64) [2]uint64 { return [2]uint64{v[1], v[0]} },
	}},
	{"SP_EL0 is written to SP_EL1", []string{"register/stack-pointers", "register/system"}, hooks{
		sysRegName: func(r aarch64.SysReg) aarch64.SysReg {
			if r == aarch64.SP_EL0 {
				r = aarch64.SP_EL1
			}
			return r
		},
	}},
	{"a system register is not written", []string{"register/system", "register/system-guest"}, hooks{
		setSysReg: func(r aarch64.SysReg, v uint64) (uint64, bool) { return v, r != aarch64.TPIDR_EL1 },
	}},
	{"ID registers cannot be set", []string{"register/id"}, hooks{
		setSysReg: func(r aarch64.SysReg, v uint64) (uint64, bool) { return v, r != aarch64.ID_AA64PFR0_EL1 },
	}},
	{"MPIDR_EL1 cannot be set", []string{"register/mpidr"}, hooks{
		setSysReg: func(r aarch64.SysReg, v uint64) (uint64, bool) { return v, r != aarch64.MPIDR_EL1 },
	}},

	// Instructions that the processor executes wrongly.
	{"WFI does not exit", []string{"exit/wfi"}, hooks{patch: map[uint32]uint32{0xd503207f: nop}}},
	{"ICC_IAR1_EL1 does not exit", []string{"sysreg/trapped"}, hooks{patch: map[uint32]uint32{0xd538cc00: nop}}},
	{"UDF exits", []string{"exception/own"}, hooks{patch: map[uint32]uint32{0: hvc(2)}}},
	{"a TLBI reaches no other vCPU", []string{"smp/tlbi"}, hooks{
		patch: map[uint32]uint32{0xd5088363: 0xd5088763}, // tlbi vaae1is, x3: tlbi vaae1, x3
	}},
	{"an IC IVAU does nothing", []string{"smp/ic"}, hooks{patch: map[uint32]uint32{0xd50b7522: nop}}},
	{"every STXR succeeds", []string{"smp/exclusives"}, hooks{
		patch: map[uint32]uint32{0xc8047c23: 0xf9000023}, // stxr w4, x3, [x1]: str x3, [x1]
	}},
	{"LSE is not atomic", []string{"smp/lse-cas"}, hooks{
		patch: map[uint32]uint32{0xc8e3fc24: 0xf9000024}, // casal x3, x4, [x1]: str x4, [x1]
	}},
	{"DMB does nothing", []string{"litmus/store-buffering"}, hooks{
		patch: map[uint32]uint32{ // a store may also pass the load behind it
			0xf8008423: 0xf8408444, // str x3, [x1], #8: ldr x4, [x2], #8
			0xd5033bbf: nop,
			0xf8408444: 0xf8008423, // ldr x4, [x2], #8: str x3, [x1], #8
		},
	}},

	// Several vCPUs, and the end.
	{"CPUs share no memory", []string{"smp/exclusives", "smp/lse-add"}, hooks{
		before: func(m *mutant) { m.VCPU.SetReg(hv.RegX1, mustReg(m.VCPU, hv.RegX1)+uint64(m.index)*0x400) },
	}},
	{"vCPUs differ in what they can do", []string{"smp/id"}, hooks{
		before: func(m *mutant) {
			if m.index == 1 {
				m.VCPU.SetSysReg(aarch64.ID_AA64ISAR1_EL1, 1<<4)
			}
		},
	}},
	{"VM.Close leaves vCPUs behind", []string{"vm/close"}, hooks{
		close: func(vm hv.VM) error { return nil },
	}},
}

const nop = 0xd503_201f

// mutationEffort is how long to look for mutations that show only when vCPUs meet.
const mutationEffort = 20 * time.Second

// mutationPatience is the patience for mutations that make a guest hang.
const mutationPatience = 300 * time.Millisecond

// TestMutations: each broken rule makes the cases about it fail.
func TestMutations(t *testing.T) {
	byName := make(map[string]Case)
	for _, c := range Cases() {
		byName[c.Name] = c
	}
	for _, m := range append(mutations[:len(mutations):len(mutations)], gicMutations...) {
		t.Run(m.rule, func(t *testing.T) {
			t.Parallel() // they mostly wait
			for _, name := range m.cases[:most(len(m.cases))] {
				c, ok := byName[name]
				if !ok {
					t.Fatalf("there is no case %s", name)
				}
				patience := patience
				if hangs[m.rule] {
					patience = mutationPatience
				}
				var err error
				start, tries := time.Now(), 0
				for ; err == nil && time.Since(start) < mutationEffort; tries++ {
					err = c.CheckWithin(mutantHypervisor{mutantBackend(t, c), &m.hooks}, patience)
				}
				if err == nil {
					t.Errorf("%s does not notice", name)
				} else {
					t.Logf("%s, run %d: %.300v", name, tries, err)
				}
			}
		})
	}
}

// TestMutantUnchanged: without hooks the mutant passes every case.
func TestMutantUnchanged(t *testing.T) {
	Run(t, func(*testing.T) hv.Hypervisor { return mutantHypervisor{softcpu.New(softcpu.Config{}), new(hooks)} })
}

// most is how many of n cases to run.
func most(n int) int {
	if testing.Short() {
		return 1
	}
	return n
}
