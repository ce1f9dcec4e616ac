package vmm

import (
	"context"
	"fmt"
)

// Input types bytes at the guest's console. It waits until the guest listens, and
// while the UART has no room. Unlike Do it may be called before Run, and waits for that
// too, so that a guest's input may come from a goroutine that starts first. It ends early with ctx's error, with ErrNotRunning
// when Run has ended, or with ErrClosed. Only one Input may run at a time.
func (m *Machine) Input(ctx context.Context, p []byte) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(m.over, func() { cancel(m.overError("input")) })()
	if m.over.Err() == nil && m.uart.Feed(ctx, p) == nil {
		return nil
	}
	if m.over.Err() != nil {
		return m.overError("input")
	}
	return fmt.Errorf("vmm: input: %w", context.Cause(ctx))
}

func (m *Machine) overError(what string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.notRunningLocked(what)
}
