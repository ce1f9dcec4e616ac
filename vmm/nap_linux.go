package vmm

import (
	"syscall"
	"time"
)

// nap sleeps for a few microseconds. Package time is too coarse for that: in an
// idle process it rounds a timer up to the next millisecond.
func nap(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&ts, nil)
}
