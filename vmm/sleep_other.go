//go:build !linux

package vmm

func newSleeper() sleeper { return newParking() }

// preciseSleep is for hosts where a thread says how precise its sleep is to be.
func preciseSleep() (restore func()) { return func() {} }
