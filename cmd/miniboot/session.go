package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// An ending says why a machine stopped.
type ending int

const (
	endPowerOff ending = iota
	endReset
	endPanic // and asked for a reset, as panic=-1 makes it do
)

// A machine is what a session needs of one.
type machine interface {
	// Run runs the guest until it powers off, asks for a reset, or ctx is done.
	Run(ctx context.Context) (ending, error)
	// Input types p on the guest's serial console, as fast as the guest takes it. It waits until the guest has a driver.
	Input(ctx context.Context, p []byte) error
	// Break puts a break between what is typed before and after it, with the waiting of Input.
	Break(ctx context.Context) error
	// PowerButton presses the power key.
	PowerButton()
	// Counters counts exits and traffic, CPUs is where each CPU is, both as lines of text. CPUs is empty unless Run runs.
	Counters() string
	CPUs() string
}

// Why a session ends before its guest does.
var (
	errQuit    = errors.New("quit by Ctrl-A x")
	errSignal  = errors.New("ended by a second signal")
	errHangUp  = errors.New("hangup: ending")
	errTimeout = errors.New("-timeout is over")
)

// A session runs one machine for the user at the terminal.
type session struct {
	machine  machine
	options  options
	console  *notedWriter // of the guest
	input    io.Reader    // keys for the guest; nil for none
	terminal bool         // input is a terminal: Ctrl-A is for miniboot
	messages io.Writer
	confine  func() error // called when all is open, before the guest runs

	cpus string // where the CPUs were when the session ended them; written before the context is canceled
}

// run runs the guest to its end and returns the exit status. It leaves behind only the goroutine that waits for input,
// because nothing can interrupt a read of standard input.
func (s *session) run(ctx context.Context, signals <-chan os.Signal) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var waiting sync.WaitGroup
	waiting.Go(func() { s.watch(ctx, signals, cancel) })
	if s.input != nil {
		go s.readInput(ctx, cancel)
	}
	end, err := s.machine.Run(ctx)
	cause := context.Cause(ctx)
	cancel(nil)
	waiting.Wait()
	status := s.status(end, err, cause)
	silent := !s.console.written.Load()
	if s.options.stats || status == exitTimeout && silent {
		fmt.Fprint(s.messages, s.machine.Counters(), s.cpus)
	}
	if silent && (status == exitTimeout || status == exitGuest) {
		s.say("the guest has written nothing; -append earlycon shows what its kernel says before its console driver starts")
	}
	return status
}

// status turns the end of a run into an exit status and says what the user has to know about it.
func (s *session) status(end ending, err, cause error) int {
	switch {
	case cause == errQuit:
		return exitPowerOff
	case cause == errTimeout:
		s.say("after %v: %v", s.options.timeout, cause)
		return exitTimeout
	case cause != nil:
		s.say("%v", cause)
		return exitHostError
	case errors.Is(err, syscall.EPIPE):
		s.say("nobody reads the guest's console any more: ending")
		return exitHostError
	case err != nil:
		s.say("%v", s.options.adviseInSandbox(err))
		return exitHostError
	case end == endPanic:
		s.say("the guest's kernel panicked")
		return exitGuest
	case end == endReset:
		s.say("the guest asked for a reset, and -no-reboot is given")
		return exitGuest
	}
	return exitPowerOff
}

func (s *session) say(format string, args ...any) {
	fmt.Fprintf(s.messages, "miniboot: "+format+"\n", args...)
}

// pressInterval is the time between two presses of the power key after a signal.
const pressInterval = time.Second

// sameSignal is the time in which a second signal counts as the first one: timeout(1) sends its signal to the process and to
// its group.
const sameSignal = 100 * time.Millisecond

// watch ends the session when its time is over. The first signal presses the power key until the guest ends: a guest that
// is booting does not hear the first presses. The second signal ends the session. A hang-up ends it at once, because
// nobody is left to wait for the guest.
func (s *session) watch(ctx context.Context, signals <-chan os.Signal, end context.CancelCauseFunc) {
	var timeout <-chan time.Time
	if s.options.timeout > 0 {
		timer := time.NewTimer(s.options.timeout - time.Since(s.options.begun))
		defer timer.Stop()
		timeout = timer.C
	}
	var again <-chan time.Time // after the first signal
	var first time.Time        // when that came
	for {
		select {
		case <-ctx.Done():
			return
		case <-timeout:
			s.cpus = s.machine.CPUs()
			end(errTimeout)
		case <-again:
			s.machine.PowerButton()
		case sig := <-signals:
			switch {
			case sig == syscall.SIGHUP:
				end(errHangUp)
			case again != nil && time.Since(first) < sameSignal:
			case again != nil:
				end(errSignal)
			default:
				s.say("%v: pressing the guest's power key until it ends; a second signal ends miniboot", sig)
				s.machine.PowerButton()
				first = time.Now()
				ticker := time.NewTicker(pressInterval)
				defer ticker.Stop()
				again = ticker.C
			}
		}
	}
}

// typeAhead is how many pieces of input are queued for a guest that does not take them yet.
const typeAhead = 256

// A typed piece of input is bytes, or a break if there are none.
type typed []byte

// readInput passes input to the guest through a queue, so that Ctrl-A x works even if the guest takes no input. The end of the input does not end the session.
func (s *session) readInput(ctx context.Context, end context.CancelCauseFunc) {
	queue := make(chan typed, typeAhead)
	defer close(queue)
	go s.typeInput(ctx, queue)
	var keys escapes
	buf := make([]byte, 1024)
	for ctx.Err() == nil {
		n, err := s.input.Read(buf)
		toGuest, rest, command := buf[:n], []byte(nil), keyNone
		for {
			if s.terminal {
				toGuest, command, rest = keys.split(toGuest)
			}
			if len(toGuest) > 0 {
				s.enqueue(ctx, queue, append(typed(nil), toGuest...))
			}
			switch command {
			case keyQuit:
				end(errQuit)
				return
			case keyBreak:
				s.enqueue(ctx, queue, typed{})
			default:
				s.obey(command)
			}
			if toGuest = rest; len(rest) == 0 {
				break
			}
		}
		if err != nil {
			return
		}
	}
}

// enqueue hands a piece to typeInput. When the queue is full a pipe waits, and a terminal's keys are dropped with a bell.
func (s *session) enqueue(ctx context.Context, queue chan<- typed, p typed) {
	if !s.terminal {
		select {
		case queue <- p:
		case <-ctx.Done():
		}
		return
	}
	select {
	case queue <- p:
	default:
		fmt.Fprint(s.messages, "\a")
	}
}

// typeInput types what is queued until the queue is closed and empty, or ctx is done.
func (s *session) typeInput(ctx context.Context, queue <-chan typed) {
	for p := range queue {
		input := s.machine.Break
		if len(p) > 0 {
			input = func(ctx context.Context) error { return s.machine.Input(ctx, p) }
		}
		if input(ctx) != nil {
			return
		}
	}
}

// obey carries out a command typed after Ctrl-A.
func (s *session) obey(command keyCommand) {
	switch command {
	case keyHelp:
		fmt.Fprint(s.messages, "\n"+keyHelpText)
	case keyPower:
		s.say("pressing the guest's power key")
		s.machine.PowerButton()
	case keyStats:
		fmt.Fprint(s.messages, "\n"+s.machine.Counters(), s.machine.CPUs())
	case keyUnknown:
		s.say("there is no such key after Ctrl-A: Ctrl-A h lists them")
	}
}
