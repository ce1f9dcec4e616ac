// Package expect runs a guest and drives it through its serial console. It waits
// for a text, types an answer, runs a command at the shell, and reports how the
// guest ends.
//
//	g, err := expect.Start(ctx, vmm.Config{Kernel: ..., Initrds: ..., CommandLine: "console=ttyAMA0"})
//	...
//	defer g.Close()
//	_, err = g.Expect(ctx, "login: ")
//	err = g.Send(ctx, "root\n")
//
// Each Expect begins where the one before it ended, so no output is found twice.
// When the guest ends or its kernel panics, every wait for it ends with an *Error,
// which has the end of the console.
//
// Package vmtest offers the same to tests.
package expect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/accel"
)

// Why a wait ended. An Error wraps one of these, the machine's error or the
// context's.
var (
	ErrEnded    = errors.New("the guest has ended")
	ErrPanicked = errors.New("the guest's kernel panicked")
)

// Guest is a running guest. Its methods may be called by one goroutine at a
// time; Close, Output and Machine by any.
type Guest struct {
	m        *vmm.Machine
	console  *console
	cancel   context.CancelCauseFunc
	close    func() error
	commands int             // run so far
	unended  string          // a command that Run has typed and whose end it has not seen
	running  context.Context // done when Run has returned
	reason   vmm.Reason      // how; valid then
	err      error
	ended    bool // from outside: by ctx or Close; valid then
}

// Start makes a machine and runs it until it ends, ctx is done, or Close is
// called. The caller must call Close in any case, except after an error. Without a
// Hypervisor in cfg, Start uses the best one that this host lets the program use, and
// warns cfg's Log if it is not the best one of the host. It sets EndOnPanic and leaves
// RaiseGOMAXPROCS to the caller. cfg's Console still gets the guest's output.
func Start(ctx context.Context, cfg vmm.Config) (*Guest, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("expect: start: %w", context.Cause(ctx))
	}
	g := &Guest{console: newConsole(cfg.Console)}
	cfg.Console, cfg.EndOnPanic = g.console, true
	m, err := newMachine(cfg, accel.All())
	if err != nil {
		return nil, err
	}
	g.m = m
	ctx, g.cancel = context.WithCancelCause(ctx)
	g.close = sync.OnceValue(g.stop)
	running, ended := context.WithCancel(context.Background())
	g.running = running
	go func() {
		defer ended()
		if g.reason, g.err = g.m.Run(ctx); ctx.Err() != nil && g.err != nil {
			g.err, g.ended = context.Cause(ctx), true
		}
	}()
	return g, nil
}

func newMachine(cfg vmm.Config, backends accel.List) (*vmm.Machine, error) {
	if cfg.Hypervisor == nil {
		h, refusal := backends.Auto()
		if h == nil {
			return nil, refusal
		}
		if refusal != nil && cfg.Log != nil {
			cfg.Log.Warn("expect: the guest runs on another backend than the best one", "err", refusal)
		}
		cfg.Hypervisor = h
	}
	return vmm.New(cfg)
}

// Close ends the guest, if it still runs, and frees its machine. Waits for it then
// end with vmm.ErrClosed. A second Close does nothing.
func (g *Guest) Close() error { return g.close() }

func (g *Guest) stop() error {
	g.cancel(vmm.ErrClosed)
	<-g.running.Done()
	return g.m.Close()
}

// Machine is the machine that runs the guest.
func (g *Guest) Machine() *vmm.Machine { return g.m }

// Output is all that the guest has written so far, with "\n" as the line end. The
// first part is lost when it is more than 16 MiB.
func (g *Guest) Output() string { return g.console.text() }

// Expect waits for text, and returns what came before it. A terminal's lines
// end with "\r\n".
func (g *Guest) Expect(ctx context.Context, text string) (before string, err error) {
	_, before, err = g.ExpectAny(ctx, text)
	return before, err
}

// ExpectAny waits for one of several texts. It returns which of them came first,
// by its index, and what came before it.
func (g *Guest) ExpectAny(ctx context.Context, texts ...string) (which int, before string, err error) {
	if len(texts) == 0 || slices.Contains(texts, "") {
		return 0, "", fmt.Errorf("expect: texts %q: give one or more, none of them empty", texts)
	}
	err = g.wait(ctx, func(output []byte) (end int) {
		at := -1
		for i, text := range texts {
			if n := bytes.Index(output, []byte(text)); n >= 0 && (at < 0 || n < at) {
				which, at = i, n
			}
		}
		if at < 0 {
			return -1
		}
		before = string(output[:at])
		return at + len(texts[which])
	})
	if err != nil {
		return 0, "", g.failed(err, "no %q", texts)
	}
	return which, before, nil
}

// ExpectRegexp waits for a match of re, and returns it and its submatches. It
// takes the first match in the output so far. If re does not include what ends the
// text, such as \r, the match may be cut short.
func (g *Guest) ExpectRegexp(ctx context.Context, re *regexp.Regexp) (submatches []string, err error) {
	if re == nil {
		return nil, errors.New("expect: the regular expression is nil: give one")
	}
	err = g.wait(ctx, func(output []byte) (end int) {
		loc := re.FindSubmatchIndex(output)
		if loc == nil {
			return -1
		}
		for i := 0; i < len(loc); i += 2 {
			group := ""
			if loc[i] >= 0 {
				group = string(output[loc[i]:loc[i+1]])
			}
			submatches = append(submatches, group)
		}
		return loc[1]
	})
	if err != nil {
		return nil, g.failed(err, "no match of %v", re)
	}
	return submatches, nil
}

// wait waits until find has found something in the output.
func (g *Guest) wait(ctx context.Context, find finder) error {
	ended := false
	for {
		changed, ok := g.console.take(find)
		switch {
		case ok:
			return nil
		case ended && ctx.Err() == nil:
			return g.end()
		case ended:
			return context.Cause(ctx)
		}
		select {
		case <-changed:
		case <-g.running.Done():
			ended = true // look once more: all output is written before Run returns
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// end is how the guest has ended, as an error.
func (g *Guest) end() error {
	switch {
	case g.err != nil:
		return g.err
	case g.reason == vmm.GuestPanicked:
		return ErrPanicked
	}
	return fmt.Errorf("%w: %v", ErrEnded, g.reason)
}

// Send types text at the guest's console. It returns when the guest has taken it.
func (g *Guest) Send(ctx context.Context, text string) error {
	if err := g.send(ctx, text); err != nil {
		return g.failed(err, "the guest does not take %q", text)
	}
	return nil
}

// send is Send. Its error is why not.
func (g *Guest) send(ctx context.Context, text string) error {
	err := g.m.Input(ctx, []byte(text))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	<-g.running.Done() // Run has ended, or is ending
	return g.end()
}

// Wait waits until the guest ends by itself, and returns how.
func (g *Guest) Wait(ctx context.Context) (vmm.Reason, error) {
	select {
	case <-g.running.Done():
	case <-ctx.Done():
		return vmm.Stopped, g.failed(context.Cause(ctx), "the guest has not ended")
	}
	switch {
	case g.ended:
		return g.reason, g.failed(g.err, "the guest has not ended by itself")
	case g.err != nil:
		return g.reason, g.failed(g.err, "the machine failed")
	}
	return g.reason, nil
}
