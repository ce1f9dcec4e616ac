//go:build !linux

package vmm

import "time"

// nap sleeps for a few microseconds.
func nap(d time.Duration) { time.Sleep(d) }
