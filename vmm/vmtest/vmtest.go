// Package vmtest runs guests in Go tests: start one, expect text on its
// console, type text, run commands, see how it ended. When something does not
// come, the test fails with the tail of the console and what the vCPUs were
// doing.
//
//	g := vmtest.Start(t, vmm.Config{Kernel: ..., Initrds: ..., CommandLine: "console=ttyAMA0"})
//	g.Expect("login: ")
//	g.Send("root\n")
//
// A guest that is still running at the end of its test is stopped.
package vmtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/accel"
)

// Deadline is how long Expect and Wait wait. It is generous, because a software
// CPU on a busy host is slow, and a test that fails for that teaches nothing.
const Deadline = 5 * time.Minute

// tailLines is how much of the console a failure shows.
const tailLines = 60

// Guest is a running guest. Its methods belong to the test's goroutine, and
// end the test when they fail.
type Guest struct {
	t        testing.TB
	m        *vmm.Machine
	console  *console
	cancel   context.CancelFunc
	stopOnce sync.Once
	commands int           // run so far
	done     chan struct{} // Run has returned
	reason   vmm.Reason    // valid after done
	err      error
}

// Start makes a machine and runs it until it ends or the test does. Without a
// Hypervisor in cfg it takes the best one that the host has. What cfg says of
// Console is in addition to the test's own.
func Start(t testing.TB, cfg vmm.Config) *Guest {
	t.Helper()
	g := &Guest{t: t, console: newConsole(cfg.Console), done: make(chan struct{})}
	cfg.Console = g.console
	m, err := newMachine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g.m = m
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel = cancel
	go g.run(ctx)
	t.Cleanup(g.Stop)
	return g
}

func newMachine(cfg vmm.Config) (_ *vmm.Machine, err error) {
	if cfg.Hypervisor == nil {
		if cfg.Hypervisor, err = accel.New("auto"); err != nil {
			return nil, err
		}
	}
	return vmm.New(cfg)
}

func (g *Guest) run(ctx context.Context) {
	defer close(g.done)
	g.reason, g.err = g.m.Run(ctx)
}

// Stop ends the guest and frees its machine, as the end of the test does.
func (g *Guest) Stop() { g.stopOnce.Do(g.stop) }

func (g *Guest) stop() {
	g.cancel()
	<-g.done
	if err := g.m.Close(); err != nil {
		g.t.Errorf("close the machine: %v", err)
	}
}

// Machine is the machine that runs the guest.
func (g *Guest) Machine() *vmm.Machine { return g.m }

// Output is all that the guest has written so far.
func (g *Guest) Output() string { return g.console.text() }

// Expect waits until the guest has written text, after what an earlier Expect
// or Run has found. It returns what came before it.
func (g *Guest) Expect(text string) string {
	g.t.Helper()
	return g.ExpectWithin(Deadline, text)
}

// ExpectWithin is Expect with another deadline.
func (g *Guest) ExpectWithin(d time.Duration, text string) string {
	g.t.Helper()
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	ended := false
	for {
		before, changed, ok := g.console.take(text)
		if ok {
			return before
		}
		if ended {
			g.fail("the guest ended (%v, error %v) before it wrote %q", g.reason, g.err, text)
		}
		select {
		case <-changed:
		case <-g.done:
			ended = true // look once more: Run returns when all is written
		case <-deadline.C:
			g.fail("no %q within %v", text, d)
		}
	}
}

// Send types text at the guest's console.
func (g *Guest) Send(text string) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Deadline)
	defer cancel()
	if err := g.m.Input(ctx, []byte(text)); err != nil {
		g.fail("the guest does not take %q: %v", text, err)
	}
}

// Wait waits until the guest ends by itself and returns how.
func (g *Guest) Wait() vmm.Reason {
	g.t.Helper()
	select {
	case <-g.done:
	case <-time.After(Deadline):
		g.fail("the guest has not ended within %v", Deadline)
	}
	if g.err != nil {
		g.fail("the machine failed: %v", g.err)
	}
	return g.reason
}

// fail ends the test with what can be known about the guest.
func (g *Guest) fail(format string, args ...any) {
	g.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, format, args...)
	for _, s := range g.m.VCPUs() {
		fmt.Fprintf(&b, "\n%v", s)
	}
	fmt.Fprintf(&b, "\n%s\nconsole, the last %d lines:\n%s", g.m.ConsoleState(), tailLines, tail(g.console.text(), tailLines))
	g.t.Fatal(b.String())
}

// tail returns the last n lines of s.
func tail(s string, n int) string {
	at := len(s)
	for ; n > 0 && at > 0; n-- {
		at = strings.LastIndexByte(s[:at], '\n')
		if at < 0 {
			return s
		}
	}
	if at <= 0 {
		return s
	}
	return s[at+1:]
}
