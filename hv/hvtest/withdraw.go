package hvtest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/miniboot-vmm/miniboot/hv"
)

var withdrawCases = []Case{
	{"withdraw/content", checkWithdrawContent},
	{"withdraw/errors", checkWithdrawErrors},
	{"withdraw/running", checkWithdrawRunning},
	{"withdraw/all", checkWithdrawAll},
}

// withdrawer returns the machine as one that withdraws memory.
func (g *guest) withdrawer() hv.Withdrawer {
	w, ok := g.vm.(hv.Withdrawer)
	if !ok {
		g.skip("the host can free memory that is mapped")
	}
	return w
}

// part returns n bytes of the guest's RAM.
func (g *guest) part(at, n uint64) []byte { return g.ram.b[at-ramBase:][:n:n] }

// checkWithdrawContent: the guest sees what f has left in the memory, and the memory
// beside it as it was.
func checkWithdrawContent(g *guest) {
	w, at, c := g.withdrawer(), g.put(touch), g.cpu
	const page = data + hv.PageSize
	for _, at := range []uint64{page - 8, page, page + hv.PageSize - 8, page + hv.PageSize} {
		g.write(at, 1)
	}
	for round := range uint64(3) {
		calls := 0
		g.ok("Withdraw", w.Withdraw(page, g.part(page, hv.PageSize), rwx, func() error {
			calls++
			clear(g.part(page, hv.PageSize))
			return nil
		}))
		if calls != 1 {
			g.fatalf("Withdraw has called its function %d times", calls)
		}
		for _, r := range []struct{ at, want uint64 }{{page - 8, round + 1}, {page, 0}, {page + hv.PageSize - 8, 0}, {page + hv.PageSize, round + 1}} {
			c.setTouch(r.at, round+2)
			c.wantHVC("an access after Withdraw", c.runAt(at), 1)
			if x3, v := c.reg(hv.RegX3), g.read(r.at); x3 != r.want || v != round+2 {
				c.fatalf("0x%x after Withdraw: the guest reads %d, want %d; it has stored %d, want %d", r.at, x3, r.want, v, round+2)
			}
		}
	}
}

// checkWithdrawErrors: an error of f is returned, and the memory is mapped all the same.
// Of memory that is not mapped nothing is withdrawn.
func checkWithdrawErrors(g *guest) {
	w, at, c := g.withdrawer(), g.put(touch), g.cpu
	mine := errors.New("of the test")
	if err := w.Withdraw(data, g.part(data, hv.PageSize), rwx, func() error { return mine }); !errors.Is(err, mine) {
		g.errorf("Withdraw returns %v, want the function's error", err)
	}
	c.setTouch(data, 5)
	c.wantHVC("an access after the function's error", c.runAt(at), 1)
	m := g.newMemory(hv.PageSize)
	for what, try := range map[string]func(f func() error) error{
		"Withdraw where nothing is mapped": func(f func() error) error { return w.Withdraw(extra, m.b, rwx, f) },
		"Withdraw of nothing":              func(f func() error) error { return w.Withdraw(data, nil, rwx, f) },
		"Withdraw at 4 KiB":                func(f func() error) error { return w.Withdraw(data+0x1000, g.part(data, hv.PageSize), rwx, f) },
	} {
		called := false
		if err := try(func() error { called = true; return nil }); err == nil || called {
			g.errorf("%s: error %v, the function called: %v; want an error, not called", what, err, called)
		}
	}
}

// undisturbed is how long a page that is withdrawn is watched.
const undisturbed = 2 * time.Millisecond

// withdrawWhile withdraws a range again and again while the guest counts at data, and in
// the end sets over and kicks the vCPUs. If the range has the count, it must stand still
// meanwhile.
func (g *guest) withdrawWhile(w hv.Withdrawer, at, size uint64, over *atomic.Bool, cpus ...*cpu) (wait func()) {
	return g.whileRunning(func() {
		for i := 0; i < 50 && !g.failed(); i++ {
			err := w.Withdraw(at, g.part(at, size), rwx, func() error {
				before := g.read(data)
				time.Sleep(undisturbed)
				if after := g.read(data); after != before {
					g.errorf("the guest counts from %d to %d in memory that is withdrawn", before, after)
				}
				return nil
			})
			if err != nil {
				g.errorf("Withdraw: %v", err)
			}
		}
		over.Store(true)
		for _, c := range cpus {
			c.Kick()
		}
	})
}

// checkWithdrawRunning: two vCPUs use the memory, and notice nothing.
func checkWithdrawRunning(g *guest) { g.checkWithdrawn(data, hv.PageSize) }

// checkWithdrawAll is the same with all RAM, the guest's code and translation tables
// among it.
func checkWithdrawAll(g *guest) { g.checkWithdrawn(ramBase, ramSize) }

func (g *guest) checkWithdrawn(at, size uint64) {
	w, code := g.withdrawer(), g.put(scan)
	var over atomic.Bool
	count := func(c *cpu, word uint64) {
		c.setX(0, aliasVA+data+word, aliasVA+data+word)
		c.wantReason("memory is withdrawn for a moment", c.runAt(code), hv.ExitCanceled)
		if !over.Load() {
			c.errorf("a vCPU has left the guest before the end")
		}
		if x0, n := c.reg(hv.RegX0), g.read(data+word); x0 != n && x0 != n+1 {
			c.errorf("the guest has counted to %d, and stored %d", x0, n)
		}
	}
	made, begin := make(chan *cpu), make(chan struct{})
	peer := g.start(1, func(c *cpu) {
		made <- c
		<-begin
		count(c, 8)
	})
	wait := g.withdrawWhile(w, at, size, &over, g.cpu, <-made)
	defer peer()
	defer wait() // before the memory is freed
	close(begin)
	count(g.cpu, 0)
}
