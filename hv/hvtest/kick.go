package hvtest

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
)

var kickCases = []Case{
	{"kick/before-run", checkKickBefore},
	{"kick/coalesces", checkKicksCoalesce},
	{"kick/while-running", checkKickRunning},
	{"kick/every-one", checkEveryKick},
	{"kick/against-exits", checkKickAgainstExits},
	{"kick/storm", checkKickStorm},
	{"kick/storm-against-exits", checkKickStormAgainstExits},
	{"kick/consistent", checkKickConsistent},
	{"kick/with-vtimer", checkKickVTimer},
	{"kick/with-interrupt", checkKickInterrupt},
	{"kick/other-vcpu", checkKickOther},
}

// checkKickBefore: a kick of a vCPU that does not run makes the next Run return
// without entering the guest. The Run after that enters it.
func checkKickBefore(g *guest) {
	at := g.put(hvc1)
	c := g.cpu
	for range 3 {
		c.Kick()
		e := c.runAt(at)
		c.wantReason("Run after Kick", e, hv.ExitCanceled)
		if c.pc() != at {
			c.fatalf("Run after Kick: %s; want PC 0x%x", c.describe(e), at)
		}
		c.wantHVC("the second Run after Kick", c.run(), 1)
	}
}

// checkKicksCoalesce: many kicks of a vCPU that does not run give one exit.
func checkKicksCoalesce(g *guest) {
	at := g.put(hvc1)
	c := g.cpu
	for range 50 {
		c.Kick()
	}
	c.wantReason("Run after 50 kicks", c.runAt(at), hv.ExitCanceled)
	c.wantHVC("the second Run after 50 kicks", c.run(), 1)
}

// count counts in the doubleword at X1 forever.
var count = program{
	{0x91000400, "add x0, x0, #0x1"},
	{0xf9000020, "str x0, [x1]"},
	{0x17fffffe, "b .-0x8"},
}

// kickAt calls Kick after the guest has stored n at data.
func (g *guest) kickAt(c *cpu, n uint64) {
	for deadline := time.Now().Add(g.patience); g.read(data) < n && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	c.Kick()
}

// checkKickRunning: a kick gets a guest out of a loop without exits.
func checkKickRunning(g *guest) {
	at := g.put(count)
	c := g.cpu
	c.setX(0, data)
	c.set(hv.RegPC, at)
	for i := range uint64(3) {
		want := g.read(data) + 100*(i+1)
		var kicker sync.WaitGroup
		kicker.Go(func() { g.kickAt(c, want) })
		e := c.run()
		kicker.Wait()
		c.wantReason("a kick of a running guest", e, hv.ExitCanceled)
		if n := g.read(data); n < want {
			c.errorf("the guest counted to %d, and was kicked at %d", n, want)
		}
	}
}

// kicks counts kicks and what came of them.
type kicks struct {
	done     atomic.Uint64 // Kick has returned so many times
	canceled atomic.Uint64 // Run has returned ExitCanceled so many times
}

// kickEach kicks n times. Before each kick it waits for the exit of the one before.
func (k *kicks) kickEach(c *cpu, n uint64) {
	deadline := time.Now().Add(c.g.patience)
	for i := range n {
		c.Kick()
		k.done.Add(1)
		for k.canceled.Load() <= i {
			if time.Now().After(deadline) {
				return
			}
			runtime.Gosched()
		}
	}
}

// runKicked runs the guest until it was canceled n times. If Kick has returned and
// no exit has come of it yet, the next Run must be canceled.
func (k *kicks) runKicked(c *cpu, n uint64, other func(hv.Exit)) {
	deadline := time.Now().Add(c.g.patience)
	for k.canceled.Load() < n {
		due := k.done.Load()
		e := c.run()
		switch {
		case e.Reason == hv.ExitCanceled:
			k.canceled.Add(1)
		case due > k.canceled.Load():
			c.fatalf("kick %d was over before Run, which did not return it but %s", due, c.describe(e))
		case time.Now().After(deadline):
			c.fatalf("%d kicks, and %d of them came out in %v", k.done.Load(), k.canceled.Load(), c.g.patience)
		default:
			other(e)
		}
	}
}

// manyKicks is how many kicks a case makes if it waits for each one.
const manyKicks = 20

// kickMany kicks n times while the guest runs from pc. Each kick must give one
// exit, and nothing must be left for the Run after them.
func (g *guest) kickMany(n, pc, after uint64, other func(hv.Exit)) {
	c := g.cpu
	c.set(hv.RegPC, pc)
	var k kicks
	var kicker sync.WaitGroup
	kicker.Go(func() { k.kickEach(c, n) })
	k.runKicked(c, n, other)
	kicker.Wait()
	c.wantHVC(fmt.Sprintf("the Run after %d kicks", n), c.runAt(after), 1)
}

// checkEveryKick: a guest that spins exits for each kick.
func checkEveryKick(g *guest) {
	at, after := g.put(spin), g.put(hvc1)
	g.kickMany(manyKicks, at, after, func(e hv.Exit) {
		g.cpu.fatalf("a guest that spins: %s", g.cpu.describe(e))
	})
}

// hypercalls exits all the time.
var hypercalls = program{
	{0x91000400, "add x0, x0, #0x1"},
	{0xd4000042, "hvc #0x2"},
	{0x17fffffe, "b .-0x8"},
}

// checkKickAgainstExits: neither a kick nor an exit for another reason is lost when
// the two meet.
func checkKickAgainstExits(g *guest) {
	at, after := g.put(hypercalls), g.put(hvc1)
	c := g.cpu
	exits := uint64(0)
	g.kickMany(manyKicks, at, after, func(e hv.Exit) {
		c.wantHVC("an exit between kicks", e, 2)
		exits++
	})
	if n := c.reg(hv.RegX0); n != exits && n != exits+1 { // the last kick may have come between add and hvc
		c.errorf("the guest made %d hypercalls, and %d came out", n, exits)
	}
}

