// Package vmtest runs guests in Go tests. It expects text on a guest's console,
// types text, runs commands, and reports how the guest ended. When something does
// not come, the test fails with the tail of the console and the state of the
// vCPUs. It fails at once when the guest has ended or its kernel has panicked.
//
//	g := vmtest.Start(t, vmm.Config{Kernel: ..., Initrds: ..., CommandLine: "console=ttyAMA0"})
//	g.Expect("login: ")
//	g.Send("root\n")
//
// A guest that still runs at the end of its test is stopped. The documentation of
// package guest has a whole test with the default guest; one with a network is
// TestForwardedPort, in the file example_test.go beside this package. Package expect
// offers the same to programs, with errors and contexts.
package vmtest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/expect"
)

// Deadline is how long the methods without a deadline of their own wait. It is
// generous, because a software CPU on a busy host is slow, and a test that fails
// for that reason teaches nothing.
const Deadline = 5 * time.Minute

// Guest is a running guest. Its methods belong to the test's goroutine, and
// end the test when they fail.
type Guest struct {
	t testing.TB
	g *expect.Guest
}

// Start makes a machine and runs it until it ends or the test does. Without a
// Hypervisor in cfg it uses the best one of this host. It sets EndOnPanic and
// RaiseGOMAXPROCS. cfg's Console gets the guest's output as well.
func Start(t testing.TB, cfg vmm.Config) *Guest {
	t.Helper()
	cfg.RaiseGOMAXPROCS = true
	g, err := expect.Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	guest := &Guest{t, g}
	t.Cleanup(guest.Stop)
	return guest
}

// Stop ends the guest and frees its machine, as the end of the test does.
func (g *Guest) Stop() {
	if err := g.g.Close(); err != nil {
		g.t.Errorf("close the machine: %v", err)
	}
}

// Machine is the machine that runs the guest.
func (g *Guest) Machine() *vmm.Machine { return g.g.Machine() }

// Output is all that the guest has written so far.
func (g *Guest) Output() string { return g.g.Output() }

// Expect waits until the guest has written text, after what an earlier Expect
// or Run has found. It returns what came before it.
func (g *Guest) Expect(text string) string {
	g.t.Helper()
	return g.ExpectWithin(Deadline, text)
}

// ExpectWithin is Expect with another deadline.
func (g *Guest) ExpectWithin(d time.Duration, text string) (before string) {
	g.t.Helper()
	g.within(d, func(ctx context.Context) (err error) {
		before, err = g.g.Expect(ctx, text)
		return err
	})
	return before
}

// ExpectAny is Expect for several texts. It returns the index of the one that
// came first.
func (g *Guest) ExpectAny(texts ...string) (which int, before string) {
	g.t.Helper()
	g.within(Deadline, func(ctx context.Context) (err error) {
		which, before, err = g.g.ExpectAny(ctx, texts...)
		return err
	})
	return which, before
}

// ExpectRegexp is Expect for an expression. It returns the match and its
// submatches, see expect.Guest.ExpectRegexp.
func (g *Guest) ExpectRegexp(expression string) (submatches []string) {
	g.t.Helper()
	g.within(Deadline, func(ctx context.Context) (err error) {
		submatches, err = g.g.ExpectRegexp(ctx, regexp.MustCompile(expression))
		return err
	})
	return submatches
}

// Send types text at the guest's console.
func (g *Guest) Send(text string) {
	g.t.Helper()
	g.within(Deadline, func(ctx context.Context) error { return g.g.Send(ctx, text) })
}

// Run types a command at the guest's shell, which has to be at its prompt, and
// returns what it printed and its exit status. Any POSIX-like shell will do.
func (g *Guest) Run(command string) (output string, status int) {
	g.t.Helper()
	return g.RunWithin(Deadline, command)
}

// RunWithin is Run with another deadline.
func (g *Guest) RunWithin(d time.Duration, command string) (output string, status int) {
	g.t.Helper()
	g.within(d, func(ctx context.Context) (err error) {
		output, status, err = g.g.Run(ctx, command)
		return err
	})
	return output, status
}

// MustRun is Run for commands that have to succeed.
func (g *Guest) MustRun(command string) string {
	g.t.Helper()
	out, status := g.Run(command)
	if status != 0 {
		g.t.Fatalf("command %q: exit status %d: %s", command, status, out)
	}
	return out
}

// Wait waits until the guest ends by itself and returns how.
func (g *Guest) Wait() vmm.Reason {
	g.t.Helper()
	return g.WaitWithin(Deadline)
}

// WaitWithin is Wait with another deadline.
func (g *Guest) WaitWithin(d time.Duration) (reason vmm.Reason) {
	g.t.Helper()
	g.within(d, func(ctx context.Context) (err error) {
		reason, err = g.g.Wait(ctx)
		return err
	})
	return reason
}

// within does something that may take d at most, and ends the test if it fails.
func (g *Guest) within(d time.Duration, do func(ctx context.Context) error) {
	g.t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), d, fmt.Errorf("not within %v", d))
	defer cancel()
	err := do(ctx)
	var detailed *expect.Error
	switch {
	case errors.As(err, &detailed):
		g.t.Fatal(detailed.Detail())
	case err != nil:
		g.t.Fatal(err)
	}
}
