package vmm

import "context"

// Input types bytes at the guest's console. It waits until the guest listens, and
// while the UART has no room. Its only error is ctx's. Only one Input may run at
// a time.
func (m *Machine) Input(ctx context.Context, p []byte) error { return m.uart.Feed(ctx, p) }
