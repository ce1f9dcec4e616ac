package vmm

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hv"
)

// Do reaches the CPU that is meant, whatever it does: computing, waiting, off,
// making exits, paused.
func TestDo(t *testing.T) {
	checkGoroutines(t)
	for name, words := range liveGuests {
		r := start(t, Config{VCPUs: 4}, words...)
		look := func(when string) {
			t.Helper()
			for cpu := range 4 {
				called := 0
				var mpidr uint64
				err := r.Do(cpu, func(v hv.VCPU) { called++; mpidr, _ = v.SysReg(aarch64.MPIDR_EL1) })
				if want := 1<<31 | boot.Affinity(cpu); err != nil || called != 1 || mpidr != want {
					t.Errorf("%s, %s, cpu %d: %v, called %d times, MPIDR_EL1 0x%x, want 0x%x", name, when, cpu, err, called, mpidr, want)
				}
			}
		}
		look("as it begins")
		if name != "one CPU on" {
			r.allCPUsOn()
			look("all on")
		}
		r.Pause()
		look("paused")
		r.Resume()
		look("resumed")
		r.stop()
	}
}

// What Do changes is there when the guest goes on: out of its loop.
func TestDoChangesRegisters(t *testing.T) {
	for name, loop := range map[string][]uint32{"spin": guestSpin, "wfi": guestWFI} {
		r := start(t, Config{}, slices.Concat(loop, guestPowerOff)...)
		r.allCPUsOn()
		out := codeBase + 4*uint64(len(loop))
		var pc uint64
		r.until(name+" in its loop", func() bool {
			if err := r.Do(0, func(v hv.VCPU) { pc, _ = v.Reg(hv.RegPC) }); err != nil {
				t.Fatal(err)
			}
			return pc >= codeBase && pc < out
		})
		r.Pause()
		if err := r.Do(0, func(v hv.VCPU) { _ = v.SetReg(hv.RegPC, out) }); err != nil {
			t.Error(err)
		}
		r.Resume()
		r.wait()
		if r.reason != PoweredOff || r.err != nil {
			t.Errorf("%s: %v, %v, want %v", name, r.reason, r.err, PoweredOff)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// While f runs the machine is not paused: Pause returns after it.
func TestPauseWaitsForDo(t *testing.T) {
	r := start(t, Config{VCPUs: 2}, guestSpin...)
	defer r.stop()
	for cpu := range 2 { // on, and off
		begun, finish := make(chan struct{}), make(chan struct{})
		var over atomic.Bool
		go r.Do(cpu, func(hv.VCPU) { close(begun); <-finish; over.Store(true) })
		<-begun
		paused := make(chan bool)
		go func() { r.Pause(); paused <- over.Load() }()
		r.until("Pause has begun", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.paused })
		close(finish)
		if !<-paused {
			t.Errorf("cpu %d: Pause has not waited for what Do runs", cpu)
		}
		r.Resume()
	}
}

// The end of the machine ends a Do that waits, and waits for one that has begun.
func TestDoAtTheEnd(t *testing.T) {
	checkGoroutines(t)
	r := start(t, Config{}, guestSpin...)
	begun, finish := make(chan struct{}), make(chan struct{})
	first, second := make(chan error), make(chan error)
	go func() { first <- r.Do(0, func(hv.VCPU) { close(begun); <-finish }) }()
	<-begun
	go func() { second <- r.Do(0, func(hv.VCPU) { t.Error("a Do after the machine's end is served") }) }()
	r.cancel()
	if err := <-second; !errors.Is(err, ErrNotRunning) {
		t.Errorf("a Do that waits: %v, want %v", err, ErrNotRunning)
	}
	select {
	case err := <-first:
		t.Errorf("a Do that runs returns early: %v", err)
	case <-r.done:
		t.Error("Run has not waited for it")
	default:
	}
	close(finish)
	if err := <-first; err != nil {
		t.Errorf("a Do that has begun: %v", err)
	}
	r.stop()
}

func TestDoErrors(t *testing.T) {
	never := func(hv.VCPU) { t.Error("called") }
	m := softMachine(t, Config{VCPUs: 2}, guestPowerOff...)
	expect := func(when string, cpu int, want string) {
		t.Helper()
		if err := m.Do(cpu, never); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", when, err, want)
		}
	}
	expect("index -1", -1, "vmm: do: there is no vcpu -1: give 0 to 1")
	expect("index 2", 2, "vmm: do: there is no vcpu 2: give 0 to 1")
	if err := m.Do(0, nil); err == nil || err.Error() != "vmm: do: the function is nil: give one" {
		t.Errorf("no function: %v", err)
	}
	const notRunning = "vmm: do: the machine is not running: call it while Run runs"
	expect("before Run", 0, notRunning)
	if _, err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect("after Run", 1, notRunning)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	expect("after Close", 0, "vmm: do: the machine is closed")
}
