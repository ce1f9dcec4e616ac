package fake

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/hvf/internal/ccall"
	"github.com/miniboot-vmm/miniboot/hvf/internal/dl"
)

// Options is how a fake behaves. The zero value is the newest macOS on which
// nothing unusual happens.
type Options struct {
	MacOS hvf.MacOS // 0 is 27.0

	Seed               uint64         // seed of random events
	UnknownPerMille    int            // how many of 1000 runs end with UNKNOWN before they have begun
	UnknownMasks       bool           // half of these runs mask the virtual timer
	UnknownKeepsInputs bool           // these runs do not drop the levels of the interrupt inputs
	DropRacedCancels   bool           // a cancellation that meets another exit is lost
	BusyAfterDestroy   int            // how often hv_vm_create says HV_BUSY after a destroy
	CreateCode         hvf.ReturnCode // what hv_vm_create returns, if not success

	// CounterFrequency is the rate of the guest's counters in Hz. 0 is MachFrequency,
	// the rate of mach_absolute_time.
	CounterFrequency uint64
	ProcessFrequency uint64 // what this process reads from CNTFRQ_EL0; 0 is CounterFrequency
	OffsetInMach     bool   // the virtual timer's offset is in ticks of mach_absolute_time

	MaxIPABits int  // widest guest physical address in bits; 0 is 40
	EL2        bool // nested virtualization is offered
	SME        bool // the Scalable Matrix Extension is offered, with 64-byte vectors
	IDsDiffer  bool // vCPUs after the first show another feature in ID_AA64ISAR1_EL1
	Portable   bool // calls go through purego's own entry

	// Call, if not nil, is called for each call into the library and makes it with
	// call. It lets a test simulate faulty bindings.
	Call func(function string, f *Frame, call func())

	// These matter for a VM that has the framework's GIC.
	VTimer             VTimerWithGIC
	PhysicalTimerTraps bool // accesses to CNTP_* exit, as if only EL2 had the timer
	WFIExits           bool // as without the GIC
}

// Frame is one call into the library, with its arguments and its result.
type Frame = ccall.Frame

// MachFrequency is the rate of the fake's mach_absolute_time in Hz.
const MachFrequency = 24_000_000

// withDefaults replaces zeros by what they stand for.
func (opt Options) withDefaults() Options {
	if opt.MacOS == (hvf.MacOS{}) {
		opt.MacOS = hvf.MacOS{Major: 27}
	}
	if opt.MaxIPABits == 0 {
		opt.MaxIPABits = 40
	}
	if opt.CounterFrequency == 0 {
		opt.CounterFrequency = MachFrequency
	}
	if opt.ProcessFrequency == 0 {
		opt.ProcessFrequency = opt.CounterFrequency
	}
	return opt
}

// VTimerWithGIC says how the virtual timer's interrupt reaches a guest that has the
// framework's GIC. Sources disagree about it.
type VTimerWithGIC int

const (
	VTimerDelivered VTimerWithGIC = iota // by the GIC, without an exit
	VTimerAlsoExits                      // by the GIC, and with an exit that masks the exit
	VTimerOnlyExits                      // not by itself: there is an exit that masks it, as without a GIC
)

// Fake is one instance of the library. Each has its own VM, as each process has with
// the framework.
type Fake struct {
	lib    *dl.Library
	fw     *hvf.Framework
	engine *engine
	shared shared
}

// New builds and loads a fake. At its end the test fails if a violation was not taken
// with Violations, if an object was not released, or if a VM is left. New skips the
// test if the host has no C compiler.
func New(tb testing.TB, opt Options) *Fake {
	tb.Helper()
	opt = opt.withDefaults()
	// A library has only one VM, so each fake is a file of its own.
	path := filepath.Join(tb.TempDir(), "fake.so")
	install(tb, library(tb, opt.MacOS), path)
	lib, err := dl.Open(path)
	if err != nil {
		tb.Skipf("no library can be called on this host: %v", err)
	}
	f := &Fake{lib: lib}
	var calls ccall.Library = lib
	if opt.Portable {
		calls = dl.NewPortable(lib)
	}
	if opt.Call != nil {
		calls = &between{Library: calls, call: opt.Call, names: map[uintptr]string{}}
	}
	f.fw = hvf.Bind(process{calls, opt.ProcessFrequency})
	f.engine = newEngine(f.fw.MachAbsoluteTime, opt)
	f.configure(opt)
	tb.Cleanup(func() { f.finish(tb) })
	return f
}

// process is the library in a process that reads hz from CNTFRQ_EL0.
type process struct {
	ccall.Library
	hz uint64
}

func (p process) CounterFrequency() uint64 { return p.hz }

// between wraps a library so that its calls go through Options.Call.
type between struct {
	ccall.Library
	call  func(function string, f *ccall.Frame, call func())
	names map[uintptr]string // complete when the bindings are made
}

func (b *between) Symbol(name string) uintptr {
	addr := b.Library.Symbol(name)
	b.names[addr] = name
	return addr
}

func (b *between) Call(f *ccall.Frame) {
	b.call(b.names[f.Fn], f, func() { b.Library.Call(f) })
}

// Framework returns the bindings over the fake.
func (f *Fake) Framework() *hvf.Framework { return f.fw }

// Hypervisor returns the backend over the fake.
func (f *Fake) Hypervisor() hv.Hypervisor { return f.fw.Hypervisor() }

// Violations returns the violations so far and forgets them, so that they do not
// fail the test.
func (f *Fake) Violations() []Violation {
	var list []Violation
	for {
		v, ok := f.violation()
		if !ok {
			return list
		}
		list = append(list, v)
	}
}

// Script makes runs return the given exits in turn, over and over, without a guest.
// It is for benchmarks of the code around a run.
func (f *Fake) Script(exits ...hvf.VCPUExit) { f.script(exits, 0) }

// ScriptTimed is Script for n runs. The run after them fails, and Outside then
// returns the total time between runs.
func (f *Fake) ScriptTimed(n int, exits ...hvf.VCPUExit) { f.script(exits, n+1) }

// Outside returns the total time from each return of hv_vcpu_run to its next call,
// by the library's own clock: see ScriptTimed.
func (f *Fake) Outside() time.Duration { return time.Duration(f.ask("fake_outside")) }

// Stage2 returns how many bytes of memory the guest's stage 2 maps: pages that the guest
// or the host has touched since they were mapped. What the host frees while it is mapped
// still counts if a call of Stage2 has seen it before, as on a Mac, where advice about
// such a page has no effect.
func (f *Fake) Stage2() uint64 { return f.ask("fake_stage2_pages") * hv.PageSize }

func (f *Fake) finish(tb testing.TB) {
	tb.Helper()
	for _, v := range f.Violations() {
		tb.Errorf("rule %d, %s: %s", v.Rule, Rules[v.Rule], v.Text)
	}
	if f.ask("fake_vm_exists") != 0 {
		tb.Errorf("rule 1: the VM was not destroyed")
	}
	if n := f.ask("fake_live_objects"); n != 0 {
		tb.Errorf("rule 12, %s: %d were not", Rules[12], n)
	}
	f.engine.drop()
	if !tb.Failed() { // else a thread may be in there yet
		if err := f.lib.Close(); err != nil { // a process can have some ten thousand libraries
			tb.Error(err)
		}
	}
}

// ask calls a function without arguments that only the fake has.
func (f *Fake) ask(name string) uint64 {
	c := &ccall.Frame{Fn: f.lib.Symbol(name)}
	f.lib.Call(c)
	return uint64(c.Ret)
}
