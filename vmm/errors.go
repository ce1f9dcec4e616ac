package vmm

import (
	"errors"
	"fmt"
)

// Errors of a machine that is not in the state that a call needs.
var (
	ErrNotRunning = errors.New("the machine is not running: call it while Run runs")
	ErrClosed     = errors.New("the machine is closed")
)

// notRunningLocked returns the error of a call that needs a running machine.
func (m *Machine) notRunningLocked(what string) error {
	err := ErrNotRunning
	if m.closed {
		err = ErrClosed
	}
	return fmt.Errorf("vmm: %s: %w", what, err)
}
