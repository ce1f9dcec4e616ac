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
	return m.feedUART(ctx, func(ctx context.Context) error { return m.uart.Feed(ctx, p) })
}

// Break puts a break on the guest's serial line, in its turn between two Inputs and with
// their rules. Linux takes the next byte for a magic SysRq.
func (m *Machine) Break(ctx context.Context) error { return m.feedUART(ctx, m.uart.FeedBreak) }

// feedUART feeds the UART until ctx or the machine is over.
func (m *Machine) feedUART(ctx context.Context, feed func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(m.over, func() { cancel(m.overError("input")) })()
	if m.over.Err() == nil && feed(ctx) == nil {
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
