package vmm

import "context"

// Input types bytes at the guest's console. It waits while the UART has no
// room, and until the guest listens; its only error is that of ctx. Only one Input may run at a time.
func (m *Machine) Input(ctx context.Context, p []byte) error { return m.uart.Feed(ctx, p) }
