//go:build unix

package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// watchSignals gives the terminal back before a signal ends or stops the process, and takes it again when the process
// goes on, until stop is called. It does nothing if standard input is not a terminal.
func (t *tty) watchSignals() (stop func()) {
	if !t.isTerminal() {
		return func() {}
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGCONT)
	var wg sync.WaitGroup
	wg.Go(func() {
		for sig := range signals {
			t.obey(sig, raise)
		}
	})
	return func() {
		signal.Stop(signals)
		close(signals)
		wg.Wait()
	}
}

// obey does what a signal asks for, with the terminal as it was before makeRaw. SIGQUIT goes to Go's runtime, which
// prints the stacks and ends the process.
func (t *tty) obey(sig os.Signal, raise func(syscall.Signal)) {
	switch sig {
	case syscall.SIGQUIT:
		t.restore()
		raise(syscall.SIGQUIT)
	case syscall.SIGTSTP:
		t.restore()
		raise(syscall.SIGSTOP)
	case syscall.SIGCONT:
		t.makeRaw()
	}
}

// raise sends this process a signal that it does not catch.
func raise(sig syscall.Signal) {
	signal.Reset(sig)
	syscall.Kill(os.Getpid(), sig)
}
