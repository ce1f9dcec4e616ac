package vmm

import "context"

// Input types bytes at the guest's console. It waits while the UART has no
// room; its only error is that of ctx. Only one Input may run at a time.
func (m *Machine) Input(ctx context.Context, p []byte) error { return m.uart.Feed(ctx, p) }

// InputReady waits until the guest has a driver that takes console input; what
// is typed before that is mostly lost. Its only error is that of ctx. It is not
// to be called while Input runs.
func (m *Machine) InputReady(ctx context.Context) error { return m.uart.Listening(ctx) }
