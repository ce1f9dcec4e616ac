package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// fakeMachine is a guest by script: Run ends when its power key is pressed, if it listens, or by stop.
type fakeMachine struct {
	deaf  bool // does not listen to the power key
	hears int  // the press of the power key that it hears; 0 is the first
	end   ending
	err   error
	stop  chan struct{}
	ready chan struct{} // closed when the guest takes input

	mu      sync.Mutex
	typed   []byte
	presses int
}

func (f *fakeMachine) Run(ctx context.Context) (ending, error) {
	select {
	case <-ctx.Done():
		return endPowerOff, ctx.Err()
	case <-f.stop:
		return f.end, f.err
	}
}

func (f *fakeMachine) Input(ctx context.Context, p []byte) error {
	if f.ready != nil {
		select {
		case <-f.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.typed = append(f.typed, p...)
	return ctx.Err()
}

func (f *fakeMachine) Break(ctx context.Context) error { return f.Input(ctx, []byte("<break>")) }

func (f *fakeMachine) PowerButton() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.presses++; f.presses == max(1, f.hears) && !f.deaf {
		close(f.stop)
	}
}

func (f *fakeMachine) Counters() string { return "counters\n" }
func (f *fakeMachine) CPUs() string     { return "cpus\n" }

const earlycon = "miniboot: the guest has written nothing; -append earlycon shows what its kernel says before its console driver starts\n"

func TestSession(t *testing.T) {
	for _, test := range []struct {
		name     string
		machine  *fakeMachine
		options  options
		guest    string // printed by the guest
		input    string
		signals  []os.Signal
		apart    time.Duration // of the signals
		stops    bool          // the guest ends by itself, after the rest
		status   int
		typed    string
		messages string
	}{
		{name: "power off", stops: true, status: 0},
		{name: "power off with counters", stops: true, options: options{stats: true}, messages: "counters\n"},
		{name: "host error", stops: true, machine: &fakeMachine{err: errors.New("vmm: broken")}, status: 1, messages: "miniboot: vmm: broken\n"},
		{name: "closed standard output", stops: true, machine: &fakeMachine{err: fmt.Errorf("vmm: write: %w", &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE})},
			status: 1, messages: "miniboot: nobody reads the guest's console any more: ending\n"},
		{name: "reset", stops: true, machine: &fakeMachine{end: endReset}, guest: "hello", status: 3,
			messages: "miniboot: the guest asked for a reset, and -no-reboot is given\n"},
		{name: "reset of a silent guest", stops: true, machine: &fakeMachine{end: endReset}, status: 3,
			messages: "miniboot: the guest asked for a reset, and -no-reboot is given\n" + earlycon},
		{name: "panic", stops: true, machine: &fakeMachine{end: endPanic}, guest: "hello", status: 3,
			messages: "miniboot: the guest's kernel panicked\n"},
		{name: "quit", input: "ls\r\x01xmore", typed: "ls\r", status: 0},
		{name: "help", input: "\x01h\x01x", status: 0, messages: "\n" + keyHelpText},
		{name: "state", input: "\x01s\x01x", status: 0, messages: "\ncounters\ncpus\n"},
		{name: "power key by Ctrl-A p", input: "\x01p", status: 0, messages: "miniboot: pressing the guest's power key\n"},
		{name: "break", input: "a\x01bb", stops: true, typed: "a<break>b"},
		{name: "no such key", input: "\x01Xb", stops: true, typed: "b", messages: "miniboot: there is no such key after Ctrl-A: Ctrl-A h lists them\n"},
		{name: "end of input", input: "ls\n", stops: true, typed: "ls\n", status: 0},
		{name: "signal", signals: []os.Signal{syscall.SIGTERM}, status: 0,
			messages: "miniboot: terminated: pressing the guest's power key until it ends; a second signal ends miniboot\n"},
		{name: "signal while the guest boots", machine: &fakeMachine{hears: 5}, signals: []os.Signal{syscall.SIGTERM}, status: 0,
			messages: "miniboot: terminated: pressing the guest's power key until it ends; a second signal ends miniboot\n"},
		{name: "one signal that comes twice, by timeout(1)", machine: &fakeMachine{hears: 5}, signals: []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, status: 0,
			messages: "miniboot: terminated: pressing the guest's power key until it ends; a second signal ends miniboot\n"},
		{name: "two signals", machine: &fakeMachine{deaf: true}, apart: sameSignal, signals: []os.Signal{os.Interrupt, os.Interrupt}, status: 1,
			messages: "miniboot: interrupt: pressing the guest's power key until it ends; a second signal ends miniboot\nminiboot: ended by a second signal\n"},
		{name: "hang-up", machine: &fakeMachine{deaf: true}, signals: []os.Signal{syscall.SIGHUP}, status: 1,
			messages: "miniboot: hangup: ending\n"},
		{name: "timeout", options: options{timeout: time.Minute}, guest: "hello", status: 124,
			messages: "miniboot: after 1m0s: -timeout is over\n"},
		{name: "timeout of a silent guest", options: options{timeout: time.Minute}, status: 124,
			messages: "miniboot: after 1m0s: -timeout is over\ncounters\ncpus\n" + earlycon},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := test.machine
				if m == nil {
					m = &fakeMachine{}
				}
				test.options.begun = time.Now()
				m.stop = make(chan struct{})
				var messages bytes.Buffer
				s := &session{machine: m, options: test.options, console: &notedWriter{w: io.Discard}, input: strings.NewReader(test.input),
					terminal: true, messages: &messages}
				io.WriteString(s.console, test.guest)
				signals := make(chan os.Signal)
				go func() {
					for _, sig := range test.signals {
						time.Sleep(test.apart)
						signals <- sig
					}
					if test.stops {
						synctest.Wait()
						close(m.stop)
					}
				}()
				status := s.run(t.Context(), signals)
				synctest.Wait()
				if status != test.status || messages.String() != test.messages || string(m.typed) != test.typed {
					t.Errorf("status %d, messages %q, typed %q\nwant %d, %q, %q", status, &messages, m.typed, test.status, test.messages, test.typed)
				}
			})
		})
	}
}

// A pipe's bytes are all for the guest, when it is ready for them.
func TestSessionWithPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &fakeMachine{stop: make(chan struct{}), ready: make(chan struct{})}
		s := &session{machine: m, console: &notedWriter{w: io.Discard}, input: strings.NewReader("a\x01xb"), messages: io.Discard}
		go func() {
			synctest.Wait()
			if len(m.typed) > 0 {
				t.Errorf("typed %q before the guest was ready", m.typed)
			}
			close(m.ready)
			synctest.Wait()
			close(m.stop)
		}()
		if status := s.run(t.Context(), nil); status != 0 || string(m.typed) != "a\x01xb" {
			t.Errorf("status %d, typed %q, want 0, %q", status, m.typed, "a\x01xb")
		}
	})
}
