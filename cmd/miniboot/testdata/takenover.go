package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/miniboot-vmm/miniboot/sandbox/sandboxtest"
)

// TestTakenOver builds the command with this file in it: a command of its own runs a guest whose UART was taken over.
func init() { commands["takenover"] = takenOver }

// takenOver takes a target, a directory that may be written to, or "", and miniboot's arguments.
func takenOver(args []string, stdout io.Writer) error {
	l := loot{shared: args[1]}
	if err := json.Unmarshal([]byte(args[0]), &l.target); err != nil {
		return err
	}
	l.Status = run(args[2:], os.Stdin, &l, os.Stderr)
	return json.NewEncoder(stdout).Encode(l)
}

// loot is the place of the UART's output, and what was seen there.
type loot struct {
	target sandboxtest.Target
	shared string

	Status     int
	Succeeding []string
	Share      string // the error of writing to the share
}

// Write is called by the UART's goroutine.
func (l *loot) Write(p []byte) (int, error) {
	l.Succeeding = sandboxtest.Succeeding(l.target)
	if l.shared != "" {
		if err := os.WriteFile(filepath.Join(l.shared, "f"), p, 0o600); err != nil {
			l.Share = err.Error()
		}
	}
	return len(p), nil
}
