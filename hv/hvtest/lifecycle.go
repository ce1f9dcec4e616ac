package hvtest

import (
	"runtime"
	"sync"
	"time"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var lifecycleCases = []Case{
	{"vm/runs", func(g *guest) {
		g.cpu.wantHVC("hvc #1", g.cpu.runAt(g.put(hvc1)), 1)
	}},
	{"vm/counter", checkCounter},
	{"vm/close", checkClose},
	{"vm/again", checkAgain},
	{"vm/vcpu-again", checkVCPUAgain},
	{"vm/time", checkTime},
}

// checkCounter: the counter never goes back, and has the rate that it claims.
func checkCounter(g *guest) {
	first, start := g.vm.Counter(), time.Now()
	last := first
	for time.Since(start) < 5*time.Millisecond {
		now := g.vm.Counter()
		if now < last {
			g.fatalf("Counter went back from 0x%x to 0x%x", last, now)
		}
		last = now
	}
	before := time.Since(start) // the counter is read between the two clocks
	ticks := g.vm.Counter() - first
	after := time.Since(start)
	hz := g.vm.CounterFrequency()
	if lo, hi := g.ticks(before)*9/10, g.ticks(after)*11/10+g.ticks(time.Microsecond); ticks < lo || ticks > hi {
		g.errorf("Counter advanced by %d in %v to %v: want %d to %d at %d Hz", ticks, before, after, lo, hi, hz)
	}
}

// checkTime: what passes on the guest's counter passes on the host's clock, within 0.1 %.
// However late this goroutine runs, the guest reads between two readings of that clock.
func checkTime(g *guest) {
	const duration = 100 * time.Millisecond
	at := g.put(program{
		{0xd53be040, "mrs x0, cntvct_el0"},
		{0xd4000022, "hvc #0x1"},
	})
	read := func() (ticks uint64, before, after time.Time) {
		before = time.Now()
		g.cpu.wantHVC("mrs x0, cntvct_el0", g.cpu.runAt(at), 1)
		return g.cpu.reg(hv.RegX0), before, time.Now()
	}
	first, earliest, after := read()
	time.Sleep(duration)
	last, before, latest := read()
	hz := g.vm.CounterFrequency()
	got, lo, hi := aarch64.CounterDuration(last-first, hz), before.Sub(after), latest.Sub(earliest)
	if got < lo-lo/1000 || got > hi+hi/1000 {
		g.errorf("%v have passed on CNTVCT_EL0 at %d Hz, and %v to %v on the host's clock", got, hz, lo, hi)
	}
}

// checkClose: a VM cannot be closed before its vCPUs, nor get one afterwards.
func checkClose(g *guest) {
	if err := g.vm.Close(); err == nil {
		g.fatalf("VM.Close with a vCPU open: no error")
	}
	g.cpu.wantHVC("after a refused VM.Close, hvc #1", g.cpu.runAt(g.put(hvc1)), 1)
	g.cpu.close()
	g.cpu.Kick() // of a closed vCPU: nothing happens
	g.ok("VM.Close", g.vm.Close())
	if _, err := g.vm.NewVCPU(0); err == nil {
		g.errorf("NewVCPU after VM.Close: no error")
	}
}

// checkAgain: after Close a new machine can be made. It does not see the old one's
// memory.
func checkAgain(g *guest) {
	at := g.put(hvc1)
	g.cpu.wantHVC("hvc #1", g.cpu.runAt(at), 1)
	g.cpu.close()
	g.ok("VM.Close", g.vm.Close())

	vm, err := g.hv.NewVM(hv.Config{})
	g.ok("a second NewVM", err)
	g.vm = vm
	g.cpu = g.newCPU(0)
	g.cpu.mmuOff()
	if e := g.cpu.runAt(at); e.Reason != hv.ExitException || e.ESR.EC() != aarch64.ECInstrAbortLower {
		g.errorf("running where only the closed VM had memory: %s; want an instruction abort", g.cpu.describe(e))
	}
}

// checkVCPUAgain: a closed vCPU can be made again, even by another goroutine, and
// while others kick the old one.
func checkVCPUAgain(g *guest) {
	at := g.put(hvc1)
	for range 5 {
		g.start(1, func(c *cpu) {
			stop := make(chan struct{})
			var kicker sync.WaitGroup
			kicker.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						c.Kick()
						runtime.Gosched()
					}
				}
			})
			defer kicker.Wait()
			defer close(stop)
			for range 10 {
				if e := c.runAt(at); e.Reason != hv.ExitCanceled {
					c.wantHVC("a vCPU that is kicked", e, 1)
				}
			}
			c.close()
		})()
	}
	g.cpu.wantHVC("the other vCPU", g.cpu.runAt(at), 1)
}
