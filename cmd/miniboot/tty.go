package main

import (
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// A tty is the terminal that miniboot runs in, if it runs in one.
type tty struct {
	in    *os.File
	mu    sync.Mutex
	state *term.State // before makeRaw; nil while the terminal is not raw
}

func (t *tty) isTerminal() bool { return term.IsTerminal(int(t.in.Fd())) }

// makeRaw makes every key go to the guest. It does nothing if standard input is not a terminal.
func (t *tty) makeRaw() error {
	if !t.isTerminal() {
		return nil
	}
	state, err := term.MakeRaw(int(t.in.Fd()))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == nil { // else it was raw, or somebody has changed it since
		t.state = state
	}
	return err
}

// restore brings back the mode from before makeRaw. Calling it again does nothing.
func (t *tty) restore() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != nil {
		term.Restore(int(t.in.Fd()), t.state)
		t.state = nil
	}
}

func (t *tty) raw() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state != nil
}

// messages is a writer for miniboot's own lines: a raw terminal needs a carriage return at the end of each.
type messages struct {
	w   io.Writer
	tty *tty
}

func (m messages) Write(b []byte) (int, error) {
	text := string(b)
	if m.tty.raw() {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	_, err := io.WriteString(m.w, text)
	return len(b), err
}