// checkKickStorm: several goroutines kick a guest that spins. Each waits for an
// exit after its kick. If a kick is lost, it waits forever.
func checkKickStorm(g *guest) {
	const kickers, each = 4, 5
	at, after := g.put(spin), g.put(hvc1)
	c := g.cpu
	var asked, answered, finished atomic.Uint64
	var wg sync.WaitGroup
	deadline := time.Now().Add(g.patience)
	for range kickers {
		wg.Go(func() {
			defer func() { finished.Add(1); c.Kick() }()
			for range each {
				ticket := asked.Add(1)
				c.Kick()
				for answered.Load() < ticket && time.Now().Before(deadline) {
					runtime.Gosched()
				}
			}
		})
	}
	c.set(hv.RegPC, at)
	for finished.Load() < kickers {
		c.wantReason("a guest that spins", c.run(), hv.ExitCanceled)
		answered.Store(asked.Load())
	}
	wg.Wait()
	c.Kick() // at least one is left over or comes now, and they are one
	c.wantReason("a last kick", c.runAt(after), hv.ExitCanceled)
	c.wantHVC("the Run after a storm", c.run(), 1)
}

// checkKickStormAgainstExits: several goroutines kick a guest that exits all the
// time, and do not wait for exits. If a kick begins after a Run was canceled and
// returns before the next Run begins, it must cancel that Run.
func checkKickStormAgainstExits(g *guest) {
	const kickers, each = 4, 30
	c := g.cpu
	c.set(hv.RegPC, g.put(hypercalls))
	var begun, done, finished atomic.Uint64
	for range kickers {
		g.peers.Go(func() {
			defer finished.Add(1)
			for i := range each {
				begun.Add(1)
				c.Kick()
				done.Add(1)
				for range i * 10 {
					runtime.Gosched()
				}
			}
		})
	}
	for seen := uint64(0); finished.Load() < kickers; {
		due := done.Load()
		e := c.run()
		switch {
		case e.Reason == hv.ExitCanceled:
			seen = begun.Load()
		case due > seen:
			c.fatalf("%d kicks were over before Run, %d had begun when one was last canceled; now %s", due, seen, c.describe(e))
		default:
			c.wantHVC("an exit between kicks", e, 2)
		}
	}
}

// lockstep counts in X0 and X1, which are equal but between the two adds.
var lockstep = program{
	{0x91000400, "add x0, x0, #0x1"},
	{0x91000421, "add x1, x1, #0x1"},
	{0xf9000041, "str x1, [x2]"},
	{0x17fffffd, "b .-0xc"},
}

// checkKickConsistent: at a kick's exit PC and registers agree, and the guest goes
// on from there.
func checkKickConsistent(g *guest) {
	at := g.put(lockstep)
	c := g.cpu
	c.setX(0, 0, data)
	c.set(hv.RegPC, at)
	last := uint64(0)
	for i := range uint64(10) {
		var kicker sync.WaitGroup
		kicker.Go(func() { g.kickAt(c, last+i) })
		e := c.run()
		kicker.Wait()
		c.wantReason("a kick", e, hv.ExitCanceled)
		x0, x1, stored, pc := c.reg(hv.RegX0), c.reg(hv.RegX1), g.read(data), c.pc()
		ok := x0 == x1 && (stored == x1 && (pc == at || pc == at+12) || stored+1 == x1 && pc == at+8)
		ok = ok || x0 == x1+1 && stored == x1 && pc == at+4
		if !ok || x1 < last {
			c.fatalf("kicked at 0x%x (loop at 0x%x) with X0 %d, X1 %d, stored %d, at %d before", pc, at, x0, x1, stored, last)
		}
		last = x1
	}
}

// checkKickVTimer: neither a kick nor the timer hides the other.
func checkKickVTimer(g *guest) {
	at := g.put(spin)
	c := g.cpu
	for range 5 {
		c.ok("SetVTimerMask", c.SetVTimerMask(false))
		c.setTimer(0, timerOn)
		c.Kick()
		first, second := c.runAt(at).Reason, c.run().Reason
		if first == second || first > hv.ExitVTimer || second > hv.ExitVTimer || first+second != hv.ExitVTimer+hv.ExitCanceled {
			c.fatalf("a kick with the timer high: exits %v and %v, want %v and %v in any order", first, second, hv.ExitCanceled, hv.ExitVTimer)
		}
	}
}

// checkKickInterrupt: an interrupt that was stated for a Run is gone after it, even
// if a kick ended that Run at once.
func checkKickInterrupt(g *guest) {
	at := g.put(unmask)
	c := g.cpu
	c.Kick()
	c.set(hv.RegPC, at)
	c.wantReason("Run after Kick", c.runWith(inputs{irq: true}), hv.ExitCanceled)
	c.wantHVC("the Run after it, with nothing stated", c.run(), 1)
}

// checkKickOther: a kick ends the Run of one vCPU only.
func checkKickOther(g *guest) {
	at, spinning := g.put(hvc1), g.put(count)
	kicked := make(chan *cpu, 1)
	wait := g.start(1, func(c *cpu) {
		c.setX(0, data)
		c.set(hv.RegPC, spinning)
		kicked <- c
		c.wantReason("a vCPU that is kicked", c.run(), hv.ExitCanceled)
	})
	c := <-kicked
	for range 10 {
		g.cpu.wantHVC("a vCPU while another runs", g.cpu.runAt(at), 1)
	}
	g.kickAt(c, 1)
	g.cpu.wantHVC("a vCPU while another is kicked", g.cpu.runAt(at), 1)
	wait()
}
