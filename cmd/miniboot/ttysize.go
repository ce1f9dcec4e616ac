package main

import (
	"os"
	"os/signal"
	"sync"

	"golang.org/x/term"
)

// watchSize tells set the terminal's size, now and when it changes, until stop is called. It does nothing if standard
// input is not a terminal.
func (t *tty) watchSize(set func(cols, rows uint16)) (stop func()) {
	if !t.isTerminal() {
		return func() {}
	}
	changes := make(chan os.Signal, 1)
	notifySize(changes)
	var wg sync.WaitGroup
	wg.Go(func() {
		for ok := true; ok; _, ok = <-changes {
			if cols, rows, err := term.GetSize(int(t.in.Fd())); err == nil {
				set(uint16(cols), uint16(rows))
			}
		}
	})
	return func() {
		signal.Stop(changes)
		close(changes)
		wg.Wait()
	}
}
