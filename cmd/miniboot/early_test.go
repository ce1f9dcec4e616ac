package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestSignalBeforeTheSessionListens: whatever has come by the time in which the session takes the signals ends the program.
func TestSignalBeforeTheSessionListens(t *testing.T) {
	in, err := os.Create(filepath.Join(t.TempDir(), "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s := &session{machine: &fakeMachine{deaf: true}, options: options{serial: serialOption{kind: serialNone}}, messages: &bytes.Buffer{}, confine: func() error { return nil }}
	early := errors.New("ended by a signal")
	status, err := s.atTerminal(in, &tty{in: in}, nil, func() (int, error) { return exitHostError, early })
	if status != exitHostError || err != early {
		t.Errorf("status %d, %v, want %d, %v", status, err, exitHostError, early)
	}
}
